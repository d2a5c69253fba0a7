import { useTranslation } from "react-i18next";
import { useAction } from "../kit/action.tsx";
import { Alert } from "../kit/alert.tsx";
import { Button } from "../kit/button.tsx";
import { Row } from "../kit/layout.tsx";
import { announce } from "../kit/toasts.tsx";
import { useMutate } from "../shell/mutate.ts";
import { CancelEmailChangeDocument, ChangeEmailDocument } from "./profile.documents.ts";

/** A change of address that waits until the link in the mail to the new address is opened. */
export const PendingEmail = ({ address }: { readonly address: string }) => {
  const { t } = useTranslation("account");
  const mutate = useMutate();
  const resend = useAction(async () => {
    await mutate(ChangeEmailDocument, { input: { newEmail: address } });
    announce(t("profile.resent"));
  });
  const cancel = useAction(async () => {
    await mutate(CancelEmailChangeDocument, {});
    announce(t("profile.changeCancelled"));
  });
  return (
    <Alert tone="info" title={t("profile.pendingTitle")}>
      <p>{t("profile.pending", { address })}</p>
      <Row>
        <Button size="small" isPending={resend.busy} onPress={() => void resend.start()}>
          {t("profile.resend")}
        </Button>
        <Button variant="quiet" size="small" isPending={cancel.busy} onPress={() => void cancel.start()}>
          {t("profile.cancelChange")}
        </Button>
      </Row>
      {resend.failure}
      {cancel.failure}
    </Alert>
  );
};
