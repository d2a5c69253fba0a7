import { useTranslation } from "react-i18next";
import { useFormats } from "../i18n/formats.ts";
import type { Tone } from "../kit/display.tsx";
import type { EventDetailsFragment } from "./event-details.documents.ts";
import type { EventType } from "./event-types.ts";

export type ShownEvent = EventDetailsFragment;
export type EventLevel = ShownEvent["level"];

export const EVENT_LEVELS = ["INFO", "NOTICE", "WARNING"] as const satisfies readonly EventLevel[];

export const LEVEL_TONES = { INFO: "neutral", NOTICE: "brand", WARNING: "warning" } as const satisfies Record<
  EventLevel,
  Tone
>;

/** Fields that several types of events have; each has one meaning in all of them. */
type Detail = Readonly<Record<string, unknown>>;

/** The values of these fields have texts: `value.<field>.<value>`, or those of another field. */
const WORDS: Readonly<Record<string, string>> = {
  origin: "origin",
  method: "method",
  methods: "method",
  factor: "method",
  endReason: "endReason",
  membershipStatus: "membershipStatus",
  step: "step",
  kind: "kind",
  exportKind: "exportKind",
  obstacle: "obstacle",
  profileFields: "profileField",
};

const INSTANTS = new Set(["dueAt", "lockedUntil", "entryBlockedUntil", "leakedSince"]);

/** Names of people and technical ids, which pages show in their own way or not at all. */
const OTHERS = new Set(["byUserId", "invitedByUserId", "sessionId", "generation", "expectedGeneration"]);

/** The fields that every event has. */
const COMMON = new Set(["__typename", "id", "type", "level", "occurredAt", "ipAddress", "device", "location", "user"]);

export interface EventDetail {
  readonly field: string;
  readonly name: string;
  readonly value: string;
}

/** Security events in the user's language, for the history of an account and the audit log. */
export const useEventWords = () => {
  const { t, i18n } = useTranslation(["events", "common"]);
  const formats = useFormats();

  const wordOf = (field: string, value: string): string => {
    const key = `value.${WORDS[field]}.${value}`;
    // A value of a later version of the API is shown as it is.
    return i18n.exists(key, { ns: "events" }) ? String(t(key as never)) : value;
  };

  const textOf = (field: string, value: unknown): string | null => {
    if (value === null || value === false || value === undefined) return null;
    if (value === true) return t("common:yes");
    if (typeof value === "number") return formats.number(value);
    if (Array.isArray(value)) {
      const texts = value.map((item) => (field === "changes" ? changeOf(item) : (textOf(field, item) ?? "")));
      return texts.length > 0 ? formats.list(texts) : null;
    }
    if (typeof value === "object") return originOf(value as RefreshOrigin);
    if (INSTANTS.has(field)) return formats.dateTime(String(value));
    return WORDS[field] ? wordOf(field, String(value)) : String(value);
  };

  const changeOf = ({ setting, from, to }: PolicyChange): string =>
    t("change", {
      setting: i18n.exists(`setting.${setting}`, { ns: "events" }) ? String(t(`setting.${setting}` as never)) : setting,
      from: from ?? t("unset"),
      to: to ?? t("unset"),
    });

  return {
    titleOf: (type: EventType): string => t(`type.${type}`),
    levelOf: (level: EventLevel): string => t(`level.${level}`),
    /** What an event says beyond its type. */
    detailsOf: (event: ShownEvent): readonly EventDetail[] =>
      Object.entries(event as Detail).flatMap(([field, value]) => {
        const text = COMMON.has(field) || OTHERS.has(field) ? null : textOf(field, value);
        return text === null ? [] : [{ field, name: t(`field.${field}` as never) as string, value: text }];
      }),
  };
};

interface RefreshOrigin {
  readonly ipAddress: string | null;
  readonly device: { readonly label: string } | null;
}

const originOf = ({ ipAddress, device }: RefreshOrigin): string | null =>
  [device?.label, ipAddress].filter(Boolean).join(", ") || null;

interface PolicyChange {
  readonly setting: string;
  readonly from: string | null;
  readonly to: string | null;
}
