import { Arg, Ctx, Mutation, Resolver } from "type-graphql";
import type { ChallengesService } from "#features/challenges/index";
import { asObserved } from "#features/devices/index";
import { CredentialMutation, Public } from "#platform/schema/access";
import type { RequestContext } from "#platform/schema/context";
import { Fails } from "#platform/schema/errors";
import type { LoginDenial } from "../denial/login-denial.ts";
import { LoginResult } from "../flow/login.graphql.ts";
import { LOGIN_ERRORS } from "../flow/login-errors.ts";
import { toLoginResult } from "../flow/login-result.ts";
import {
  CheckLoginLinkInput,
  CheckLoginLinkPayload,
  CheckPendingLoginInput,
  CheckPendingLoginPayload,
  ConfirmLoginInput,
  ConfirmLoginPayload,
  DenyLoginInput,
  DenyLoginPayload,
  ResumeLoginInput,
} from "./confirmation.graphql.ts";
import type { ConfirmationService } from "./confirmation.service.ts";

/** Logins that their user confirms or denies by mail. */
@Resolver()
export class ConfirmationResolver {
  constructor(
    private readonly deps: { confirmations: ConfirmationService; denial: LoginDenial; challenges: ChallengesService },
  ) {}

  @Public()
  @CredentialMutation()
  @Fails("INVALID_TOKEN")
  @Mutation(() => CheckPendingLoginPayload, {
    description:
      "Returns the state of an unfinished login, for clients that cannot subscribe to `loginProgressed`. Call it every few seconds. It changes " +
      "nothing; it is a mutation because a secret must not appear in a query.",
  })
  async checkPendingLogin(
    @Arg("input", () => CheckPendingLoginInput, { description: "The login." }) { challenge }: CheckPendingLoginInput,
  ): Promise<CheckPendingLoginPayload> {
    return { pendingLogin: await this.deps.challenges.status(challenge) };
  }

  @Public()
  @CredentialMutation()
  @Fails()
  @Mutation(() => CheckLoginLinkPayload, {
    description:
      "Returns the login that a link in the mail *new-login-confirmation* is about, so that its page can show the device, the place and the time before " +
      "the user answers. It changes nothing; it is a mutation because a secret must not appear in a query.",
  })
  async checkLoginLink(
    @Arg("input", () => CheckLoginLinkInput, { description: "The link." }) { token }: CheckLoginLinkInput,
  ): Promise<CheckLoginLinkPayload> {
    const waiting = await this.deps.confirmations.findWaiting(token);
    if (waiting === null) return { login: null };
    const { client, createdAt, expiresAt } = waiting;
    const { ipAddress, location } = client;
    return { login: { device: asObserved(client.device).label, ipAddress, location, startedAt: createdAt, expiresAt } };
  }

  @Public()
  @CredentialMutation()
  @Fails("INVALID_CODE", "INVALID_TOKEN")
  @Mutation(() => ConfirmLoginPayload, {
    description:
      "'Yes, it was me', from the link in the mail *new-login-confirmation*, with the number that the waiting client shows. That client may then call " +
      "`resumeLogin`. Call it only when the user presses a button, never because a link was opened, as mail scanners open links. Another " +
      "number ends the login and consumes the link. An input that is not two digits consumes nothing.",
  })
  async confirmLogin(
    @Arg("input", () => ConfirmLoginInput, { description: "The user's answer." }) input: ConfirmLoginInput,
    @Ctx() context: RequestContext,
  ): Promise<ConfirmLoginPayload> {
    const { client, recognised } = await this.deps.confirmations.confirm(input, context.client);
    // The device name given by the waiting client may be an attacker's, so the page shows what the server observed.
    return { device: { ...asObserved(client.device), deviceId: recognised.id }, location: client.location };
  }

  @Public()
  @CredentialMutation()
  @Fails("INVALID_TOKEN")
  @Mutation(() => DenyLoginPayload, {
    description:
      "'No, that was not me', from the link in the mails *new-login-confirmation* (before a login succeeds), *new-device* and *session-claimed* (for 72 " +
      "hours after it). An unfinished login is ended, all sessions are ended, all known devices are deleted, the password must be reset with a mailed link, " +
      "a provider account used for the login is unlinked, and the network of its IP address becomes suspicious for the tenant. Call it only when the user presses " +
      "a button.",
  })
  denyLogin(
    @Arg("input", () => DenyLoginInput, { description: "The user's answer." }) { token }: DenyLoginInput,
    @Ctx() { client }: RequestContext,
  ): Promise<DenyLoginPayload> {
    return this.deps.denial.deny(token, client);
  }

  @Public()
  @CredentialMutation()
  @Fails(...LOGIN_ERRORS, "BAD_REQUEST", "FORBIDDEN/LOGIN_DENIED", "INVALID_TOKEN/CHALLENGE_EXPIRED")
  @Mutation(() => LoginResult, {
    description:
      "Opens the session of a confirmed login, in the client that started it. While the login waits, returns LoginConfirmationRequired again, with the same number.",
  })
  async resumeLogin(
    @Arg("input", () => ResumeLoginInput, { description: "The login." }) { challenge }: ResumeLoginInput,
    @Ctx() context: RequestContext,
  ): Promise<typeof LoginResult> {
    return toLoginResult(await this.deps.confirmations.resume(challenge, context.client), context);
  }
}
