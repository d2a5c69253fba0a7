import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../../kit/button.tsx";
import { Dialog, DialogActions } from "../../../kit/dialog.tsx";
import { Form, type FormValues } from "../../../kit/form.tsx";
import { TextField } from "../../../kit/text-fields.tsx";
import { announce } from "../../../kit/toasts.tsx";
import { useMutate } from "../../../shell/mutate.ts";
import { PermissionChoice, type PermissionOption } from "./permission-choice.tsx";
import { CreateRoleDocument, type EditedRoleFragment, UpdateRoleDocument } from "./roles.documents.ts";

interface RoleDialogProps {
  /** Null: a new role. */
  readonly role: EditedRoleFragment | null;
  readonly permissions: readonly PermissionOption[];
  readonly onClose: () => void;
  readonly onCreated: () => void;
}

export const RoleDialog = ({ role, permissions, onClose, onCreated }: RoleDialogProps) => {
  const { t } = useTranslation(["administration", "common"]);
  const mutate = useMutate();
  const [granted, setGranted] = useState<readonly string[]>(role?.permissions ?? []);
  const submit = async ({ name = "", description = "" }: FormValues) => {
    const input = { name, description: description.trim() || null, permissions: [...granted] };
    if (role) await mutate(UpdateRoleDocument, { input: { ...input, roleId: role.id } });
    else await mutate(CreateRoleDocument, { input });
    announce(t("roles.saved", { name }));
    onClose();
    if (role === null) onCreated();
  };
  const title = role ? t("roles.editTitle", { name: role.name }) : t("roles.create");
  return (
    <Dialog title={title} wide isOpen onClose={onClose}>
      <Form onSubmit={submit} fieldOf={{ ROLE_NAME_TAKEN: "name" }}>
        {(busy) => (
          <>
            <TextField name="name" label={t("roles.name")} defaultValue={role?.name ?? ""} isRequired autoFocus />
            <TextField name="description" label={t("roles.text")} defaultValue={role?.description ?? ""} />
            <PermissionChoice permissions={permissions} value={granted} onChange={setGranted} />
            <DialogActions>
              <Button onPress={onClose}>{t("common:cancel")}</Button>
              <Button type="submit" variant="primary" isPending={busy}>
                {t("common:save")}
              </Button>
            </DialogActions>
          </>
        )}
      </Form>
    </Dialog>
  );
};
