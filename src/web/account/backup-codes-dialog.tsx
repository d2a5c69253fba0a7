import { useTranslation } from "react-i18next";
import { Alert } from "../kit/alert.tsx";
import { BackupCodes } from "../kit/backup-codes.tsx";
import { Button } from "../kit/button.tsx";
import { Dialog, DialogActions } from "../kit/dialog.tsx";

interface BackupCodesDialogProps {
  readonly codes: readonly string[];
  readonly onClose: () => void;
}

/** Backup codes are shown once: only the button closes it. */
export const BackupCodesDialog = ({ codes, onClose }: BackupCodesDialogProps) => {
  const { t } = useTranslation("account");
  return (
    <Dialog title={t("factors.codesTitle")} isOpen closesOnlyByButton onClose={onClose}>
      <Alert tone="warning">{t("factors.codesWarning")}</Alert>
      <BackupCodes codes={codes} />
      <DialogActions>
        <Button variant="primary" onPress={onClose}>
          {t("factors.stored")}
        </Button>
      </DialogActions>
    </Dialog>
  );
};
