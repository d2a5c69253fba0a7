import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import { ProvesCredential, Public, RateLimit, RequiresRole } from "../../platform/schema/access.ts";
import type { RequestContext, SignedIn } from "../../platform/schema/context.ts";
import { nameDevice } from "../devices/index.ts";
import { deliverGrant, LoginResult } from "../login/index.ts";
import { UserPayload } from "../users/index.ts";
import type { InvitationAcceptance } from "./invitation-acceptance.ts";
import { AcceptInvitationInput, InviteUserInput } from "./invitations.graphql.ts";
import type { InvitationsService } from "./invitations.service.ts";

@Resolver()
export class InvitationsResolver {
  readonly #invitations: InvitationsService;
  readonly #acceptance: InvitationAcceptance;

  constructor({
    invitations,
    invitationAcceptance,
  }: {
    invitations: InvitationsService;
    invitationAcceptance: InvitationAcceptance;
  }) {
    this.#invitations = invitations;
    this.#acceptance = invitationAcceptance;
  }

  @RequiresRole("ADMIN")
  // Each call sends a mail to somebody who may not have asked for it.
  @RateLimit({ limit: 10, window: 3600, per: ["IDENTIFIER"] })
  @Mutation(() => UserPayload, {
    description:
      "Invites somebody into the own tenant, by a link that is good for 7 days. Inviting the same address again replaces name, roles and " +
      "link. CONFLICT/EMAIL_TAKEN where somebody has proved the address; where somebody waits for that elsewhere, the answer is the " +
      "user as the link will make it, known to nothing before. A tenant invites and decides on registrations 100 times a day. REAUTHENTICATION_REQUIRED where roles beyond USER are " +
      "given on a session that has proved nothing lately.",
  })
  async inviteUser(
    @Arg("input", () => InviteUserInput, { description: "Whom, and as what." }) input: InviteUserInput,
    @Ctx() actor: SignedIn,
  ): Promise<UserPayload> {
    return { user: await this.#invitations.invite(actor, input) };
  }

  @Public()
  @ProvesCredential()
  @Mutation(() => LoginResult, {
    description:
      "Accepts an invitation by the link of its mail: sets the password, proves the address and logs in; the answer is always a " +
      "LoginSuccess. INVALID_TOKEN, CONFLICT/USERNAME_TAKEN, BAD_REQUEST/WEAK_PASSWORD.",
  })
  async acceptInvitation(
    @Arg("input", () => AcceptInvitationInput, { description: "The link's token, and what the user chooses." })
    { deviceName, ...acceptance }: AcceptInvitationInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    const client = nameDevice(context.client, deviceName);
    return deliverGrant(await this.#acceptance.accept(acceptance, client), context);
  }
}
