import { Download, Printer } from "lucide-react";
import { useTranslation } from "react-i18next";
import { CONFIG } from "../config.ts";
import { Alert } from "../kit/alert.tsx";
import { Button } from "../kit/button.tsx";
import { CopyButton } from "../kit/copy-button.tsx";
import { Dialog, DialogActions } from "../kit/dialog.tsx";
import { Row } from "../kit/layout.tsx";
import { saveFile } from "../kit/save-file.ts";
import styles from "./backup-codes-dialog.module.css";

interface BackupCodesDialogProps {
  readonly codes: readonly string[];
  readonly email: string;
  readonly onClose: () => void;
}

/** Backup codes are shown once: only the button closes it. */
export const BackupCodesDialog = ({ codes, email, onClose }: BackupCodesDialogProps) => {
  const { t } = useTranslation("account");
  const heading = `${CONFIG.product}: ${t("factors.codesFor", { email })}`;
  const text = [heading, "", ...codes, ""].join("\n");
  return (
    <Dialog title={t("factors.codesTitle")} isOpen closesOnlyByButton onClose={onClose}>
      <div className={styles.hint}>
        <Alert tone="warning">{t("factors.codesWarning")}</Alert>
      </div>
      <p className={styles.heading}>{heading}</p>
      <ol className={styles.codes} aria-label={t("factors.codes")}>
        {codes.map((code) => (
          <li key={code}>
            <code dir="ltr">{code}</code>
          </li>
        ))}
      </ol>
      <div className={styles.hint}>
        <Row>
          <CopyButton text={codes.join("\n")} label={t("factors.copyCodes")} />
          <Button
            size="small"
            onPress={() => saveFile(new Blob([text], { type: "text/plain" }), t("factors.fileName"))}
          >
            <Download aria-hidden size={16} />
            {t("factors.download")}
          </Button>
          <Button size="small" onPress={() => window.print()}>
            <Printer aria-hidden size={16} />
            {t("factors.print")}
          </Button>
        </Row>
      </div>
      <div className={styles.hint}>
        <DialogActions>
          <Button variant="primary" onPress={onClose}>
            {t("factors.stored")}
          </Button>
        </DialogActions>
      </div>
    </Dialog>
  );
};
