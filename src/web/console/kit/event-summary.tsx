import { useTranslation } from "react-i18next";
import { LEVEL_TONES, type ShownEvent, useEventWords } from "../../events/event-words.ts";
import { Badge } from "../../kit/display.tsx";
import { Actor } from "./actor.tsx";
import styles from "./event-summary.module.css";

/** What happened, and how severe it was. */
export const EventTitle = ({ event: { type, level } }: { readonly event: Pick<ShownEvent, "type" | "level"> }) => {
  const { titleOf, levelOf } = useEventWords();
  return (
    <span className={styles.title}>
      {titleOf(type)}
      {level !== "INFO" && <Badge tone={LEVEL_TONES[level]}>{levelOf(level)}</Badge>}
    </span>
  );
};

/** The details of an event, and who did it if that was not the user. */
export const EventDetails = ({ event }: { readonly event: ShownEvent }) => {
  const { t } = useTranslation("console");
  const { detailsOf } = useEventWords();
  const actorId = actorOf(event);
  return (
    <dl className={styles.details}>
      {actorId && (
        <div>
          <dt>{t("events.by")}</dt>
          <dd>
            <Actor id={actorId} />
          </dd>
        </div>
      )}
      {detailsOf(event).map(({ field, name, value }) => (
        <div key={field}>
          <dt>{name}</dt>
          <dd>
            <bdi>{value}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
};

const actorOf = (event: ShownEvent): string | null => {
  if ("byUserId" in event && event.byUserId) return event.byUserId;
  return "invitedByUserId" in event ? event.invitedByUserId : null;
};
