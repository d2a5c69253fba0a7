import { useTranslation } from "react-i18next";
import { Badge } from "../../kit/display.tsx";
import { Muted } from "../../kit/layout.tsx";
import type { SessionPageFragment } from "./sessions.documents.ts";

type ListedSession = SessionPageFragment["nodes"][number];

interface SessionStateProps {
  readonly session: Pick<ListedSession, "current" | "endedAt" | "endReason">;
}

/** Whether a session is live, and why not. */
export const SessionState = ({ session: { current, endedAt, endReason } }: SessionStateProps) => {
  const { t } = useTranslation(["console", "events"]);
  if (current) return <Badge tone="brand">{t("sessions.yours")}</Badge>;
  if (endedAt === null) return <Badge tone="success">{t("sessions.live")}</Badge>;
  return (
    <div>
      <Badge>{t("sessions.over")}</Badge>
      {endReason && (
        <div>
          <Muted small>{t(`events:value.endReason.${endReason}`)}</Muted>
        </div>
      )}
    </div>
  );
};
