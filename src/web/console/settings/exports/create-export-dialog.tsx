import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../../kit/button.tsx";
import { RadioGroup } from "../../../kit/choice-fields.tsx";
import { Dialog, DialogActions } from "../../../kit/dialog.tsx";
import { Form } from "../../../kit/form.tsx";
import { announce } from "../../../kit/toasts.tsx";
import { useMutate } from "../../../shell/mutate.ts";
import { useCan } from "../../kit/viewer.tsx";
import { CreateExportDocument, type ExportFormat, type ExportKind } from "./exports.documents.ts";

interface CreateExportDialogProps {
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** What the file contains, and in which format. */
export const CreateExportDialog = ({ onClose, onDone }: CreateExportDialogProps) => {
  const { t } = useTranslation(["administration", "common"]);
  const mutate = useMutate();
  const kinds = useAllowedKinds();
  const [kind, setKind] = useState<ExportKind>(kinds[0] ?? "USERS");
  const [format, setFormat] = useState<ExportFormat>("CSV");
  const submit = async () => {
    const content = kind === "USERS" ? { users: {} } : { securityEvents: {} };
    await mutate(CreateExportDocument, { input: { content, format } });
    announce(t("exports.started"));
    onClose();
    onDone();
  };
  return (
    <Dialog title={t("exports.create")} isOpen onClose={onClose}>
      <Form onSubmit={submit}>
        {(busy) => (
          <>
            <RadioGroup
              label={t("exports.column.kind")}
              value={kind}
              onChange={setKind}
              options={kinds.map((value) => ({ value, label: t(`exports.kind.${value}`) }))}
            />
            <RadioGroup
              label={t("exports.column.format")}
              value={format}
              onChange={setFormat}
              options={(["CSV", "NDJSON"] as const).map((value) => ({
                value,
                label: value,
                description: t(`exports.format.${value}`),
              }))}
            />
            <DialogActions>
              <Button onPress={onClose}>{t("common:cancel")}</Button>
              <Button type="submit" variant="primary" isPending={busy}>
                {t("exports.start")}
              </Button>
            </DialogActions>
          </>
        )}
      </Form>
    </Dialog>
  );
};

const useAllowedKinds = (): readonly ExportKind[] => {
  const can = useCan();
  return [
    ...(can("users:read") && can("members:read") ? (["USERS"] as const) : []),
    ...(can("audit:read") ? (["SECURITY_EVENTS"] as const) : []),
  ];
};
