import { useTranslation } from "react-i18next";
import { useFormats } from "../i18n/formats.ts";
import type { HistoryEventFragment } from "./history.documents.ts";

export type HistoryEvent = HistoryEventFragment;

type Detail = Partial<
  Record<"endReason" | "provider" | "lockedUntil", string | null> & {
    methods: readonly Method[];
    factor: Method | null;
    method: Method | null;
    newDevice: boolean;
    undone: boolean;
    backupCodesLeft: number | null;
    endedSessionCount: number | null;
    rolesAfter: readonly string[];
    roleNames: readonly string[];
    step: "WAITING" | "CANCELLED" | "DONE" | null;
    kind: string | null;
  }
>;

type Method = "PASSWORD" | "TOTP" | "PASSKEY" | "BACKUP_CODE" | "EMAIL_CODE" | "SOCIAL";

/** What happened, in words, and its details. A type of a later version of the API has a general text. */
export const useEventText = () => {
  const { t, i18n } = useTranslation("account");
  const formats = useFormats();
  return (event: HistoryEvent): { readonly title: string; readonly detail: string } => {
    const detail = event as Detail;
    const methods = detail.methods ?? [detail.factor, detail.method].filter((method) => method != null);
    const roles = detail.rolesAfter ?? detail.roleNames ?? [];
    const parts = [
      methods.length > 0 &&
        t("eventDetails.with", { methods: formats.list(methods.map((one) => t(`methods.${one}`))) }),
      detail.newDevice && t("eventDetails.newDevice"),
      detail.endReason && i18n.exists(`account:sessions.reasons.${detail.endReason}`)
        ? t(`sessions.reasons.${detail.endReason as "REVOKED"}`)
        : null,
      detail.provider && t("eventDetails.provider", { provider: detail.provider }),
      detail.lockedUntil && t("eventDetails.until", { date: formats.dateTime(detail.lockedUntil) }),
      detail.undone && t("eventDetails.undone"),
      detail.endedSessionCount ? t("eventDetails.sessionsEnded", { count: detail.endedSessionCount }) : null,
      detail.backupCodesLeft != null && t("eventDetails.codesLeft", { count: detail.backupCodesLeft }),
      roles.length > 0 && t("eventDetails.roles", { roles: formats.list(roles) }),
      detail.step && t(`eventDetails.resetSteps.${detail.step}`),
      detail.kind && t(`suspended.kinds.${detail.kind as "PASSKEY"}`),
    ];
    const isKnown = i18n.exists(`account:events.${event.type}`);
    return {
      title: isKnown ? t(`events.${event.type}`) : t("events.other"),
      detail: parts.filter(Boolean).join(", "),
    };
  };
};
