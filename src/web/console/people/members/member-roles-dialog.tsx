import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../../kit/button.tsx";
import { Dialog, DialogActions } from "../../../kit/dialog.tsx";
import { Form } from "../../../kit/form.tsx";
import { announce } from "../../../kit/toasts.tsx";
import { useMutate } from "../../../shell/mutate.ts";
import { type AssignableRole, RoleChoice } from "../role-choice.tsx";
import type { ListedMember } from "./listed-member.ts";
import { SetMemberRolesDocument } from "./members.documents.ts";

interface MemberRolesDialogProps {
  readonly member: ListedMember;
  readonly roles: readonly AssignableRole[];
  readonly onClose: () => void;
}

export const MemberRolesDialog = ({ member, roles, onClose }: MemberRolesDialogProps) => {
  const { t } = useTranslation(["administration", "common"]);
  const mutate = useMutate();
  const [roleIds, setRoleIds] = useState<readonly string[]>(member.roles.map(({ id }) => id));
  const name = member.name ?? member.email;
  const submit = async () => {
    const input = { membershipId: member.id, roleIds: [...roleIds] };
    await mutate(SetMemberRolesDocument, { input });
    announce(t("members.done.roles", { name }));
    onClose();
  };
  return (
    <Dialog title={t("members.title.roles", { name })} isOpen onClose={onClose}>
      <Form onSubmit={submit}>
        {(busy) => (
          <>
            <RoleChoice roles={roles} value={roleIds} onChange={setRoleIds} />
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
