import { useQuery } from "@apollo/client/react";
import { useTranslation } from "react-i18next";
import { LinkButton } from "../../kit/button.tsx";
import { Time } from "../../kit/display.tsx";
import { Item, Items, Muted, Row, Section } from "../../kit/layout.tsx";
import { QueryView } from "../../kit/query-view.tsx";
import { OutcomeBadge } from "../attempts/outcome-badge.tsx";
import { Place } from "../kit/place.tsx";
import { RiskBadge, RiskSignals } from "../kit/risk.tsx";
import { UserAttemptsDocument } from "./user-attempts.documents.ts";
import type { ConsoleUser } from "./user-types.ts";

/** The newest attempts to sign in as a user, each with what was unusual about it. */
export const UserAttempts = ({ user }: { readonly user: ConsoleUser }) => {
  const { t } = useTranslation("console");
  const query = useQuery(UserAttemptsDocument, {
    variables: { id: user.id },
    fetchPolicy: "cache-and-network",
    errorPolicy: "all",
  });
  return (
    <Section
      title={t("pages.attempts")}
      action={<LinkButton href={`/console/attempts?user=${user.id}`}>{t("user.all")}</LinkButton>}
    >
      <QueryView query={query}>
        {({ user: shown }) => {
          const attempts = shown?.loginAttempts?.nodes ?? [];
          if (attempts.length === 0) return <Muted>{t("attempts.empty")}</Muted>;
          return (
            <Items label={t("pages.attempts")}>
              {attempts.map(({ id, occurredAt, outcome, risk, device, location, ipAddress }) => (
                <Item
                  key={id}
                  title={
                    <Row>
                      <Time at={occurredAt} exact />
                      <OutcomeBadge outcome={outcome} />
                      <RiskBadge risk={risk} />
                    </Row>
                  }
                >
                  <Place title={device.label} location={location} ipAddress={ipAddress} />
                  {risk.signals.length > 0 && <RiskSignals signals={risk.signals} />}
                </Item>
              ))}
            </Items>
          );
        }}
      </QueryView>
    </Section>
  );
};
