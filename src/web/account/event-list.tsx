import { CircleAlert, CircleDot, TriangleAlert } from "lucide-react";
import { Fragment } from "react";
import { useTranslation } from "react-i18next";
import { type ShownEvent, useEventWords } from "../events/event-words.ts";
import { Badge, Time } from "../kit/display.tsx";
import { Item, Items, Muted, Row } from "../kit/layout.tsx";
import styles from "./event-list.module.css";
import { OriginLine } from "./origin-line.tsx";

const ICONS = { INFO: CircleDot, NOTICE: CircleAlert, WARNING: TriangleAlert };

interface EventListProps {
  readonly label: string;
  readonly events: readonly ShownEvent[];
  /** The ids of those that have just arrived. */
  readonly arrived?: ReadonlySet<string>;
}

export const EventList = ({ label, events, arrived }: EventListProps) => {
  const { t } = useTranslation("account");
  const words = useEventWords();
  return (
    <Items label={label}>
      {events.map((event) => {
        const Icon = ICONS[event.level];
        return (
          <Item
            key={event.id}
            icon={<Icon aria-hidden size={20} className={styles[event.level]} />}
            title={
              <Row>
                {words.titleOf(event.type)}
                {arrived?.has(event.id) && <Badge tone="brand">{t("history.new")}</Badge>}
              </Row>
            }
            action={
              <Muted small>
                <Time at={event.occurredAt} />
              </Muted>
            }
          >
            <EventDetails event={event} />
            <EventOrigin event={event} />
          </Item>
        );
      })}
    </Items>
  );
};

const EventDetails = ({ event }: { readonly event: ShownEvent }) => {
  const details = useEventWords().detailsOf(event);
  if (details.length === 0) return null;
  return (
    <div>
      {details.map(({ field, name, value }, index) => (
        <Fragment key={field}>
          {index > 0 && " · "}
          {name}: <bdi>{value}</bdi>
        </Fragment>
      ))}
    </div>
  );
};

/** Nothing, if no client caused it. */
const EventOrigin = ({ event: { device, location, ipAddress } }: { readonly event: ShownEvent }) => {
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
