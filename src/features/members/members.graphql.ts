import { Field, ID, InputType, ObjectType } from "type-graphql";
import { type Member, MembershipType, type RoleRow, RoleType } from "#features/memberships/index";
import { type User, UserType } from "#features/users/index";

/** For payloads that contain the membership that a mutation changed. */
@ObjectType()
abstract class MembershipPayload {
  @Field(() => MembershipType, { description: "The membership after the change." })
  membership!: Member;
}

@InputType({ description: "The roles of a membership." })
export class SetMemberRolesInput {
  @Field(() => ID, { description: "A membership of the tenant of the access token; not the caller's own." })
  membershipId!: string;

  @Field(() => [ID], {
    description:
      "All roles that it has afterwards, of the same tenant; MEMBER is always among them. At most 20 in all.",
  })
  roleIds!: string[];
}

@ObjectType({ description: "The membership with the new roles." })
export class SetMemberRolesPayload extends MembershipPayload {}

@InputType({ description: "The membership to suspend." })
export class SuspendMemberInput {
  @Field(() => ID, { description: "A membership of the tenant of the access token; not the caller's own." })
  membershipId!: string;
}

@ObjectType({ description: "The membership, SUSPENDED." })
export class SuspendMemberPayload extends MembershipPayload {}

@InputType({ description: "The membership to reactivate." })
export class ReactivateMemberInput {
  @Field(() => ID, { description: "A suspended membership of the tenant of the access token." })
  membershipId!: string;
}

@ObjectType({ description: "The membership, ACTIVE." })
export class ReactivateMemberPayload extends MembershipPayload {}

@InputType({ description: "The membership whose user may enter." })
export class AllowMemberEntryInput {
  @Field(() => ID, { description: "A membership of the tenant of the access token; not the caller's own." })
  membershipId!: string;
}

@ObjectType({ description: "The membership, whose tenant no longer refuses entry." })
export class AllowMemberEntryPayload extends MembershipPayload {}

@InputType({ description: "The membership to remove." })
export class RemoveMemberInput {
  @Field(() => ID, { description: "A membership of the tenant of the access token; not the caller's own." })
  membershipId!: string;
}

@ObjectType({ description: "The membership is gone." })
export class RemoveMemberPayload {
  @Field(() => ID, { description: "The membership that was removed." })
  deletedMembershipId!: string;
}

@InputType({ description: "The tenant to leave." })
export class LeaveTenantInput {
  @Field(() => ID, { description: "A tenant that the caller is a member of." })
  tenantId!: string;
}

@ObjectType({ description: "The caller is no longer a member of the tenant." })
export class LeaveTenantPayload {
  @Field(() => ID, { description: "The membership that ended." })
  deletedMembershipId!: string;
}

@InputType({ description: "A new role of the tenant of the access token." })
export class CreateRoleInput {
  @Field(() => String, { description: "At most 64 characters; unique in the tenant, in upper or lower case." })
  name!: string;

  @Field(() => String, { nullable: true, description: "What the role is for; at most 500 characters." })
  description?: string | null;

  @Field(() => [String], {
    description: "What it allows, as `resource:action`; only permissions that the caller holds.",
  })
  permissions!: string[];
}

@ObjectType({ description: "The new role." })
export class CreateRolePayload {
  @Field(() => RoleType, { description: "The new role." })
  role!: RoleRow;
}

@InputType({ description: "What to change of a role. Absent fields stay as they are." })
export class UpdateRoleInput {
  @Field(() => ID, { description: "A role of the tenant of the access token; not MEMBER or ADMIN." })
  roleId!: string;

  @Field(() => String, { nullable: true, description: "The new name. Null leaves it as it is." })
  name?: string | null;

  @Field(() => String, { nullable: true, description: "What the role is for. Null removes the text." })
  description?: string | null;

  @Field(() => [String], { nullable: true, description: "All permissions from now on. Null leaves them as they are." })
  permissions?: string[] | null;
}

@ObjectType({ description: "The role after the change." })
export class UpdateRolePayload {
  @Field(() => RoleType, { description: "The role after the change." })
  role!: RoleRow;
}

@InputType({ description: "The role to delete." })
export class DeleteRoleInput {
  @Field(() => ID, { description: "A role of the tenant of the access token; not MEMBER or ADMIN." })
  roleId!: string;
}

@ObjectType({ description: "The role is gone; its holders keep their other roles." })
export class DeleteRolePayload {
  @Field(() => ID, { description: "The role that was deleted." })
  deletedRoleId!: string;
}

@InputType({ description: "Whether a user administers the installation." })
export class SetOperatorInput {
  @Field(() => ID, { description: "The user." })
  userId!: string;

  @Field(() => Boolean, { description: "Whether the user is an operator from now on." })
  isOperator!: boolean;
}

@ObjectType({ description: "The user after the change." })
export class SetOperatorPayload {
  @Field(() => UserType, { description: "The user after the change." })
  user!: User;
}
