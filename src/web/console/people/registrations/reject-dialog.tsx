import { useTranslation } from "react-i18next";
import { Button } from "../../../kit/button.tsx";
import { Dialog, DialogActions } from "../../../kit/dialog.tsx";
import { Form } from "../../../kit/form.tsx";
import { TextAreaField } from "../../../kit/text-fields.tsx";
import { announce } from "../../../kit/toasts.tsx";
import { useMutate } from "../../../shell/mutate.ts";
import type { ListedRegistration } from "./listed-registration.ts";
import { RejectRegistrationDocument } from "./registrations.documents.ts";

interface RejectDialogProps {
  /** Null: closed. */
  readonly registration: ListedRegistration | null;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Asks for the reason, which the applicant reads in the mail. */
export const RejectDialog = ({ registration, onClose, onDone }: RejectDialogProps) => {
  const { t } = useTranslation(["administration", "common"]);
  const mutate = useMutate();
  if (registration === null) return null;
  const submit = async (reason: string) => {
    await mutate(RejectRegistrationDocument, {
      input: { registrationId: registration.id, reason: reason.trim() || null },
    });
    announce(t("registrations.rejected"));
    onClose();
    onDone();
  };
  return (
    <Dialog
      title={t("registrations.rejectTitle", { name: registration.name ?? registration.email })}
      isOpen
      onClose={onClose}
    >
      <Form onSubmit={({ reason = "" }) => submit(reason)}>
        {(busy) => (
          <>
            <TextAreaField
              name="reason"
              label={t("registrations.reason")}
              description={t("registrations.reasonHint")}
            />
            <DialogActions>
              <Button onPress={onClose}>{t("common:cancel")}</Button>
              <Button type="submit" variant="danger" isPending={busy}>
                {t("registrations.reject")}
              </Button>
            </DialogActions>
          </>
        )}
      </Form>
    </Dialog>
  );
};
