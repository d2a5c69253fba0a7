import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../kit/button.tsx";
import { ConfirmDialog } from "../kit/dialog.tsx";
import { Badge } from "../kit/display.tsx";
import { Row, Section } from "../kit/layout.tsx";
import { useMutate } from "../shell/mutate.ts";
import { BackupCodesDialog } from "./backup-codes-dialog.tsx";
import { RegenerateBackupCodesDocument } from "./factors.documents.ts";
import type { FactorsOfUser } from "./factors-of-user.ts";
import { FEW_BACKUP_CODES } from "./to-do.ts";

export const BackupCodesSection = ({ me }: { readonly me: FactorsOfUser }) => {
  const { t } = useTranslation("account");
  const mutate = useMutate();
  const [asks, setAsks] = useState(false);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const { backupCodesLeft } = me.mfa;
  const renew = async () => {
    const { regenerateBackupCodes } = await mutate(RegenerateBackupCodesDocument, {});
    setCodes(regenerateBackupCodes.backupCodes);
  };
  return (
    <Section
      title={t("factors.codes")}
      description={t("factors.codesText")}
      action={
        <Badge tone={backupCodesLeft > FEW_BACKUP_CODES ? "success" : "warning"}>
          {t("factors.codesLeft", { count: backupCodesLeft })}
        </Badge>
      }
    >
      <Row>
        <Button onPress={() => setAsks(true)}>{t("factors.renew")}</Button>
      </Row>
      <ConfirmDialog
        title={t("factors.renewTitle")}
        action={t("factors.renew")}
        isOpen={asks}
        onClose={() => setAsks(false)}
        onConfirm={renew}
      >
        {t("factors.renewText")}
      </ConfirmDialog>
      {codes && <BackupCodesDialog codes={codes} onClose={() => setCodes(null)} />}
    </Section>
  );
};
