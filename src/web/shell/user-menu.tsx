import { useQuery } from "@apollo/client/react";
import { CircleUser, LogOut, ShieldCheck, User } from "lucide-react";
import { useTranslation } from "react-i18next";
import { auth } from "../auth.ts";
import { Button } from "../kit/button.tsx";
import { Menu } from "../kit/menu.tsx";
import { ShellUserDocument } from "./user-menu.documents.ts";

export const signOut = async (): Promise<void> => {
  await auth.logout();
  // A new document: nothing of the user remains in memory.
  location.assign("/sign-in");
};

/** Who is signed in, and the ways out. */
export const UserMenu = () => {
  const { t } = useTranslation();
  const { data } = useQuery(ShellUserDocument);
  return (
    <Menu
      label={t("account")}
      trigger={
        <Button variant="quiet" size="icon" aria-label={data?.me.name ?? data?.me.email ?? t("account")}>
          <CircleUser aria-hidden size={22} />
        </Button>
      }
      actions={[
        { id: "account", label: t("account"), icon: <User aria-hidden size={16} />, href: "/account" },
        { id: "console", label: t("console"), icon: <ShieldCheck aria-hidden size={16} />, href: "/console" },
        { id: "out", label: t("signOut"), icon: <LogOut aria-hidden size={16} />, onAction: () => void signOut() },
      ]}
    />
  );
};
