import { useQuery } from "@apollo/client/react";
import { useTranslation } from "react-i18next";
import { LinkButton } from "../../kit/button.tsx";
import { Time } from "../../kit/display.tsx";
import { Item, Items, Muted, Section } from "../../kit/layout.tsx";
import { QueryView } from "../../kit/query-view.tsx";
import { EventDetails, EventTitle } from "../kit/event-summary.tsx";
import { Place } from "../kit/place.tsx";
import { UserHistoryDocument } from "./user-history.documents.ts";
import type { ConsoleUser } from "./user-types.ts";

/** The newest security events of a user. */
export const UserHistory = ({ user }: { readonly user: ConsoleUser }) => {
  const { t } = useTranslation("console");
  const query = useQuery(UserHistoryDocument, {
    variables: { id: user.id },
    fetchPolicy: "cache-and-network",
    errorPolicy: "all",
  });
  return (
    <Section
      title={t("user.tab.history")}
      action={<LinkButton href={`/console/audit-log?user=${user.id}`}>{t("user.all")}</LinkButton>}
    >
      <QueryView query={query}>
        {({ user: shown }) => {
          const events = shown?.securityEvents?.nodes ?? [];
          if (events.length === 0) return <Muted>{t("auditLog.empty")}</Muted>;
          return (
            <Items label={t("user.tab.history")}>
              {events.map((event) => (
                <Item key={event.id} title={<EventTitle event={event} />} action={<Time at={event.occurredAt} exact />}>
                  {(event.device || event.ipAddress) && (
                    <Place title={event.device?.label ?? ""} location={event.location} ipAddress={event.ipAddress} />
                  )}
                  <EventDetails event={event} />
                </Item>
              ))}
            </Items>
          );
        }}
      </QueryView>
    </Section>
  );
};
