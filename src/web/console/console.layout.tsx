import { ApolloProvider } from "@apollo/client/react";
import { LayoutDashboard } from "lucide-react";
import { useTranslation } from "react-i18next";
import { apollo } from "../apollo.ts";
import { AppShell } from "../shell/app-shell.tsx";
import { UserMenu } from "../shell/user-menu.tsx";

export const ConsoleLayout = () => {
  const { t } = useTranslation("console");
  const items = [{ to: "/console", label: t("title"), icon: <LayoutDashboard aria-hidden size={18} />, exact: true }];
  return (
    <ApolloProvider client={apollo}>
      <AppShell navLabel={t("title")} groups={[{ items }]} tools={<UserMenu />} />
    </ApolloProvider>
  );
};
