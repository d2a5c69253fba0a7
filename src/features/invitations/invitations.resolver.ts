import { Arg, Args, Ctx, FieldResolver, Mutation, Query, Resolver, Root } from "type-graphql";
import { nameDevice } from "#features/devices/index";
import { LoginResult, toLoginResult } from "#features/login/index";
import { MAX_ROLES_OF_MEMBER, type RoleRow, RoleType } from "#features/memberships/index";
import type { TenantsService } from "#features/tenants/index";
import { type User, type UsersService, UserType, validateUsername } from "#features/users/index";
import { CredentialMutation, Public, RateLimit, RequiresPermission } from "#platform/schema/access";
import { AtMost } from "#platform/schema/bounds";
import { type Connection, PageArgs, toConnection } from "#platform/schema/connection";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import { canView } from "#shared/access-policy";
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
import { MAX_PENDING_INVITATIONS } from "./invitations.policy.ts";
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
    description: "The invitations of the tenant, newest first; operators see those of all tenants.",
  })
  async invitations(
    @Arg("filter", () => InvitationFilter, {
      defaultValue: {},
      description: "The invitations to list. If absent, all.",
    })
    filter: InvitationFilter,
    @Args(() => PageArgs) page: PageArgs,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Connection<Invitation>> {
    return toConnection(await this.deps.invitationLists.list(viewer, filter, page));
  }

  @RequiresPermission("invitations:manage")
  // Each call sends a mail to a person who may not have asked for it.
  @RateLimit({ limit: 10, window: 3600, per: ["IDENTIFIER"] })
  @Fails("NOT_FOUND", "REAUTHENTICATION_REQUIRED")
  @Mutation(() => InviteUserPayload, {
    description:
      "Invites an address to the caller's tenant, with a link that is valid for 7 days. Inviting the same address again replaces name, roles and " +
      "link. The response is the same whether or not the address has a user; a user logs in and accepts with `acceptMembership`. " +
      "The invitation becomes void if the inviter loses the right to invite. A tenant can invite and decide on registrations 100 times a day. " +
      "Granting roles beyond MEMBER requires a step-up, and the right to grant them.",
  })
  async inviteUser(
    @Arg("input", () => InviteUserInput, { description: "The address, and the roles." }) input: InviteUserInput,
    @Ctx() actor: SignedIn,
  ): Promise<InviteUserPayload> {
    return { invitation: await this.deps.invitations.invite(actor, input) };
  }

  @RequiresPermission("invitations:manage")
  @Fails("CONFLICT", "NOT_FOUND")
  @Mutation(() => RevokeInvitationPayload, {
    description:
      "Revokes an invitation: its link stops working. Refused if it was accepted, and for an invitation that grants OPERATOR unless the caller is an operator.",
  })
  async revokeInvitation(
    @Arg("input", () => RevokeInvitationInput, { description: "The invitation." })
    { invitationId }: RevokeInvitationInput,
    @Ctx() actor: SignedIn,
  ): Promise<RevokeInvitationPayload> {
    return { invitation: await this.deps.invitations.revoke(actor, invitationId) };
  }

  @Public()
  @CredentialMutation()
  @Fails("BAD_REQUEST/WEAK_PASSWORD", "CONFLICT/USERNAME_TAKEN", "INVALID_TOKEN", "RATE_LIMITED")
  @Mutation(() => LoginResult, {
    description:
      "Accepts an invitation with the mailed link: sets the password, verifies the address and logs in. Returns LoginSuccess, or " +
      "EnrolmentRequired if the new user needs a second factor.",
  })
  async acceptInvitation(
    @Arg("input", () => AcceptInvitationInput, {
      description: "The link's token, and the password and profile of the new user.",
    })
    { deviceName, ...acceptance }: AcceptInvitationInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    const { username } = acceptance;
    const faults = username == null ? [] : validateUsername(username, "input.username");
    const client = nameDevice(context.client, deviceName, faults);
    return toLoginResult(await this.deps.invitationAcceptance.accept(acceptance, client), context);
  }

  @AtMost(MAX_PENDING_INVITATIONS)
  @Query(() => [InvitationType], {
    description: "The invitations of the caller's address that can be accepted with `acceptMembership`, newest first.",
  })
  membershipInvitations(@Ctx() { viewer }: SignedIn): Promise<Invitation[]> {
    return this.deps.invitations.withStatuses(this.deps.membershipAcceptance.list(viewer));
  }

  @Fails("CONFLICT", "NOT_FOUND")
  @Mutation(() => AcceptMembershipPayload, {
    description:
      "Makes the caller a member of the tenant that invited their address. An invitation of another address, and one that is revoked, " +
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
      "Declines an invitation of the caller's address. It can no longer be accepted, and admins with `invitations:manage` see that it was declined. They " +
      "may invite again. An invitation is not found in the same cases as for `acceptMembership`.",
  })
  async declineMembership(
    @Arg("input", () => DeclineMembershipInput, { description: "The invitation." })
    { invitationId }: DeclineMembershipInput,
    @Ctx() { viewer }: SignedIn,
  ): Promise<DeclineMembershipPayload> {
    const { invitations, membershipAcceptance } = this.deps;
    return { invitation: invitations.withStatus(await membershipAcceptance.decline(viewer, invitationId)) };
  }

  @AtMost(MAX_ROLES_OF_MEMBER)
  @FieldResolver(() => [RoleType], { description: "The roles that the new member receives; always includes MEMBER." })
  async roles(@Root() invitation: Invitation, @Ctx() { loaders }: RequestContext): Promise<readonly RoleRow[]> {
    return (await loaders.of(this.deps.invitations.rolesOf).load(invitation)) ?? [];
  }

  @FieldResolver(() => String, { description: "The name of the inviting tenant." })
  async tenantName(@Root() { tenantId }: Invitation, @Ctx() { loaders }: RequestContext): Promise<string> {
    return (await loaders.of(this.deps.tenants.byIds).load(tenantId))?.name ?? "";
  }

  @FieldResolver(() => UserType, {
    nullable: true,
    description: "The inviter; null if that user is deleted or an operator of another tenant.",
  })
  async invitedBy(@Root() { invitedBy }: Invitation, @Ctx() { loaders, viewer }: SignedIn): Promise<User | null> {
    const inviter = invitedBy && (await loaders.of(this.deps.users.byIds).load(invitedBy));
    return inviter && canView(viewer, { userId: inviter.id, tenantId: inviter.tenantId }, "users:read")
      ? inviter
      : null;
  }
}
