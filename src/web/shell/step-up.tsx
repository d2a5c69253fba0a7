import { KeyRound } from "lucide-react";
import { useTranslation } from "react-i18next";
import type { ReauthenticationState } from "../../client/index.ts";
import { useReauthenticate } from "../../client/react/index.ts";
import { Alert } from "../kit/alert.tsx";
import { Button } from "../kit/button.tsx";
import { Dialog, DialogActions } from "../kit/dialog.tsx";
import { Skeleton } from "../kit/display.tsx";
import { useErrorText } from "../kit/errors.ts";
import { Form } from "../kit/form.tsx";
import { Stack } from "../kit/layout.tsx";
import { CodeField, PasswordField } from "../kit/text-fields.tsx";

/**
 * `run(call)` repeats a call after the user has proved in the dialog that it is them, if the API demands it. If they cancel, it
 * fails with REAUTHENTICATION_REQUIRED.
 */
export const useStepUp = () => useReauthenticate().run;

type Open = Exclude<ReauthenticationState, { step: "IDLE" }>;
type Proof = Extract<Open, { step: "PROOF" }>;

/** The dialog of all pages: it asks for the strongest proof that the user has. */
export const StepUpDialog = () => {
  const { t } = useTranslation();
  const { dialog } = useReauthenticate();
  // Loads its texts before it opens.
  useErrorText();
  if (dialog.step === "IDLE") return null;
  return (
    <Dialog title={t("stepUp.title")} isOpen onClose={dialog.cancel}>
      <p>{t("stepUp.text")}</p>
      {dialog.step === "LOADING" ? <Loading state={dialog} /> : <ProofForm key={dialog.method} state={dialog} />}
    </Dialog>
  );
};

const Failure = ({ error }: Pick<Open, "error">) => {
  const errorText = useErrorText();
  return error && <Alert tone="danger">{errorText(error)}</Alert>;
};

const Loading = ({ state }: { readonly state: Extract<Open, { step: "LOADING" }> }) => {
  const { t } = useTranslation();
  return (
    <>
      <Failure error={state.error} />
      {!state.error && <Skeleton lines={2} />}
      <DialogActions>
        <Button onPress={state.cancel}>{t("cancel")}</Button>
        {state.error && (
          <Button variant="primary" isPending={state.busy} onPress={() => void state.retry()}>
            {t("tryAgain")}
          </Button>
        )}
      </DialogActions>
    </>
  );
};

const ProofForm = ({ state }: { readonly state: Proof }) => {
  const { t } = useTranslation();
  const prove = (secret: string) => (state.method === "PASSKEY" ? provePasskey(state) : state.submit(secret));
  return (
    <Stack>
      <Failure error={state.error} />
      <Form onSubmit={({ secret = "" }) => prove(secret)}>
        <ProofField state={state} />
        <DialogActions>
          <Button onPress={state.cancel}>{t("cancel")}</Button>
          <Button type="submit" variant="primary" isPending={state.busy} autoFocus={state.method === "PASSKEY"}>
            {state.method === "PASSKEY" ? t("stepUp.use.PASSKEY") : t("stepUp.confirm")}
          </Button>
        </DialogActions>
      </Form>
      {others(state).map((method) => (
        <Button key={method} variant="quiet" onPress={() => state.chooseMethod(method)}>
          <KeyRound aria-hidden size={16} />
          {t(`stepUp.use.${method}`)}
        </Button>
      ))}
    </Stack>
  );
};

const provePasskey = ({ usePasskey: prove }: Extract<Proof, { method: "PASSKEY" }>) => prove();

const others = ({ methods, method }: Proof) => methods.filter((other) => other !== method);

const ProofField = ({ state }: { readonly state: Proof }) => {
  const { t } = useTranslation();
  switch (state.method) {
    case "PASSWORD":
      return (
        <PasswordField
          name="secret"
          label={t("stepUp.password")}
          autoComplete="current-password"
          isRequired
          autoFocus
        />
      );
    case "TOTP":
      return <CodeField name="secret" label={t("stepUp.totp")} isRequired autoFocus />;
    case "EMAIL_CODE":
      return (
        <>
          {state.codeSentTo && <p>{t("stepUp.sentTo", { address: state.codeSentTo })}</p>}
          <CodeField name="secret" label={t("stepUp.emailCode")} isRequired autoFocus />
          <div>
            <Button size="small" onPress={() => void state.sendCode()}>
              {t("stepUp.sendAgain")}
            </Button>
          </div>
        </>
      );
    case "PASSKEY":
      return <p>{t("stepUp.passkeyText")}</p>;
  }
};
