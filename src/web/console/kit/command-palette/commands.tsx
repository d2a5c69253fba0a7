import { CircleUser, LogOut, ShieldAlert, ShieldOff, User, UserX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { signOut } from "../../../shell/user-menu.tsx";
import { navigationOf } from "../../navigation.tsx";
import type { SearchMenuItem } from "../search-menu.tsx";
import { useCan, useViewer } from "../viewer.tsx";

/** Lists that admins often look for, with the permission that each needs. */
const SHORTCUTS = [
  { id: "noFactor", href: "/console/users?factor=NONE", permission: "users:read", icon: ShieldOff },
  { id: "suspended", href: "/console/users?status=SUSPENDED", permission: "users:read", icon: UserX },
  { id: "highRisk", href: "/console/attempts?risk=HIGH", permission: "audit:read", icon: ShieldAlert },
] as const;

/** What the palette offers before anything is typed. */
export const useCommands = () => {
  const { t } = useTranslation(["console", "common"]);
  const viewer = useViewer();
  const can = useCan();
  const pages = navigationOf(viewer).flatMap((group) =>
    group.pages.map(({ to, label, icon: Icon }) => ({
      id: to,
      text: t(`pages.${label}`),
      icon: <Icon aria-hidden size={16} />,
      href: to,
    })),
  );
  const actions: readonly SearchMenuItem[] = [
    ...SHORTCUTS.filter(({ permission }) => can(permission)).map(({ id, href, icon: Icon }) => ({
      id,
      text: t(`palette.shortcut.${id}`),
      icon: <Icon aria-hidden size={16} />,
      href,
    })),
    { id: "account", text: t("common:account"), icon: <User aria-hidden size={16} />, href: "/account" },
    {
      id: "signOut",
      text: t("common:signOut"),
      icon: <LogOut aria-hidden size={16} />,
      onAction: () => void signOut(),
    },
  ];
  return { pages, actions, userIcon: <CircleUser aria-hidden size={16} /> };
};
