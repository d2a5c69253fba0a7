import { ApolloProvider, useQuery } from "@apollo/client/react";
import { Outlet, useRouterState } from "@tanstack/react-router";
import { useTranslation } from "react-i18next";
import { useSession } from "../../client/react/index.ts";
import { apollo } from "../apollo.ts";
import { QueryView } from "../kit/query-view.tsx";
import { AppShell } from "../shell/app-shell.tsx";
import { UserMenu } from "../shell/user-menu.tsx";
import { CommandButton } from "./kit/command-palette/command-button.tsx";
import { MissingPermission } from "./kit/missing-permission.tsx";
import { TenantChoice } from "./kit/tenant-choice.tsx";
import { useNavigation } from "./kit/use-navigation.tsx";
import { ConsoleViewerDocument } from "./kit/viewer.documents.ts";
import { useViewer, ViewerProvider } from "./kit/viewer.tsx";
import { isAllowed, pageOf } from "./navigation.tsx";

/** In another tenant everything is read again, first of all what the caller may do there. */
export const ConsoleLayout = () => {
  const { tenantId } = useSession();
  return (
    <ApolloProvider client={apollo}>
      <Console key={tenantId} />
    </ApolloProvider>
  );
};

const Console = () => {
  const { t } = useTranslation("console");
  const query = useQuery(ConsoleViewerDocument);
  if (query.data)
    return (
      <ViewerProvider viewer={query.data.viewer}>
        <Frame />
      </ViewerProvider>
    );
  return (
    <AppShell navLabel={t("title")} groups={[]} tools={<UserMenu />}>
      <QueryView query={query}>{() => null}</QueryView>
    </AppShell>
  );
};

const Frame = () => {
  const { t } = useTranslation("console");
  const viewer = useViewer();
  const page = pageOf(useRouterState({ select: ({ location }) => location.pathname }));
  const tools = (
    <>
      <CommandButton />
      {viewer.isOperator && <TenantChoice />}
      <UserMenu />
    </>
  );
  return (
    <AppShell navLabel={t("title")} groups={useNavigation()} tools={tools}>
      {page === undefined || isAllowed(page, viewer) ? <Outlet /> : <MissingPermission page={page} />}
    </AppShell>
  );
};
