import { Field, ID, InputType, ObjectType } from "type-graphql";
import { describedEnum } from "#platform/schema/common.graphql";
import { connectionOf, DateTimeRange } from "#platform/schema/connection";
import { Node } from "#platform/schema/node";
import { DateTime, EmailAddress } from "#platform/schema/scalars";
import type { MembershipId, RoleId, TenantId, UserId } from "#shared/ids";
import type { MembershipStatus } from "#shared/memberships";
import type { BuiltInRole } from "#shared/roles";

export const MembershipStatusEnum = describedEnum<MembershipStatus>("MembershipStatus", "The state of a membership.", {
  ACTIVE: "The user has access to the tenant.",
  SUSPENDED: "An admin of the tenant suspended it. Other memberships of the user are not affected.",
});

@ObjectType("Role", {
  implements: Node,
  description: "A role of a tenant. Members of the tenant see its roles.",
})
export class RoleType implements Node {
  id!: RoleId;
  tenantId!: TenantId;
  builtIn!: BuiltInRole | null;

  @Field(() => String, {
    description: "Unique in the tenant, case-insensitive. Access tokens contain it (`roles`).",
  })
  name!: string;

  @Field(() => String, { nullable: true, description: "The purpose of the role; null without a description." })
  description!: string | null;

  @Field(() => DateTime, { description: "When the role was created." })
  createdAt!: Date;
}

@ObjectType("Membership", {
  implements: Node,
  description:
    "A user's membership in a tenant. Visible to the user, to callers with `members:read` in the tenant, and to operators.",
})
export class MembershipType implements Node {
  id!: MembershipId;
  userId!: UserId;
  tenantId!: TenantId;
  invitedBy!: UserId | null;

  @Field(() => MembershipStatusEnum, { description: "Whether the user has access to the tenant." })
  status!: MembershipStatus;

  @Field(() => DateTime, { description: "When the user became a member." })
  joinedAt!: Date;

  @Field(() => DateTime, {
    nullable: true,
    description:
      "After a reset of the user's second factors, the tenant refuses access until this time, unless one of its admins allows it before " +
      "(`allowMemberEntry`). The home tenant does not refuse. Null if there was no reset, or if an admin allowed access; may be in the past.",
  })
  entryBlockedUntil!: Date | null;

  @Field(() => EmailAddress, { description: "The user's address." })
  email!: string;

  @Field(() => String, { nullable: true, description: "The user's name; null if not given." })
  name!: string | null;
}

export const MembershipConnection = connectionOf(MembershipType, "Membership");

@InputType({ description: "The members to list: those that match all given fields." })
export class MembershipFilter {
  @Field(() => MembershipStatusEnum, {
    nullable: true,
    description: "Only memberships with this status. If absent, any status.",
  })
  status?: MembershipStatus | null;

  @Field(() => ID, { nullable: true, description: "Only memberships with this role. If absent, any role." })
  roleId?: string | null;

  @Field(() => DateTimeRange, { nullable: true, description: "Only memberships that began in this period." })
  joinedAt?: DateTimeRange | null;
}
