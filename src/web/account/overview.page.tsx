import { useQuery } from "@apollo/client/react";
import { useTranslation } from "react-i18next";
import { Alert } from "../kit/alert.tsx";
import { LinkButton } from "../kit/button.tsx";
import { Items, Page, Section } from "../kit/layout.tsx";
import { QueryView } from "../kit/query-view.tsx";
import { EventList } from "./event-list.tsx";
import { SecurityOverviewDocument, type SecurityOverviewQuery } from "./overview.documents.ts";
import { toDosOf } from "./to-do.ts";
import { ToDoItem } from "./to-do-item.tsx";

export const OverviewPage = () => {
  const { t } = useTranslation("account");
  const query = useQuery(SecurityOverviewDocument, { fetchPolicy: "cache-and-network" });
  return (
    <Page title={t("overview.title")}>
      <QueryView query={query}>
        {(data) => (
          <>
            <ToDos data={data} />
            <Section
              title={t("overview.recent")}
              action={
                <LinkButton size="small" href="/account/history">
                  {t("overview.allEvents")}
                </LinkButton>
              }
            >
              <EventList label={t("overview.recent")} events={data.securityEvents.nodes} />
            </Section>
          </>
        )}
      </QueryView>
    </Page>
  );
};

const ToDos = ({ data: { me, suspendedChanges, membershipInvitations } }: { readonly data: SecurityOverviewQuery }) => {
  const { t } = useTranslation("account");
  const toDos = toDosOf({
    ...me,
    suspendedChanges: suspendedChanges.length,
    invitations: membershipInvitations.length,
  });
  if (toDos.length === 0)
    return (
      <Alert tone="success" title={t("overview.good")}>
        {t("overview.goodText")}
      </Alert>
    );
  const counts = {
    fewCodes: me.mfa.backupCodesLeft,
    suspended: suspendedChanges.length,
    invited: membershipInvitations.length,
  };
  return (
    <Section title={t("overview.todo")}>
      <Items label={t("overview.todo")}>
        {toDos.map((name) => (
          <ToDoItem key={name} name={name} counts={counts} />
        ))}
      </Items>
    </Section>
  );
};
