import { useQuery } from "@apollo/client/react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../../kit/button.tsx";
import { Dialog, DialogActions } from "../../../kit/dialog.tsx";
import { Form, type FormValues } from "../../../kit/form.tsx";
import { QueryView } from "../../../kit/query-view.tsx";
import { TextField } from "../../../kit/text-fields.tsx";
import { announce } from "../../../kit/toasts.tsx";
import { useMutate } from "../../../shell/mutate.ts";
import { RoleChoice } from "../role-choice.tsx";
import { AssignableRolesDocument, InviteUserDocument } from "./invitations.documents.ts";

interface InviteDialogProps {
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** Invites a person by mail. Roles beyond MEMBER need a step-up. */
export const InviteDialog = ({ onClose, onDone }: InviteDialogProps) => {
  const { t } = useTranslation(["administration", "common"]);
  const mutate = useMutate();
  const roles = useQuery(AssignableRolesDocument);
  const [roleIds, setRoleIds] = useState<readonly string[]>([]);
  const submit = async ({ email = "", name = "" }: FormValues) => {
    const input = { email, name: name.trim() || null, roleIds: [...roleIds] };
    await mutate(InviteUserDocument, { input });
    announce(t("invitations.sent", { email }));
    onClose();
    onDone();
  };
  return (
    <Dialog title={t("invitations.invite")} isOpen onClose={onClose}>
      <Form onSubmit={submit}>
        {(busy) => (
          <>
            <TextField name="email" type="email" label={t("invitations.email")} isRequired autoFocus />
            <TextField name="name" label={t("invitations.name")} description={t("invitations.nameHint")} />
            <QueryView query={roles}>
              {({ tenant }) => <RoleChoice roles={tenant.roles} value={roleIds} onChange={setRoleIds} />}
            </QueryView>
            <DialogActions>
              <Button onPress={onClose}>{t("common:cancel")}</Button>
              <Button type="submit" variant="primary" isPending={busy}>
                {t("invitations.send")}
              </Button>
            </DialogActions>
          </>
        )}
      </Form>
    </Dialog>
  );
};
