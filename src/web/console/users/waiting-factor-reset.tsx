import { useQuery } from "@apollo/client/react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormats } from "../../i18n/formats.ts";
import { Alert } from "../../kit/alert.tsx";
import { Button } from "../../kit/button.tsx";
import { ConfirmDialog } from "../../kit/dialog.tsx";
import { announce } from "../../kit/toasts.tsx";
import { useViewer } from "../kit/viewer.tsx";
import { WaitingFactorResetsDocument } from "./user.documents.ts";
import { ApproveFactorResetDocument } from "./user-actions.documents.ts";
import { useUserMutate } from "./user-operations.ts";
import type { ConsoleUser } from "./user-types.ts";

/** A reset of this user's second factors that waits, and its approval by a second admin. */
export const WaitingFactorReset = ({ user }: { readonly user: ConsoleUser }) => {
  const { t } = useTranslation("console");
  const formats = useFormats();
  const viewer = useViewer();
  const mutate = useUserMutate();
  const [isAsking, setAsking] = useState(false);
  const { data } = useQuery(WaitingFactorResetsDocument, { fetchPolicy: "cache-and-network" });
  const reset = data?.factorResets.nodes.find((waiting) => waiting.user?.id === user.id);
  if (!reset) return null;
  const { dueAt, origin, requestedBy } = reset;
  const values = { due: formats.dateTime(dueAt), by: requestedBy?.name ?? requestedBy?.email ?? t("userLink.gone") };
  const approve = async () => {
    await mutate(ApproveFactorResetDocument, { input: { factorResetId: reset.id } });
    announce(t("user.reset.approved"));
  };
  return (
    <Alert tone="warning" title={t("user.reset.title")}>
      <p>{origin === "USER" ? t("user.reset.byUser", values) : t("user.reset.byAdmin", values)}</p>
      {origin === "ADMIN" && requestedBy?.id !== viewer.user.id && (
        <Button size="small" onPress={() => setAsking(true)}>
          {t("user.reset.approve")}
        </Button>
      )}
      <ConfirmDialog
        title={t("user.reset.question")}
        action={t("user.reset.approve")}
        destructive
        isOpen={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={approve}
      >
        {t("user.reset.consequence")}
      </ConfirmDialog>
    </Alert>
  );
};
