import { useTranslation } from "react-i18next";
import { ConfirmDialog } from "../../../kit/dialog.tsx";
import { announce } from "../../../kit/toasts.tsx";
import { useMutate } from "../../../shell/mutate.ts";
import { RevokeInvitationDocument } from "./invitations.documents.ts";
import type { ListedInvitation } from "./listed-invitation.ts";

interface RevokeDialogProps {
  /** Null: closed. */
  readonly invitation: ListedInvitation | null;
  readonly onClose: () => void;
}

export const RevokeDialog = ({ invitation, onClose }: RevokeDialogProps) => {
  const { t } = useTranslation("administration");
  const mutate = useMutate();
  if (invitation === null) return null;
  const confirm = async () => {
    await mutate(RevokeInvitationDocument, { input: { invitationId: invitation.id } });
    announce(t("invitations.revoked"));
  };
  return (
    <ConfirmDialog
      title={t("invitations.revokeTitle", { email: invitation.email })}
      action={t("invitations.revoke")}
      destructive
      isOpen
      onClose={onClose}
      onConfirm={confirm}
    >
      {t("invitations.revokeText")}
    </ConfirmDialog>
  );
};
