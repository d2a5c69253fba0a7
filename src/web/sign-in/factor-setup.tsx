import { KeyRound, Smartphone } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { createPasskey, type LoginError } from "../../client/index.ts";
import { Alert } from "../kit/alert.tsx";
import { Button } from "../kit/button.tsx";
import { useErrorText } from "../kit/errors.ts";
import { Stack } from "../kit/layout.tsx";
import { requestAsUser } from "../request.ts";
import { CardPage } from "../shell/card-page.tsx";
import {
  EnrolTotpDocument,
  type EnrolTotpMutation,
  FinishPasskeyEnrolmentDocument,
  StartPasskeyEnrolmentDocument,
} from "./enrolment.documents.ts";
import { Failure } from "./failure.tsx";
import { TotpSetup } from "./totp-setup.tsx";

interface FactorSetupProps {
  readonly title: string;
  readonly text: string;
  /** What allows this login to add a factor without a step-up; null if its tokens do. */
  readonly ticket: string | null;
  readonly error?: LoginError | null;
  /** After a factor was added, and its backup codes were shown. */
  readonly onAdded: () => Promise<void>;
  readonly footer?: ReactNode;
}

/** Adds a passkey or an authenticator app, at the end of a login. */
export const FactorSetup = ({ title, text, ticket, error = null, onAdded, footer }: FactorSetupProps) => {
  const { t } = useTranslation("sign-in");
  const errorText = useErrorText();
  const [busy, setBusy] = useState<"PASSKEY" | "TOTP" | null>(null);
  const [failure, setFailure] = useState<unknown>(null);
  const [app, setApp] = useState<EnrolTotpMutation["payload"] | null>(null);
  const enrolment = ticket === null ? {} : { enrolmentTicket: ticket };

  const run = (kind: "PASSKEY" | "TOTP", work: () => Promise<void>) => async () => {
    setBusy(kind);
    setFailure(null);
    await work().catch(setFailure);
    setBusy(null);
  };
  const addPasskey = run("PASSKEY", async () => {
    await enrolPasskey(enrolment);
    await onAdded();
  });
  const startApp = run("TOTP", async () => setApp(await requestAsUser(EnrolTotpDocument, { input: enrolment })));

  if (app) return <TotpSetup app={app} error={error} onAdded={onAdded} />;
  return (
    <CardPage title={title} description={text} footer={footer}>
      <Stack>
        <Failure error={error} />
        {failure !== null && <Alert tone="danger">{errorText(failure)}</Alert>}
        {"PublicKeyCredential" in window && (
          <Button
            variant="primary"
            wide
            isPending={busy === "PASSKEY"}
            isDisabled={busy === "TOTP"}
            onPress={addPasskey}
          >
            <KeyRound aria-hidden size={18} />
            {t("setup.passkey")}
          </Button>
        )}
        <Button wide isPending={busy === "TOTP"} isDisabled={busy === "PASSKEY"} onPress={startApp}>
          <Smartphone aria-hidden size={18} />
          {t("setup.app")}
        </Button>
      </Stack>
    </CardPage>
  );
};

/** What `useErrorText` shows for a prompt that was closed, or that this browser cannot show. */
const passkeyFailure = (thrown: unknown) => ({
  code: (thrown as Error)?.name === "NotAllowedError" ? "PASSKEY_CANCELLED" : "PASSKEY_FAILED",
  reason: null,
});

const enrolPasskey = async (enrolment: { readonly enrolmentTicket?: string }): Promise<void> => {
  const { challenge, publicKey } = await requestAsUser(StartPasskeyEnrolmentDocument, { input: enrolment });
  const response = await createPasskey(publicKey).catch((thrown: unknown) => {
    throw passkeyFailure(thrown);
  });
  await requestAsUser(FinishPasskeyEnrolmentDocument, { input: { challenge, response } });
};
