import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import { nameDevice } from "#features/devices/index";
import { LoginResult, toLoginResult } from "#features/login/index";
import { MOST_ROLES_OF_MEMBER, type RoleRow, RoleType } from "#features/memberships/index";
import type { TenantsService } from "#features/tenants/index";
import { type User, type UsersService, UserType, usernameFaults } from "#features/users/index";
import { ProvesCredential, Public, RateLimit, RequiresPermission } from "#platform/schema/access";
import { AtMost } from "#platform/schema/bounds";
import { type Connection, PageArgs, toConnection } from "#platform/schema/connection";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import { maySee } from "#shared/visibility";
import type { InvitationAcceptance } from "./invitation-acceptance.ts";
import type { InvitationLists } from "./invitation-lists.ts";
import {
  AcceptInvitationInput,
  AcceptMembershipInput,
  AcceptMembershipPayload,
  DeclineMembershipInput,
  DeclineMembershipPayload,
  InvitationConnection,
  InvitationFilter,
  InvitationType,
  InviteUserInput,
  InviteUserPayload,
  RevokeInvitationInput,
  RevokeInvitationPayload,
} from "./invitations.graphql.ts";
import { MOST_PENDING } from "./invitations.policy.ts";
import type { Invitation, InvitationsService } from "./invitations.service.ts";
import type { MembershipAcceptance } from "./membership-acceptance.ts";

interface InvitationServices {
  readonly invitations: InvitationsService;
  readonly invitationLists: InvitationLists;
  readonly invitationAcceptance: InvitationAcceptance;
  readonly membershipAcceptance: MembershipAcceptance;
  readonly tenants: TenantsService;
  readonly users: UsersService;
}

@Resolver(() => InvitationType)
export class InvitationsResolver {
  constructor(private readonly deps: InvitationServices) {}

  @RequiresPermission("invitations:manage")
  @Query(() => InvitationConnection, {
    description: "The invitations of the tenant, newest first; operators see every tenant's.",
  })
  async invitations(
    @Arg("filter", () => InvitationFilter, { defaultValue: {}, description: "Which ones; absent: all." })
    filter: InvitationFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Connection<Invitation>> {
    return toConnection(await this.deps.invitationLists.list(viewer, filter, page));
  }

  @RequiresPermission("invitations:manage")
  // Each call sends a mail to somebody who may not have asked for it.
  @RateLimit({ limit: 10, window: 3600, per: ["IDENTIFIER"] })
  @Fails("NOT_FOUND", "REAUTHENTICATION_REQUIRED")
  @Mutation(() => InviteUserPayload, {
    description:
      "Invites an address to the caller's tenant, by a link that is good for 7 days. Inviting the same address again replaces name, roles and " +
      "link. The answer is the same whether or not the address has a user; a user logs in and accepts with `acceptMembership`. " +
      "The invitation is void once the inviter may no longer invite. A tenant invites and decides on registrations 100 times a day. " +
      "Giving roles beyond MEMBER takes a step-up, and the right to give them.",
  })
  async inviteUser(
    @Arg("input", () => InviteUserInput, { description: "Whom, and as what." }) input: InviteUserInput,
    @Ctx() actor: SignedIn,
  ): Promise<InviteUserPayload> {
    return { invitation: await this.deps.invitations.invite(actor, input) };
  }

  @RequiresPermission("invitations:manage")
  @Fails("CONFLICT", "NOT_FOUND")
  @Mutation(() => RevokeInvitationPayload, {
    description:
      "Revokes an invitation: its link stops working. Refused if it is accepted, and for an operator's unless the caller is one.",
  })
  async revokeInvitation(
    @Arg("input", () => RevokeInvitationInput, { description: "Which invitation." })
    { invitationId }: RevokeInvitationInput,
    @Ctx() actor: SignedIn,
  ): Promise<RevokeInvitationPayload> {
    return { invitation: await this.deps.invitations.revoke(actor, invitationId) };
  }

  @Public()
  @ProvesCredential()
  @Fails("BAD_REQUEST/WEAK_PASSWORD", "CONFLICT/USERNAME_TAKEN", "INVALID_TOKEN", "RATE_LIMITED")
  @Mutation(() => LoginResult, {
    description:
      "Accepts an invitation by the link of its mail: sets the password, proves the address and logs in. LoginSuccess, or " +
      "EnrolmentRequired if the new user needs a second factor.",
  })
  async acceptInvitation(
    @Arg("input", () => AcceptInvitationInput, { description: "The link's token, and what the user chooses." })
    { deviceName, ...acceptance }: AcceptInvitationInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    const { username } = acceptance;
    const faults = username == null ? [] : usernameFaults(username, "input.username");
    const client = nameDevice(context.client, deviceName, faults);
    return toLoginResult(await this.deps.invitationAcceptance.accept(acceptance, client), context);
  }

  @AtMost(MOST_PENDING)
  @Query(() => [InvitationType], {
    description: "The invitations of the caller's address that `acceptMembership` accepts now, newest first.",
  })
  membershipInvitations(@Ctx() { viewer }: SignedIn): Promise<Invitation[]> {
    return this.deps.invitations.withStatuses(this.deps.membershipAcceptance.list(viewer));
  }

  @Fails("CONFLICT", "NOT_FOUND")
  @Mutation(() => AcceptMembershipPayload, {
    description:
      "Makes the caller a member of the tenant that invited their address. An invitation of another address, or one that is revoked, " +
      "expired, void or accepted, is not found.",
  })
  async acceptMembership(
    @Arg("input", () => AcceptMembershipInput, { description: "The invitation." })
    { invitationId }: AcceptMembershipInput,
    @Ctx() actor: SignedIn,
  ): Promise<AcceptMembershipPayload> {
    return { membership: await this.deps.membershipAcceptance.accept(actor, invitationId) };
  }

  @Fails("NOT_FOUND")
  @Mutation(() => DeclineMembershipPayload, {
    description:
      "Declines an invitation of the caller's address: nothing can accept it any more, and the admins who invite see that it was declined. They " +
      "may invite again. Not found, as for `acceptMembership`.",
  })
  async declineMembership(
    @Arg("input", () => DeclineMembershipInput, { description: "The invitation." })
    { invitationId }: DeclineMembershipInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<DeclineMembershipPayload> {
    const { invitations, membershipAcceptance } = this.deps;
    return { invitation: invitations.withStatus(await membershipAcceptance.decline(viewer, invitationId)) };
  }

  @AtMost(MOST_ROLES_OF_MEMBER)
  @FieldResolver(() => [RoleType], { description: "The roles that the new member gets; MEMBER is always among them." })
  async roles(@Root() invitation: Invitation, @Ctx() { loaders }: RequestContext): Promise<readonly RoleRow[]> {
    return (await loaders.of(this.deps.invitations.rolesOf).load(invitation)) ?? [];
  }

  @FieldResolver(() => String, { description: "The name of the company that invites." })
  async tenantName(@Root() { tenantId }: Invitation, @Ctx() { loaders }: RequestContext): Promise<string> {
    return (await loaders.of(this.deps.tenants.byIds).load(tenantId))?.name ?? "";
  }

  @FieldResolver(() => UserType, {
    nullable: true,
    description: "Who invited; null if that user is deleted or an operator of another tenant.",
  })
  async invitedBy(@Root() { invitedBy }: Invitation, @Ctx() { loaders, viewer }: SignedIn): Promise<User | null> {
    const inviter = invitedBy && (await loaders.of(this.deps.users.byIds).load(invitedBy));
    return inviter && maySee(viewer, { userId: inviter.id, tenantId: inviter.tenantId }, "users:read") ? inviter : null;
  }
}
