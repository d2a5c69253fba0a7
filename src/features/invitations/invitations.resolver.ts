import { Arg, Ctx, FieldResolver, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import { nameDevice } from "#features/devices/index";
import { LoginResult, toLoginResult } from "#features/login/index";
import { type User, type UsersService, UserType } from "#features/users/index";
import { ProvesCredential, Public, RateLimit, RequiresRole } from "#platform/schema/access";
import { type Connection, toConnection } from "#platform/schema/connection";
import type { RequestContext, SignedIn } from "#platform/schema/context";
import { maySee } from "#shared/visibility";
import type { InvitationAcceptance } from "./invitation-acceptance.ts";
import {
  AcceptInvitationInput,
  InvitationConnection,
  InvitationStatusEnum,
  InvitationType,
  InviteUserInput,
  InviteUserPayload,
  RevokeInvitationInput,
  RevokeInvitationPayload,
} from "./invitations.graphql.ts";
import type { InvitationStatus } from "./invitations.policy.ts";
import type { Invitation, InvitationsService } from "./invitations.service.ts";

interface InvitationServices {
  readonly invitations: InvitationsService;
  readonly invitationAcceptance: InvitationAcceptance;
  readonly users: UsersService;
}

@Resolver(() => InvitationType)
export class InvitationsResolver {
  constructor(private readonly deps: InvitationServices) {}

  @RequiresRole("ADMIN")
  @Query(() => InvitationConnection, {
    description: "The invitations of the tenant, newest first; operators see every tenant's.",
  })
  async invitations(
    @Arg("status", () => InvitationStatusEnum, { nullable: true, description: "Which ones; absent: all." })
    status: InvitationStatus | null | undefined,
    @Arg("first", () => Int, { defaultValue: 50, description: "How many at most: 1 to 100." }) first: number,
    @Arg("after", () => String, { nullable: true, description: "The `endCursor` of the page before." })
    after: string | null | undefined,
    @Ctx() { viewer }: SignedIn,
  ): Promise<Connection<Invitation>> {
    return toConnection(await this.deps.invitations.list(viewer, status, { first, after }));
  }

  @RequiresRole("ADMIN")
  // Each call sends a mail to somebody who may not have asked for it.
  @RateLimit({ limit: 10, window: 3600, per: ["IDENTIFIER"] })
  @Mutation(() => InviteUserPayload, {
    description:
      "Invites somebody into the own tenant, by a link that is good for 7 days. Inviting the same address again replaces name, roles and " +
      "link. The answer is the same whether or not the address has a user; a user is told by mail, and cannot join a second company yet. " +
      "The invitation is void once the inviter may no longer invite. A tenant invites and decides on registrations 100 times a day. " +
      "REAUTHENTICATION_REQUIRED if roles beyond USER are given on a session that has proved nothing lately, " +
      "FORBIDDEN/INSUFFICIENT_ROLE for roles that the caller may not give.",
  })
  async inviteUser(
    @Arg("input", () => InviteUserInput, { description: "Whom, and as what." }) input: InviteUserInput,
    @Ctx() actor: SignedIn,
  ): Promise<InviteUserPayload> {
    return { invitation: await this.deps.invitations.invite(actor, input) };
  }

  @RequiresRole("ADMIN")
  @Mutation(() => RevokeInvitationPayload, {
    description:
      "Revokes an invitation: its link stops working. NOT_FOUND, CONFLICT if it is accepted, FORBIDDEN/INSUFFICIENT_ROLE for an operator's.",
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
  @Mutation(() => LoginResult, {
    description:
      "Accepts an invitation by the link of its mail: sets the password, proves the address and logs in. LoginSuccess, or " +
      "EnrolmentRequired if the new user needs a second factor. INVALID_TOKEN, CONFLICT/USERNAME_TAKEN, BAD_REQUEST/WEAK_PASSWORD.",
  })
  async acceptInvitation(
    @Arg("input", () => AcceptInvitationInput, { description: "The link's token, and what the user chooses." })
    { deviceName, ...acceptance }: AcceptInvitationInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    const client = nameDevice(context.client, deviceName);
    return toLoginResult(await this.deps.invitationAcceptance.accept(acceptance, client), context);
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
