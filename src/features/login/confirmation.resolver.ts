import { Arg, Ctx, Mutation, Query, Resolver } from "type-graphql";
import { ProvesCredential, Public } from "../../platform/schema/access.ts";
import type { RequestContext } from "../../platform/schema/context.ts";
import type { ChallengesService } from "../challenges/index.ts";
import { asObserved } from "../devices/index.ts";
import { ConfirmLoginPayload, DenyLoginPayload, PendingLoginType } from "./confirmation.graphql.ts";
import type { ConfirmationService } from "./confirmation.service.ts";
import { toLoginResult } from "./grant-delivery.ts";
import { LoginResult } from "./login.graphql.ts";

/** Logins that their user confirms by mail. */
@Resolver()
export class ConfirmationResolver {
  readonly #confirmations: ConfirmationService;
  readonly #challenges: ChallengesService;

  constructor(deps: { confirmations: ConfirmationService; challenges: ChallengesService }) {
    this.#confirmations = deps.confirmations;
    this.#challenges = deps.challenges;
  }

  @Public()
  @Query(() => PendingLoginType, {
    description:
      "Where an unfinished login stands: a page that waits asks every few seconds. INVALID_TOKEN for what is no challenge.",
  })
  pendingLogin(
    @Arg("challenge", () => String, { description: "The challenge that `login` answered." }) challenge: string,
  ): Promise<PendingLoginType> {
    return this.#challenges.status(challenge);
  }

  @Public()
  @ProvesCredential()
  @Mutation(() => ConfirmLoginPayload, {
    description:
      "'Yes, it was me', from the link in the mail: the device that waits is trusted and may call `resumeLogin`. Never to be called by opening " +
      "a link alone: scanners do. INVALID_TOKEN where the link is used or expired.",
  })
  async confirmLogin(
    @Arg("token", () => String, { description: "The `token` in the link's address." }) token: string,
    @Ctx() context: RequestContext,
  ): Promise<ConfirmLoginPayload> {
    const { client, recognised } = await this.#confirmations.confirm(token, context.client);
    // The name that the waiting client gave its device may be an intruder's: the page shows what the server saw.
    return { device: { ...asObserved(client.device), deviceId: recognised.id }, location: client.location };
  }

  @Public()
  @ProvesCredential()
  @Mutation(() => DenyLoginPayload, {
    description:
      "'No', from the link in the mail: the login is dead, all sessions end, and the password must be reset by a link that is mailed; an account at a " +
      "provider by which the login began is unlinked. INVALID_TOKEN where the link is used or expired.",
  })
  denyLogin(
    @Arg("token", () => String, { description: "The `token` in the link's address." }) token: string,
    @Ctx() { client }: RequestContext,
  ): Promise<DenyLoginPayload> {
    return this.#confirmations.deny(token, client);
  }

  @Public()
  @ProvesCredential()
  @Mutation(() => LoginResult, {
    description:
      "Collects the session of a login that was confirmed, in the client that began it. LoginConfirmationRequired again while it waits; " +
      "FORBIDDEN/LOGIN_DENIED, INVALID_TOKEN/CHALLENGE_EXPIRED where it is over.",
  })
  async resumeLogin(
    @Arg("challenge", () => String, { description: "LoginConfirmationRequired.challenge." }) challenge: string,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    return toLoginResult(await this.#confirmations.resume(challenge, context.client), context);
  }
}
