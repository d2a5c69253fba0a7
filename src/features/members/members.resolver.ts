import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { AdministrationService } from "#features/administration/index";
import { Reauth, RequiresOperator, RequiresPermission } from "#platform/schema/access";
import type { SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import {
  AllowMemberEntryInput,
  AllowMemberEntryPayload,
  CreateRoleInput,
  CreateRolePayload,
  DeleteRoleInput,
  DeleteRolePayload,
  LeaveTenantInput,
  LeaveTenantPayload,
  ReactivateMemberInput,
  ReactivateMemberPayload,
  RemoveMemberInput,
  RemoveMemberPayload,
  SetMemberRolesInput,
  SetMemberRolesPayload,
  SetOperatorInput,
  SetOperatorPayload,
  SuspendMemberInput,
  SuspendMemberPayload,
  UpdateRoleInput,
  UpdateRolePayload,
} from "./members.graphql.ts";
import type { MembersService } from "./members.service.ts";
import type { RolesService } from "./roles.service.ts";

interface Deps {
  readonly members: MembersService;
  readonly roles: RolesService;
  readonly administration: Pick<AdministrationService, "setOperator">;
}

@Resolver()
export class MembersResolver {
  constructor(private readonly deps: Deps) {}

  @RequiresPermission("members:manage")
  @Reauth()
  @Fails("CONFLICT/LAST_ADMIN", "NOT_FOUND")
  @Mutation(() => SetMemberRolesPayload, {
    description:
      "Sets a member's roles to exactly these, plus MEMBER. Access tokens with the old roles are refused immediately; a refresh issues the " +
      "new ones. Refused for roles that the caller may not give or take, and for the caller's own membership.",
  })
  async setMemberRoles(
    @Arg("input", () => SetMemberRolesInput, { description: "The membership and its roles." })
    { membershipId, roleIds }: SetMemberRolesInput,
    @Ctx() actor: SignedIn,
  ): Promise<SetMemberRolesPayload> {
    return { membership: await this.deps.members.setRoles(actor, membershipId, roleIds) };
  }

  @RequiresPermission("members:manage")
  @Fails("BAD_REQUEST", "CONFLICT/LAST_ADMIN", "CONFLICT/LAST_OPERATOR", "NOT_FOUND")
  @Mutation(() => SuspendMemberPayload, {
    description:
      "Suspends a membership: its access tokens and sockets end immediately, the user's other memberships are not affected. Refused for the " +
      "caller's own membership, for an admin's if the caller may not manage admins, and for the last operator.",
  })
  async suspendMember(
    @Arg("input", () => SuspendMemberInput, { description: "The membership." }) { membershipId }: SuspendMemberInput,
    @Ctx() actor: SignedIn,
  ): Promise<SuspendMemberPayload> {
    return { membership: await this.deps.members.suspend(actor, membershipId) };
  }

  @RequiresPermission("members:manage")
  @Fails("BAD_REQUEST", "NOT_FOUND")
  @Mutation(() => ReactivateMemberPayload, {
    description: "Reactivates a membership. Refused as for `suspendMember`.",
  })
  async reactivateMember(
    @Arg("input", () => ReactivateMemberInput, { description: "The membership." })
    { membershipId }: ReactivateMemberInput,
    @Ctx() actor: SignedIn,
  ): Promise<ReactivateMemberPayload> {
    return { membership: await this.deps.members.reactivate(actor, membershipId) };
  }

  @RequiresPermission("members:manage")
  @Reauth()
  @Fails("BAD_REQUEST", "NOT_FOUND")
  @Mutation(() => AllowMemberEntryPayload, {
    description:
      "Admits a member whose second factors were reset. Otherwise a tenant that is not the member's home refuses them for 72 hours after the reset " +
      "(`Membership.entryBlockedUntil`), because an attacker who took over the account could use it to get access. Contact the member over another channel " +
      "first. Refused as for `suspendMember`.",
  })
  async allowMemberEntry(
    @Arg("input", () => AllowMemberEntryInput, { description: "The membership." })
    { membershipId }: AllowMemberEntryInput,
    @Ctx() actor: SignedIn,
  ): Promise<AllowMemberEntryPayload> {
    return { membership: await this.deps.members.allowEntry(actor, membershipId) };
  }

  @RequiresPermission("members:manage")
  @Fails("BAD_REQUEST", "CONFLICT/LAST_ADMIN", "CONFLICT/LAST_OPERATOR", "NOT_FOUND")
  @Mutation(() => RemoveMemberPayload, {
    description:
      "Removes a user from the tenant: the membership's access tokens and sockets end immediately, and the user is notified by mail. Refused as " +
      "for `suspendMember`.",
  })
  async removeMember(
    @Arg("input", () => RemoveMemberInput, { description: "The membership." }) { membershipId }: RemoveMemberInput,
    @Ctx() actor: SignedIn,
  ): Promise<RemoveMemberPayload> {
    return { deletedMembershipId: (await this.deps.members.remove(actor, membershipId)).id };
  }

  @Fails("CONFLICT/LAST_ADMIN", "CONFLICT/LAST_OPERATOR", "NOT_FOUND")
  @Mutation(() => LeaveTenantPayload, {
    description:
      "Ends the caller's own membership in a tenant. Refused for its last admin, and for the last operator if it is their only membership.",
  })
  async leaveTenant(
    @Arg("input", () => LeaveTenantInput, { description: "The tenant." }) { tenantId }: LeaveTenantInput,
    @Ctx() actor: SignedIn,
  ): Promise<LeaveTenantPayload> {
    return { deletedMembershipId: (await this.deps.members.leave(actor, tenantId)).id };
  }

  @RequiresPermission("roles:manage")
  @Reauth()
  @Fails("CONFLICT", "CONFLICT/ROLE_NAME_TAKEN")
  @Mutation(() => CreateRolePayload, {
    description:
      "Creates a role of the tenant, with permissions that the caller holds. A tenant has at most 100 roles.",
  })
  async createRole(
    @Arg("input", () => CreateRoleInput, { description: "The role." }) input: CreateRoleInput,
    @Ctx() actor: SignedIn,
  ): Promise<CreateRolePayload> {
    return { role: await this.deps.roles.create(actor, input) };
  }

  @RequiresPermission("roles:manage")
  @Reauth()
  @Fails("BAD_REQUEST", "CONFLICT/ROLE_NAME_TAKEN", "NOT_FOUND")
  @Mutation(() => UpdateRolePayload, {
    description:
      "Changes a role. Access tokens of its holders are refused immediately if its name or permissions change. " +
      "Refused for MEMBER and ADMIN, and for permissions that the caller does not hold.",
  })
  async updateRole(
    @Arg("input", () => UpdateRoleInput, { description: "The role and its changes." })
    { roleId, ...changes }: UpdateRoleInput,
    @Ctx() actor: SignedIn,
  ): Promise<UpdateRolePayload> {
    return { role: await this.deps.roles.update(actor, roleId, changes) };
  }

  @RequiresPermission("roles:manage")
  @Reauth()
  @Fails("BAD_REQUEST", "NOT_FOUND")
  @Mutation(() => DeleteRolePayload, {
    description:
      "Deletes a role; its holders keep their other roles. Refused for MEMBER and ADMIN, and for a role with permissions that the " +
      "caller does not hold.",
  })
  async deleteRole(
    @Arg("input", () => DeleteRoleInput, { description: "The role." }) { roleId }: DeleteRoleInput,
    @Ctx() actor: SignedIn,
  ): Promise<DeleteRolePayload> {
    return { deletedRoleId: (await this.deps.roles.delete(actor, roleId)).id };
  }

  @RequiresOperator()
  @Reauth()
  @Fails("CONFLICT", "CONFLICT/LAST_OPERATOR", "NOT_FOUND")
  @Mutation(() => SetOperatorPayload, {
    description:
      "Makes a user an operator of the installation, or ends that status. The sessions of a new operator end, because operators need a " +
      "second factor. Refused for the last operator, and for a user who is not active.",
  })
  async setOperator(
    @Arg("input", () => SetOperatorInput, { description: "The user." }) { userId, isOperator }: SetOperatorInput,
    @Ctx() actor: SignedIn,
  ): Promise<SetOperatorPayload> {
    return { user: await this.deps.administration.setOperator(actor, userId, isOperator) };
  }
}
