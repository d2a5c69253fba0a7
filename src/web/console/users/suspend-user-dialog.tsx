import { useTranslation } from "react-i18next";
import { Button } from "../../kit/button.tsx";
import { Dialog, DialogActions } from "../../kit/dialog.tsx";
import { Form } from "../../kit/form.tsx";
import { TextAreaField } from "../../kit/text-fields.tsx";
import { announce } from "../../kit/toasts.tsx";
import { SuspendUserDocument } from "./user-actions.documents.ts";
import { useUserMutate } from "./user-operations.ts";
import type { ConsoleUser } from "./user-types.ts";

const MAX_REASON = 500;

interface UserDialogProps {
  readonly user: ConsoleUser;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Asks for the reason, which the user's history keeps. */
export const SuspendUserDialog = ({ user, isOpen, onClose }: UserDialogProps) => {
  const { t } = useTranslation(["console", "common"]);
  const mutate = useUserMutate();
  const names = { name: user.name ?? user.email };
  return (
    <Dialog title={t("user.action.suspend.title", names)} isOpen={isOpen} onClose={onClose} role="alertdialog">
      <p>{t("user.action.suspend.text", names)}</p>
      <Form
        onSubmit={async ({ reason = "" }) => {
          await mutate(SuspendUserDocument, { input: { userId: user.id, reason: reason.trim() || null } });
          onClose();
          announce(t("user.action.suspend.done", names));
        }}
      >
        {(busy) => (
          <>
            <TextAreaField
              name="reason"
              label={t("user.reason")}
              description={t("user.reasonUse")}
              maxLength={MAX_REASON}
              autoFocus
            />
            <DialogActions>
              <Button onPress={onClose}>{t("common:cancel")}</Button>
              <Button type="submit" variant="danger" isPending={busy}>
                {t("user.action.suspend.verb")}
              </Button>
            </DialogActions>
          </>
        )}
      </Form>
    </Dialog>
  );
};
