import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { ChallengesService } from "#features/challenges/index";
import { asObserved } from "#features/devices/index";
import { ProvesCredential, Public } from "#platform/schema/access";
import type { RequestContext } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import type { LoginDenial } from "../denial/login-denial.ts";
import { LoginResult } from "../flow/login.graphql.ts";
import { LOGIN_ERRORS } from "../flow/login-errors.ts";
import { toLoginResult } from "../flow/login-result.ts";
import {
  CheckPendingLoginInput,
  CheckPendingLoginPayload,
  ConfirmLoginInput,
  ConfirmLoginPayload,
  DenyLoginInput,
  DenyLoginPayload,
  ResumeLoginInput,
} from "./confirmation.graphql.ts";
import type { ConfirmationService } from "./confirmation.service.ts";

/** Logins that their user confirms by mail. */
@Resolver()
export class ConfirmationResolver {
  constructor(
    private readonly deps: { confirmations: ConfirmationService; denial: LoginDenial; challenges: ChallengesService },
  ) {}

  @Public()
  @ProvesCredential()
  @Fails("INVALID_TOKEN")
  @Mutation(() => CheckPendingLoginPayload, {
    description:
      "Returns the state of an unfinished login, for clients that cannot follow `loginProgressed`: call it every few seconds. It changes " +
      "nothing: it is a mutation because a secret has no place in a query.",
  })
  async checkPendingLogin(
    @Arg("input", () => CheckPendingLoginInput, { description: "Which login." }) { challenge }: CheckPendingLoginInput,
  ): Promise<CheckPendingLoginPayload> {
    return { pendingLogin: await this.deps.challenges.status(challenge) };
  }

  @Public()
  @ProvesCredential()
  @Fails("INVALID_CODE", "INVALID_TOKEN")
  @Mutation(() => ConfirmLoginPayload, {
    description:
      "'Yes, it was me', from the link in the mail *new-login-confirmation*, with the number that the waiting client shows: that client may call " +
      "`resumeLogin`. Call it only when the user presses a button, never because a link was opened: mail scanners open links. Another " +
      "number ends the login and uses up the link; an input that is not two digits uses nothing up.",
  })
  async confirmLogin(
    @Arg("input", () => ConfirmLoginInput, { description: "What the user answers." }) input: ConfirmLoginInput,
    @Ctx() context: RequestContext,
  ): Promise<ConfirmLoginPayload> {
    const { client, recognised } = await this.deps.confirmations.confirm(input, context.client);
    // The name that the waiting client gave its device may be an intruder's: the page shows what the server saw.
    return { device: { ...asObserved(client.device), deviceId: recognised.id }, location: client.location };
  }

  @Public()
  @ProvesCredential()
  @Fails("INVALID_TOKEN")
  @Mutation(() => DenyLoginPayload, {
    description:
      "'No, that was not me', from the link in the mails *new-login-confirmation* (before a login succeeds), *new-device* and *session-claimed* (for 72 " +
      "hours after it): an unfinished login ends, all sessions end, all known devices are forgotten, the password must be reset by a link that is mailed, " +
      "an account at a provider by which the login began is unlinked, and the address is suspicious for the tenant. Call it only when the user presses " +
      "a button.",
  })
  denyLogin(
    @Arg("input", () => DenyLoginInput, { description: "What the user answers." }) { token }: DenyLoginInput,
    @Ctx() { client }: RequestContext,
  ): Promise<DenyLoginPayload> {
    return this.deps.denial.deny(token, client);
  }

  @Public()
  @ProvesCredential()
  @Fails(...LOGIN_ERRORS, "BAD_REQUEST", "FORBIDDEN/LOGIN_DENIED", "INVALID_TOKEN/CHALLENGE_EXPIRED")
  @Mutation(() => LoginResult, {
    description:
      "Collects the session of a login that was confirmed, in the client that began it. LoginConfirmationRequired again, with the same number, while it waits.",
  })
  async resumeLogin(
    @Arg("input", () => ResumeLoginInput, { description: "Which login." }) { challenge }: ResumeLoginInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    return toLoginResult(await this.deps.confirmations.resume(challenge, context.client), context);
  }
}
