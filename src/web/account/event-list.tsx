import { CircleAlert, CircleDot, TriangleAlert } from "lucide-react";
import { useTranslation } from "react-i18next";
import { Badge, Time } from "../kit/display.tsx";
import { Item, Items, Row } from "../kit/layout.tsx";
import styles from "./event-list.module.css";
import { type HistoryEvent, useEventText } from "./event-text.ts";
import { OriginLine } from "./origin-line.tsx";

const ICONS = { INFO: CircleDot, NOTICE: CircleAlert, WARNING: TriangleAlert };

interface EventListProps {
  readonly label: string;
  readonly events: readonly HistoryEvent[];
  /** The ids of those that have just arrived. */
  readonly arrived?: ReadonlySet<string>;
}

export const EventList = ({ label, events, arrived }: EventListProps) => {
  const { t } = useTranslation("account");
  const eventText = useEventText();
  return (
    <Items label={label}>
      {events.map((event) => {
        const { title, detail } = eventText(event);
        const Icon = ICONS[event.level];
        return (
          <Item
            key={event.id}
            icon={<Icon aria-hidden size={20} className={styles[event.level]} />}
            title={
              <Row>
                {title}
                {arrived?.has(event.id) && <Badge tone="brand">{t("history.new")}</Badge>}
              </Row>
            }
            action={<Time at={event.occurredAt} />}
          >
            {detail && <div>{detail}</div>}
            <EventOrigin event={event} />
          </Item>
        );
      })}
    </Items>
  );
};

/** Nothing, if no client caused it. */
const EventOrigin = ({ event: { device, location, ipAddress } }: { readonly event: HistoryEvent }) => {
  if (!device && !ipAddress) return null;
  return (
    <div>
      {device && (
        <>
          <bdi>{device.label}</bdi>
          {" · "}
        </>
      )}
      <OriginLine location={location} ipAddress={ipAddress} />
    </div>
  );
};
