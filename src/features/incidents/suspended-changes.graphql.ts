import { Field, ID, InputType, ObjectType } from "type-graphql";
import { describedEnum } from "#platform/schema/common.graphql";
import { DateTime } from "#platform/schema/scalars";
import type { SuspendedChangeId } from "#shared/ids";
import type { SuspendedChangeKind } from "./suspended-changes.policy.ts";
import type { SuspendedChange } from "./suspended-changes.service.ts";

export const SuspendedChangeKindEnum = describedEnum<SuspendedChangeKind>("SuspendedChangeKind", "What was changed.", {
  TOTP: "An authenticator app was added or replaced.",
  PASSKEY: "A passkey was added.",
  BACKUP_CODES: "Backup codes were renewed.",
  SOCIAL_ACCOUNT: "An account at a provider was linked.",
  PASSWORD: "A password was set without proof of the one before.",
  EMAIL: "The e-mail address was changed; the one before is in force meanwhile.",
  ROLES: "The caller gave another user a role, which that user does not have meanwhile.",
});

@ObjectType("SuspendedChange", {
  description:
    "A change that was made in the caller's name with a confirmed identity while a signing key had leaked. It counts for nothing until the caller confirms it.",
})
export class SuspendedChangeType {
  @Field(() => ID, { description: "For confirmSuspendedChange and removeSuspendedChange." })
  id!: SuspendedChangeId;

  @Field(() => SuspendedChangeKindEnum, { description: "What was changed." })
  kind!: SuspendedChangeKind;

  @Field(() => DateTime, { description: "When the change was made." })
  madeAt!: Date;

  @Field(() => DateTime, { description: "When it was suspended." })
  suspendedAt!: Date;
}

@InputType({ description: "What to confirm." })
export class ConfirmSuspendedChangeInput {
  @Field(() => ID, { description: "SuspendedChange.id." })
  suspendedChangeId!: string;
}

@ObjectType({ description: "The change that is in force again." })
export class ConfirmSuspendedChangePayload {
  @Field(() => SuspendedChangeType, { description: "The change; it is not in `suspendedChanges` any more." })
  suspendedChange!: SuspendedChange;
}

@InputType({ description: "What to remove." })
export class RemoveSuspendedChangeInput {
  @Field(() => ID, { description: "SuspendedChange.id." })
  suspendedChangeId!: string;
}

@ObjectType({ description: "The change is gone for good." })
export class RemoveSuspendedChangePayload {
  @Field(() => ID, { description: "The id of the change that was removed." })
  deletedSuspendedChangeId!: SuspendedChangeId;
}
