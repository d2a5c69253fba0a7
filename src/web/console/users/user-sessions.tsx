import { useQuery } from "@apollo/client/react";
import { useTranslation } from "react-i18next";
import { Badge, Time } from "../../kit/display.tsx";
import { Item, Items, Muted, Row, Section, Stack } from "../../kit/layout.tsx";
import { QueryView } from "../../kit/query-view.tsx";
import { Place } from "../kit/place.tsx";
import { EndSession } from "../sessions/end-session.tsx";
import { SessionState } from "../sessions/session-state.tsx";
import { UserSessionsDocument, type UserSessionsQuery } from "./user-sessions.documents.ts";
import type { ConsoleUser } from "./user-types.ts";

type ShownUser = NonNullable<UserSessionsQuery["user"]>;
type ShownSession = NonNullable<ShownUser["sessions"]>["nodes"][number];

/** Where a user is signed in, and was, and the devices that they are known on. */
export const UserSessions = ({ user }: { readonly user: ConsoleUser }) => {
  const { t } = useTranslation("console");
  const query = useQuery(UserSessionsDocument, {
    variables: { id: user.id },
    fetchPolicy: "cache-and-network",
    errorPolicy: "all",
  });
  return (
    <QueryView query={query}>
      {({ user: shown }) => (
        <Stack>
          <Section title={t("user.liveSessions")}>
            <Sessions label={t("user.liveSessions")} sessions={shown?.sessions?.nodes ?? []} owner={user.email} />
          </Section>
          <Section title={t("user.endedSessions")} description={t("user.endedSince")}>
            <Sessions
              label={t("user.endedSessions")}
              sessions={shown?.sessionHistory?.nodes ?? []}
              owner={user.email}
            />
          </Section>
          <Section title={t("user.devices")} description={t("user.devicesMeaning")}>
            <Devices devices={shown?.devices ?? []} />
          </Section>
        </Stack>
      )}
    </QueryView>
  );
};

interface SessionsProps {
  readonly label: string;
  readonly sessions: readonly ShownSession[];
  readonly owner: string;
}

const Sessions = ({ label, sessions, owner }: SessionsProps) => {
  const { t } = useTranslation("console");
  if (sessions.length === 0) return <Muted>{t("sessions.empty")}</Muted>;
  return (
    <Items label={label}>
      {sessions.map((session) => (
        <Item
          key={session.id}
          title={<Place title={session.device.label} location={session.location} ipAddress={session.ipAddress} />}
          action={
            <Row>
              <SessionState session={session} />
              <EndSession session={session} owner={owner} />
            </Row>
          }
        >
          {t("sessions.column.signedIn")} <Time at={session.createdAt} /> · {t("sessions.column.active")}{" "}
          <Time at={session.lastActivityAt} />
        </Item>
      ))}
    </Items>
  );
};

const Devices = ({ devices }: { readonly devices: NonNullable<ShownUser["devices"]> }) => {
  const { t } = useTranslation("console");
  if (devices.length === 0) return <Muted>{t("user.noDevices")}</Muted>;
  return (
    <Items label={t("user.devices")}>
      {devices.map(({ id, device, trustedAt, lastUsedAt, loginCount, lastLocation }) => (
        <Item
          key={id}
          title={<Place title={device.label} location={lastLocation} ipAddress={null} />}
          action={trustedAt && <Badge tone="success">{t("user.trusted")}</Badge>}
        >
          {t("user.logins", { count: loginCount })} · <Time at={lastUsedAt} />
        </Item>
      ))}
    </Items>
  );
};
