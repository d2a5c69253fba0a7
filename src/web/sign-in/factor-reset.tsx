import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { SecondFactorState } from "../../client/index.ts";
import { useFormats } from "../i18n/formats.ts";
import { Alert } from "../kit/alert.tsx";
import { Button } from "../kit/button.tsx";
import { ConfirmDialog } from "../kit/dialog.tsx";

/** For a user who has lost all factors: a reset after a waiting time, in which its owner can stop it. */
export const FactorReset = ({ login }: { readonly login: SecondFactorState }) => {
  const { t } = useTranslation("sign-in");
  const formats = useFormats();
  const [isOpen, setOpen] = useState(false);
  if (login.factorResetDueAt !== null)
    return (
      <Alert tone="success" title={t("reset.requested")}>
        {t("reset.due", { time: formats.dateTime(login.factorResetDueAt) })}
      </Alert>
    );
  return (
    <>
      <Button variant="quiet" onPress={() => setOpen(true)}>
        {t("reset.offer")}
      </Button>
      <ConfirmDialog
        title={t("reset.title")}
        action={t("reset.action")}
        isOpen={isOpen}
        onClose={() => setOpen(false)}
        onConfirm={() => login.requestFactorReset()}
      >
        {t("reset.text")}
      </ConfirmDialog>
    </>
  );
};
