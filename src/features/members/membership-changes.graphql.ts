import { Field, ID, ObjectType } from "type-graphql";
import { describedEnum } from "#platform/schema/common.graphql";
import { DateTime } from "#platform/schema/scalars";
import type { TenantId } from "#shared/ids";
import type { MembershipChangeKind } from "./membership-changes.policy.ts";

export const MembershipChangeKindEnum = describedEnum<MembershipChangeKind>(
  "MembershipChangeKind",
  "The kinds of changes of a membership.",
  {
    ADDED: "The caller became a member of the tenant.",
    CHANGED:
      "It was suspended or reactivated, its roles were changed, one of its roles was changed or deleted, or its tenant refuses or allows " +
      "access after a reset of the second factors.",
    REMOVED: "The caller is no longer a member of the tenant.",
  },
);

@ObjectType("MembershipChange", { description: "A change of one of the caller's own memberships." })
export class MembershipChangeType {
  @Field(() => ID, { description: "The tenant of the membership." })
  tenantId!: TenantId;

  @Field(() => DateTime, { description: "The time of the change." })
  occurredAt!: Date;
}
