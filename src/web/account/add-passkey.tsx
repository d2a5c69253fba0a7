import { useTranslation } from "react-i18next";
import { createPasskey } from "../../client/index.ts";
import { Button } from "../kit/button.tsx";
import { Dialog, DialogActions } from "../kit/dialog.tsx";
import { useErrorText } from "../kit/errors.ts";
import { Form, type FormValues } from "../kit/form.tsx";
import { TextField } from "../kit/text-fields.tsx";
import { announce } from "../kit/toasts.tsx";
import { useMutate } from "../shell/mutate.ts";
import { FinishPasskeyRegistrationDocument, StartPasskeyRegistrationDocument } from "./passkeys.documents.ts";

interface AddPasskeyProps {
  readonly onClose: () => void;
  readonly reload: () => Promise<unknown>;
}

/** Asks for a name first, so that the browser's prompt is the last step. */
export const AddPasskey = ({ onClose, reload }: AddPasskeyProps) => {
  const { t } = useTranslation("account");
  const errorText = useErrorText();
  const mutate = useMutate();
  const add = async ({ name = "" }: FormValues) => {
    const { startPasskeyRegistration: started } = await mutate(StartPasskeyRegistrationDocument, {});
    const response = await createPasskey(started.publicKey);
    const input = { challenge: started.challenge, response, ...(name && { name }) };
    const { finishPasskeyRegistration: finished } = await mutate(FinishPasskeyRegistrationDocument, { input });
    await reload();
    announce(t("passkeys.added", { name: finished.passkey.name }));
    onClose();
  };
  const describeError = (thrown: unknown) => {
    const code = refusalOf(thrown);
    if (code === "EXISTS") return t("passkeys.exists");
    return code && errorText({ code, reason: null });
  };
  return (
    <Dialog title={t("passkeys.add")} isOpen onClose={onClose}>
      <p>{t("passkeys.addText")}</p>
      <Form onSubmit={add} describeError={describeError}>
        {(busy) => (
          <>
            <TextField
              name="name"
              label={t("passkeys.name")}
              description={t("passkeys.nameRule")}
              maxLength={64}
              isRequired
              autoFocus
            />
            <DialogActions>
              <Button onPress={onClose}>{t("cancel", { ns: "common" })}</Button>
              <Button type="submit" variant="primary" isPending={busy}>
                {t("passkeys.create")}
              </Button>
            </DialogActions>
          </>
        )}
      </Form>
    </Dialog>
  );
};

/** What the browser refused (Web Authentication Level 3, section 5.1.3); null for errors of the API. */
const refusalOf = (thrown: unknown): "EXISTS" | "PASSKEY_CANCELLED" | "PASSKEY_FAILED" | null => {
  const { name } = (thrown ?? {}) as { readonly name?: string };
  if (name === "InvalidStateError") return "EXISTS";
  if (name === "NotAllowedError" || name === "AbortError") return "PASSKEY_CANCELLED";
  return thrown instanceof DOMException || thrown instanceof TypeError ? "PASSKEY_FAILED" : null;
};
