import { useQuery } from "@apollo/client/react";
import { useParams } from "@tanstack/react-router";
import { UserX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Alert } from "../../kit/alert.tsx";
import { LinkButton } from "../../kit/button.tsx";
import { EmptyState } from "../../kit/display.tsx";
import { Page, Row, Stack } from "../../kit/layout.tsx";
import { QueryView } from "../../kit/query-view.tsx";
import { Tabs } from "../../kit/tabs.tsx";
import { useUrlState } from "../kit/filters/url-state.ts";
import { useCan } from "../kit/viewer.tsx";
import { ConsoleUserDocument } from "./user.documents.ts";
import { UserActions } from "./user-actions.tsx";
import { UserAttempts } from "./user-attempts.tsx";
import { UserHistory } from "./user-history.tsx";
import { UserProfile } from "./user-profile.tsx";
import { UserSessions } from "./user-sessions.tsx";
import { UserStatus } from "./user-status.tsx";
import type { ConsoleUser } from "./user-types.ts";
import { WaitingFactorReset } from "./waiting-factor-reset.tsx";

/** One user: who they are, what they have done, and what the viewer can do about it. */
export const UserPage = () => {
  const { t } = useTranslation("console");
  const { userId = "" } = useParams({ strict: false }) as { readonly userId?: string };
  const query = useQuery(ConsoleUserDocument, { variables: { id: userId }, fetchPolicy: "cache-and-network" });
  if (query.data?.user) return <KnownUser user={query.data.user} />;
  return (
    <Page title={t("user.title")}>
      <QueryView query={query}>
        {() => (
          <EmptyState
            icon={<UserX aria-hidden size={32} />}
            title={t("user.unknown.title")}
            action={<LinkButton href="/console/users">{t("user.unknown.action")}</LinkButton>}
          >
            {t("user.unknown.text")}
          </EmptyState>
        )}
      </QueryView>
    </Page>
  );
};

const KnownUser = ({ user }: { readonly user: ConsoleUser }) => {
  const { t } = useTranslation("console");
  const can = useCan();
  return (
    <Page
      title={user.name ?? user.email}
      description={
        <Row>
          {user.name && <bdi>{user.email}</bdi>}
          <UserStatus user={user} />
        </Row>
      }
      action={<UserActions user={user} />}
    >
      <Stack>
        {user.passwordResetRequired && <Alert tone="warning">{t("user.passwordResetRequired")}</Alert>}
        {can("factors:reset") && <WaitingFactorReset user={user} />}
        <UserTabs user={user} />
      </Stack>
    </Page>
  );
};

const TABS = ["profile", "sessions", "attempts", "history"] as const;

const UserTabs = ({ user }: { readonly user: ConsoleUser }) => {
  const { t } = useTranslation("console");
  const url = useUrlState();
  const can = useCan();
  const tabs = [
    { id: "profile" as const, content: () => <UserProfile user={user} />, isShown: true },
    { id: "sessions" as const, content: () => <UserSessions user={user} />, isShown: can("sessions:read") },
    { id: "attempts" as const, content: () => <UserAttempts user={user} />, isShown: can("audit:read") },
    { id: "history" as const, content: () => <UserHistory user={user} />, isShown: can("audit:read") },
  ].filter(({ isShown }) => isShown);
  const asked = url.getOneOf("tab", TABS);
  return (
    <Tabs
      label={t("user.tabs")}
      tabs={tabs.map(({ id, content }) => ({ id, content, title: t(`user.tab.${id}`) }))}
      selected={tabs.find(({ id }) => id === asked)?.id ?? "profile"}
      onSelect={(id) => url.set({ tab: id === "profile" ? null : id })}
    />
  );
};
