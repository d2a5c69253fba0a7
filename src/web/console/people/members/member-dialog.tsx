import type { TypedDocumentNode } from "@apollo/client";
import { useTranslation } from "react-i18next";
import { ConfirmDialog } from "../../../kit/dialog.tsx";
import { announce } from "../../../kit/toasts.tsx";
import { useMutate } from "../../../shell/mutate.ts";
import type { AssignableRole } from "../role-choice.tsx";
import type { MemberAction } from "./listed-member.ts";
import { MemberRolesDialog } from "./member-roles-dialog.tsx";
import {
  AllowMemberEntryDocument,
  ReactivateMemberDocument,
  RemoveMemberDocument,
  SuspendMemberDocument,
} from "./members.documents.ts";

interface MemberDialogProps {
  /** Null: closed. */
  readonly action: MemberAction | null;
  readonly roles: readonly AssignableRole[];
  readonly onClose: () => void;
  readonly onRemoved: () => void;
}

/** Asks before a membership is changed, and says what the change means for the person. */
export const MemberDialog = ({ action, roles, onClose, onRemoved }: MemberDialogProps) => {
  const { t } = useTranslation("administration");
  const mutate = useMutate();
  if (action === null) return null;
  const { kind, member } = action;
  if (kind === "roles") return <MemberRolesDialog member={member} roles={roles} onClose={onClose} />;
  const name = member.name ?? member.email;
  const confirm = async () => {
    await mutate(MUTATIONS[kind], { input: { membershipId: member.id } });
    announce(t(`members.done.${kind}`, { name }));
    if (kind === "remove") onRemoved();
  };
  return (
    <ConfirmDialog
      title={t(`members.title.${kind}`, { name })}
      action={t(`members.action.${kind}`)}
      destructive={kind === "suspend" || kind === "remove"}
      isOpen
      onClose={onClose}
      onConfirm={confirm}
    >
      {t(`members.text.${kind}`)}
    </ConfirmDialog>
  );
};

/** The mutation of each change. */
const MUTATIONS: Readonly<
  Record<Exclude<MemberAction["kind"], "roles">, TypedDocumentNode<unknown, { input: { membershipId: string } }>>
> = {
  suspend: SuspendMemberDocument,
  reactivate: ReactivateMemberDocument,
  remove: RemoveMemberDocument,
  allowEntry: AllowMemberEntryDocument,
};
