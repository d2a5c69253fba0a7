import { useMutation } from "@apollo/client/react";
import { useTranslation } from "react-i18next";
import { ConfirmDialog } from "../../../kit/dialog.tsx";
import { announce } from "../../../kit/toasts.tsx";
import { useStepUp } from "../../../shell/step-up.tsx";
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
  const changes = useMemberChanges();
  if (action === null) return null;
  const { kind, member } = action;
  if (kind === "roles") return <MemberRolesDialog member={member} roles={roles} onClose={onClose} />;
  const name = member.name ?? member.email;
  const confirm = async () => {
    await changes[kind](member.id);
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

/** Each change by its name; `allowEntry` needs a step-up. */
const useMemberChanges = (): Record<Exclude<MemberAction["kind"], "roles">, (id: string) => Promise<unknown>> => {
  const stepUp = useStepUp();
  const [suspend] = useMutation(SuspendMemberDocument);
  const [reactivate] = useMutation(ReactivateMemberDocument);
  const [remove] = useMutation(RemoveMemberDocument);
  const [allowEntry] = useMutation(AllowMemberEntryDocument);
  const of = (membershipId: string) => ({ variables: { input: { membershipId } } });
  return {
    suspend: (id) => suspend(of(id)),
    reactivate: (id) => reactivate(of(id)),
    remove: (id) => remove(of(id)),
    allowEntry: (id) => stepUp(() => allowEntry(of(id))),
  };
};
