import { BadgeAlert, Building2, LifeBuoy, ShieldAlert, ShieldQuestion } from "lucide-react";
import { useTranslation } from "react-i18next";
import { LinkButton } from "../kit/button.tsx";
import { Item } from "../kit/layout.tsx";
import type { ToDo } from "./to-do.ts";

const LOOKS = {
  suspended: { Icon: ShieldQuestion, href: "/account/factors" },
  noFactor: { Icon: ShieldAlert, href: "/account/factors" },
  fewCodes: { Icon: LifeBuoy, href: "/account/factors" },
  unverified: { Icon: BadgeAlert, href: "/account/profile" },
  invited: { Icon: Building2, href: "/account/memberships" },
} as const;

interface ToDoItemProps {
  readonly name: ToDo;
  readonly counts: Readonly<Record<"fewCodes" | "suspended" | "invited", number>>;
}

/** One thing that the user should do, with the page where they can do it. */
export const ToDoItem = ({ name, counts }: ToDoItemProps) => {
  const { t } = useTranslation("account");
  const { Icon, href } = LOOKS[name];
  const isCounted = name === "fewCodes" || name === "suspended" || name === "invited";
  return (
    <Item
      icon={<Icon aria-hidden size={22} />}
      title={isCounted ? t(`overview.${name}`, { count: counts[name] }) : t(`overview.${name}`)}
      action={
        <LinkButton variant="primary" size="small" href={href}>
          {t(`overview.${name}Action`)}
        </LinkButton>
      }
    >
      {t(`overview.${name}Text`)}
    </Item>
  );
};
