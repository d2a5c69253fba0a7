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
  @Field(() => ID, { description: "A membership in the access token's tenant; not the caller's own." })
  membershipId!: string;

  @Field(() => [ID], {
    description: "The complete new set of roles, from the same tenant; MEMBER is always included. At most 20 in total.",
  })
  roleIds!: string[];
}

@ObjectType({ description: "The membership with the new roles." })
export class SetMemberRolesPayload extends MembershipPayload {}

@InputType({ description: "The membership to suspend." })
export class SuspendMemberInput {
  @Field(() => ID, { description: "A membership in the access token's tenant; not the caller's own." })
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

@InputType({ description: "The membership of the user to admit." })
export class AllowMemberEntryInput {
  @Field(() => ID, { description: "A membership in the access token's tenant; not the caller's own." })
  membershipId!: string;
}

@ObjectType({ description: "The membership. Its tenant no longer refuses access to the user." })
export class AllowMemberEntryPayload extends MembershipPayload {}

@InputType({ description: "The membership to remove." })
export class RemoveMemberInput {
  @Field(() => ID, { description: "A membership in the access token's tenant; not the caller's own." })
  membershipId!: string;
}

@ObjectType({ description: "The membership is removed." })
export class RemoveMemberPayload {
  @Field(() => ID, { description: "The removed membership." })
  deletedMembershipId!: string;
}

@InputType({ description: "The tenant to leave." })
export class LeaveTenantInput {
  @Field(() => ID, { description: "A tenant that the caller is a member of." })
  tenantId!: string;
}

@ObjectType({ description: "The caller is no longer a member of the tenant." })
export class LeaveTenantPayload {
  @Field(() => ID, { description: "The ended membership." })
  deletedMembershipId!: string;
}

@InputType({ description: "A new role of the tenant of the access token." })
export class CreateRoleInput {
  @Field(() => String, { description: "At most 64 characters; unique in the tenant, case-insensitive." })
  name!: string;

  @Field(() => String, { nullable: true, description: "The purpose of the role; at most 500 characters." })
  description?: string | null;

  @Field(() => [String], {
    description: "The permissions of the role, as `resource:action`; only permissions that the caller holds.",
  })
  permissions!: string[];
}

@ObjectType({ description: "The new role." })
export class CreateRolePayload {
  @Field(() => RoleType, { description: "The new role." })
  role!: RoleRow;
}

@InputType({ description: "The changes to a role. Absent fields are left unchanged." })
export class UpdateRoleInput {
  @Field(() => ID, { description: "A role of the tenant of the access token; not MEMBER or ADMIN." })
  roleId!: string;

  @Field(() => String, { nullable: true, description: "The new name. Null leaves it unchanged." })
  name?: string | null;

  @Field(() => String, { nullable: true, description: "The purpose of the role. Null removes the description." })
  description?: string | null;

  @Field(() => [String], {
    nullable: true,
    description: "The complete new set of permissions. Null leaves them unchanged.",
  })
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

@ObjectType({ description: "The role is deleted; its holders keep their other roles." })
export class DeleteRolePayload {
  @Field(() => ID, { description: "The deleted role." })
  deletedRoleId!: string;
}

@InputType({ description: "The user, and whether they administer the installation." })
export class SetOperatorInput {
  @Field(() => ID, { description: "The user." })
  userId!: string;

  @Field(() => Boolean, { description: "True makes the user an operator; false ends that status." })
  isOperator!: boolean;
}

@ObjectType({ description: "The user after the change." })
export class SetOperatorPayload {
  @Field(() => UserType, { description: "The user after the change." })
  user!: User;
}
