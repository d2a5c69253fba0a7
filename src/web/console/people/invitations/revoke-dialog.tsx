import { useMutation } from "@apollo/client/react";
import { useTranslation } from "react-i18next";
import { ConfirmDialog } from "../../../kit/dialog.tsx";
import { announce } from "../../../kit/toasts.tsx";
import { RevokeInvitationDocument } from "./invitations.documents.ts";
import type { ListedInvitation } from "./listed-invitation.ts";

interface RevokeDialogProps {
  /** Null: closed. */
  readonly invitation: ListedInvitation | null;
  readonly onClose: () => void;
}

export const RevokeDialog = ({ invitation, onClose }: RevokeDialogProps) => {
  const { t } = useTranslation("administration");
  const [revoke] = useMutation(RevokeInvitationDocument);
  if (invitation === null) return null;
  const confirm = async () => {
    await revoke({ variables: { input: { invitationId: invitation.id } } });
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
