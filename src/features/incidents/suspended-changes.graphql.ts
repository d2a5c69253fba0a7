import { Field, ID, InputType, ObjectType } from "type-graphql";
import { describedEnum } from "#platform/schema/common.graphql";
import { DateTime } from "#platform/schema/scalars";
import type { SuspendedChangeId } from "#shared/ids";
import type { SuspendedChangeKind } from "./suspended-changes.policy.ts";
import type { SuspendedChange } from "./suspended-changes.service.ts";

export const SuspendedChangeKindEnum = describedEnum<SuspendedChangeKind>(
  "SuspendedChangeKind",
  "The kinds of suspended changes.",
  {
    TOTP: "An authenticator app was added or replaced.",
    PASSKEY: "A passkey was added.",
    BACKUP_CODES: "Backup codes were renewed.",
    SOCIAL_ACCOUNT: "An account at a provider was linked.",
    PASSWORD: "A password was set without verifying the previous one.",
    EMAIL: "The e-mail address was changed. The previous one is used until the change is confirmed.",
    ROLES: "The caller gave another user a role. The user does not have it until the change is confirmed.",
  },
);

@ObjectType("SuspendedChange", {
  description:
    "A change that was made in the caller's name with a confirmed identity after a signing key had leaked. It has no effect until the caller confirms it.",
})
export class SuspendedChangeType {
  @Field(() => ID, { description: "The id for confirmSuspendedChange and removeSuspendedChange." })
  id!: SuspendedChangeId;

  @Field(() => SuspendedChangeKindEnum, { description: "The kind of the change." })
  kind!: SuspendedChangeKind;

  @Field(() => DateTime, { description: "When the change was made." })
  madeAt!: Date;

  @Field(() => DateTime, { description: "When the change was suspended." })
  suspendedAt!: Date;
}

@InputType({ description: "The change to confirm." })
export class ConfirmSuspendedChangeInput {
  @Field(() => ID, { description: "SuspendedChange.id." })
  suspendedChangeId!: string;
}

@ObjectType({ description: "The change, which is effective again." })
export class ConfirmSuspendedChangePayload {
  @Field(() => SuspendedChangeType, { description: "The change, which `suspendedChanges` no longer lists." })
  suspendedChange!: SuspendedChange;
}

@InputType({ description: "The change to remove." })
export class RemoveSuspendedChangeInput {
  @Field(() => ID, { description: "SuspendedChange.id." })
  suspendedChangeId!: string;
}

@ObjectType({ description: "The change is permanently removed." })
export class RemoveSuspendedChangePayload {
  @Field(() => ID, { description: "The id of the removed change." })
  deletedSuspendedChangeId!: SuspendedChangeId;
}
