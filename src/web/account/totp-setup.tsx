import { useTranslation } from "react-i18next";
import { Button } from "../kit/button.tsx";
import { CopyButton } from "../kit/copy-button.tsx";
import { Dialog, DialogActions } from "../kit/dialog.tsx";
import { Form } from "../kit/form.tsx";
import { Muted, Row, Stack } from "../kit/layout.tsx";
import { CodeField } from "../kit/text-fields.tsx";
import { useMutate } from "../shell/mutate.ts";
import { ConfirmTotpDocument, type EnableTotpMutation } from "./factors.documents.ts";
import styles from "./totp-setup.module.css";

interface TotpSetupProps {
  readonly setup: EnableTotpMutation["enableTotp"];
  readonly onClose: () => void;
  readonly onEnabled: () => void;
}

/** In groups of four, as apps show it while it is typed. */
const inGroups = (secret: string): string => secret.replace(/(.{4})(?=.)/g, "$1 ");

export const TotpSetup = ({ setup, onClose, onEnabled }: TotpSetupProps) => {
  const { t } = useTranslation("account");
  const mutate = useMutate();
  const confirm = async ({ code = "" }: { readonly code?: string }) => {
    await mutate(ConfirmTotpDocument, { input: { code: code.replaceAll(" ", "") } });
    onEnabled();
  };
  return (
    <Dialog title={t("factors.setUpTitle")} isOpen onClose={onClose}>
      <Stack>
        <p>{t("factors.scan")}</p>
        <img src={setup.qrCode} alt={t("factors.qrCode")} className={styles.qrCode} />
        <a href={setup.otpauthUrl} className={styles.openApp}>
          {t("factors.openApp")}
        </a>
        <div className={styles.secret}>
          <Muted small>{t("factors.secret")}</Muted>
          <Row>
            <code dir="ltr">{inGroups(setup.secret)}</code>
            <CopyButton text={setup.secret} label={t("factors.copySecret")} />
          </Row>
        </div>
        <Form onSubmit={confirm}>
          {(busy) => (
            <>
              <CodeField name="code" label={t("factors.code")} isRequired autoFocus />
              <DialogActions>
                <Button onPress={onClose}>{t("cancel", { ns: "common" })}</Button>
                <Button type="submit" variant="primary" isPending={busy}>
                  {t("factors.confirm")}
                </Button>
              </DialogActions>
            </>
          )}
        </Form>
      </Stack>
    </Dialog>
  );
};
