import { useTranslation } from "react-i18next";
import type { ShownEvent } from "../../events/event-words.ts";
import { Time } from "../../kit/display.tsx";
import { Muted } from "../../kit/layout.tsx";
import type { TableColumn } from "../../kit/table.tsx";
import { EventDetails, EventTitle } from "../kit/event-summary.tsx";
import { Place } from "../kit/place.tsx";
import { UserLink } from "../kit/user-link.tsx";

/** An event, and the user concerned. */
type ListedEvent = ShownEvent & {
  readonly user: { readonly id: string; readonly email: string; readonly name: string | null } | null;
};

/** The columns of the events of a tenant. */
export const useEventColumns = (): readonly TableColumn<ListedEvent>[] => {
  const { t } = useTranslation("console");
  return [
    { id: "event", title: t("auditLog.column.event"), cell: (event) => <EventTitle event={event} /> },
    { id: "time", title: t("auditLog.column.time"), cell: ({ occurredAt }) => <Time at={occurredAt} exact /> },
    {
      id: "user",
      title: t("auditLog.column.user"),
      cell: ({ user }) => (user ? <UserLink user={user} /> : <Muted>–</Muted>),
    },
    { id: "details", title: t("auditLog.column.details"), cell: (event) => <EventDetails event={event} /> },
    {
      id: "device",
      title: t("auditLog.column.device"),
      cell: ({ device, location, ipAddress }) =>
        (device || ipAddress) && <Place title={device?.label ?? ""} location={location} ipAddress={ipAddress} />,
    },
  ];
};
