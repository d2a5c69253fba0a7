import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { LoginError } from "../../client/index.ts";
import { BackupCodes } from "../kit/backup-codes.tsx";
import { Button, LinkButton } from "../kit/button.tsx";
import { CopyButton } from "../kit/copy-button.tsx";
import { Form } from "../kit/form.tsx";
import { Row, Stack } from "../kit/layout.tsx";
import { CodeField } from "../kit/text-fields.tsx";
import { requestAsUser } from "../request.ts";
import { CardPage } from "../shell/card-page.tsx";
import { ConfirmEnrolledTotpDocument, type EnrolTotpMutation } from "./enrolment.documents.ts";
import { Failure } from "./failure.tsx";
import styles from "./totp-setup.module.css";

interface TotpSetupProps {
  readonly app: EnrolTotpMutation["payload"];
  readonly error: LoginError | null;
  readonly onAdded: () => Promise<void>;
}

/** The QR code, the first code of the app, and then the backup codes. */
export const TotpSetup = ({ app, error, onAdded }: TotpSetupProps) => {
  const { t } = useTranslation("sign-in");
  const [isConfirmed, setConfirmed] = useState(false);
  if (isConfirmed) return <Codes codes={app.backupCodes} error={error} onAdded={onAdded} />;
  const confirm = async ({ code = "" }) => {
    await requestAsUser(ConfirmEnrolledTotpDocument, { input: { code } });
    setConfirmed(true);
  };
  return (
    <CardPage title={t("totp.title")} description={t("totp.text")}>
      <Stack>
        <img src={app.qrCode} alt={t("totp.qrCode")} className={styles.qr} />
        <details>
          <summary>{t("totp.cannotScan")}</summary>
          <Stack>
            <code dir="ltr" className={styles.secret}>
              {app.secret}
            </code>
            <Row>
              <CopyButton text={app.secret} label={t("totp.copy")} />
              <LinkButton href={app.otpauthUrl} size="small">
                {t("totp.open")}
              </LinkButton>
            </Row>
          </Stack>
        </details>
        <Form onSubmit={confirm}>
          {(busy) => (
            <>
              <CodeField name="code" label={t("factors.TOTP.code")} isRequired autoFocus />
              <Button type="submit" variant="primary" wide isPending={busy}>
                {t("totp.action")}
              </Button>
            </>
          )}
        </Form>
      </Stack>
    </CardPage>
  );
};

interface CodesProps {
  readonly codes: readonly string[];
  readonly error: LoginError | null;
  readonly onAdded: () => Promise<void>;
}

const Codes = ({ codes, error, onAdded }: CodesProps) => {
  const { t } = useTranslation("sign-in");
  const [busy, setBusy] = useState(false);
  const finish = async () => {
    setBusy(true);
    await onAdded();
    setBusy(false);
  };
  return (
    <CardPage title={t("codes.title")} description={t("codes.text")}>
      <Stack>
        <Failure error={error} />
        <BackupCodes codes={codes} />
        <Button variant="primary" wide isPending={busy} onPress={finish}>
          {t("codes.action")}
        </Button>
      </Stack>
    </CardPage>
  );
};
