import { useTranslation } from "react-i18next";
import { Time } from "../../kit/display.tsx";
import type { TableColumn } from "../../kit/table.tsx";
import { Place } from "../kit/place.tsx";
import { UserLink } from "../kit/user-link.tsx";
import { EndSession } from "./end-session.tsx";
import { SessionState } from "./session-state.tsx";
import type { SessionPageFragment } from "./sessions.documents.ts";

type ListedSession = SessionPageFragment["nodes"][number];

/** The columns of sessions of all users. */
export const useSessionColumns = (): readonly TableColumn<ListedSession>[] => {
  // The cells need the words of the events, too: a table does not wait for its cells.
  const { t } = useTranslation(["console", "events"]);
  return [
    { id: "user", title: t("sessions.column.user"), cell: ({ user }) => <UserLink user={user} /> },
    {
      id: "device",
      title: t("sessions.column.device"),
      cell: ({ device, location, ipAddress }) => (
        <Place title={device.label} location={location} ipAddress={ipAddress} />
      ),
    },
    { id: "signedIn", title: t("sessions.column.signedIn"), cell: ({ createdAt }) => <Time at={createdAt} /> },
    { id: "active", title: t("sessions.column.active"), cell: ({ lastActivityAt }) => <Time at={lastActivityAt} /> },
    { id: "state", title: t("sessions.column.state"), cell: (session) => <SessionState session={session} /> },
    {
      id: "actions",
      title: t("table.actions"),
      cell: (session) => <EndSession session={session} owner={session.user?.email ?? t("userLink.gone")} />,
    },
  ];
};
