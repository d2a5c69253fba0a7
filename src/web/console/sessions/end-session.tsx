import { useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../kit/button.tsx";
import { ConfirmDialog } from "../../kit/dialog.tsx";
import { announce } from "../../kit/toasts.tsx";
import { useMutate } from "../../shell/mutate.ts";
import { useCan } from "../kit/viewer.tsx";
import { EndSessionDocument } from "./end-session.documents.ts";

interface EndSessionProps {
  readonly session: {
    readonly id: string;
    readonly current: boolean;
    readonly endedAt: string | null;
    readonly device: { readonly label: string };
  };
  /** Whose session it is, for the question. */
  readonly owner: string;
}

/** Ends another user's session after a question, if the viewer may and it is live. */
export const EndSession = ({ session, owner }: EndSessionProps) => {
  const { t } = useTranslation("console");
  const mutate = useMutate();
  const can = useCan();
  const place = useRef<HTMLSpanElement>(null);
  const [isAsking, setAsking] = useState(false);
  const end = async () => {
    // The button disappears with the session, so the focus moves to its row.
    const row = place.current?.closest<HTMLElement>("[role=row]");
    await mutate(EndSessionDocument, { input: { sessionId: session.id } });
    announce(t("sessions.ended"));
    requestAnimationFrame(() => requestAnimationFrame(() => row?.focus()));
  };
  const isOffered = session.endedAt === null && !session.current && can("sessions:revoke");
  return (
    <span ref={place}>
      {isOffered && (
        <Button size="small" onPress={() => setAsking(true)}>
          {t("sessions.end")}
        </Button>
      )}
      <ConfirmDialog
        title={t("sessions.question")}
        action={t("sessions.end")}
        destructive
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={end}
      >
        {t("sessions.consequence", { owner, device: session.device.label })}
      </ConfirmDialog>
    </span>
  );
};
