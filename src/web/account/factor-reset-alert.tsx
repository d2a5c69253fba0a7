import { useTranslation } from "react-i18next";
import { useFormats } from "../i18n/formats.ts";
import { useAction } from "../kit/action.tsx";
import { Alert } from "../kit/alert.tsx";
import { Button } from "../kit/button.tsx";
import { announce } from "../kit/toasts.tsx";
import { useMutate } from "../shell/mutate.ts";
import { CancelOwnFactorResetDocument } from "./factors.documents.ts";

interface FactorResetAlertProps {
  readonly dueAt: string;
  readonly reload: () => Promise<unknown>;
}

/** A reset of the second factors is waiting. Its user, or a thief of the password, requested it; a factor stops it. */
export const FactorResetAlert = ({ dueAt, reload }: FactorResetAlertProps) => {
  const { t } = useTranslation("account");
  const formats = useFormats();
  const mutate = useMutate();
  const cancel = useAction(async () => {
    await mutate(CancelOwnFactorResetDocument, {});
    await reload();
    announce(t("factors.resetCancelled"));
  });
  return (
    <Alert tone="warning" title={t("factors.resetTitle")}>
      <p>{t("factors.resetText", { date: formats.dateTime(dueAt) })}</p>
      <Button size="small" isPending={cancel.busy} onPress={() => void cancel.start()}>
        {t("factors.resetCancel")}
      </Button>
      {cancel.failure}
    </Alert>
  );
};
