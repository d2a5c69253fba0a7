import { LogOut, ShieldCheck, User } from "lucide-react";
import { useTranslation } from "react-i18next";
import { auth } from "../auth.ts";
import { Avatar } from "../kit/avatar.tsx";
import { Button } from "../kit/button.tsx";
import { Menu } from "../kit/menu.tsx";
import { TenantSwitch } from "./tenant-switch.tsx";
import { useShellUser } from "./use-shell-user.ts";

/** Ends the session. Its end leads to the sign-in. */
export const signOut = (): Promise<void> => auth.logout();

/** Which tenant this tab works in, who is signed in, and the ways out. */
export const UserMenu = () => {
  const { t } = useTranslation();
  const data = useShellUser();
  const name = data?.me.name ?? data?.me.email;
  const links = [
    { id: "account", label: t("account"), icon: <User aria-hidden size={16} />, href: "/account" },
    ...(data && data.viewer.permissions.length > 0
      ? [{ id: "console", label: t("console"), icon: <ShieldCheck aria-hidden size={16} />, href: "/console" }]
      : []),
  ];
  const out = {
    id: "out",
    label: t("signOut"),
    icon: <LogOut aria-hidden size={16} />,
    onAction: () => void signOut(),
  };
  return (
    <>
      {data && <TenantSwitch data={data} />}
      <Menu
        label={name ?? t("account")}
        title={data?.me.name ?? undefined}
        description={data?.me.email}
        trigger={
          <Button variant="quiet" size="icon" aria-label={name ? t("accountOf", { name }) : t("account")}>
            <Avatar name={name ?? ""} />
          </Button>
        }
        actions={[...links, out]}
      />
    </>
  );
};
