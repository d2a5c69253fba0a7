import type { SecurityLog } from "#features/audit/index";
import { type ChallengesService, challengeExpired, type PendingLogin } from "#features/challenges/index";
import type { Db } from "#platform/database/database";
import type { TransactionEvents } from "#platform/transaction-events";
import type { Client } from "#shared/client";
import { AppError } from "#shared/errors";
import type { Factor } from "#shared/factors";
import type { DeviceId } from "#shared/ids";
import { secondFactorProved } from "../flow/login.events.ts";
import { obstacleTo } from "../flow/login.policy.ts";
import type { LoginCompletion, LoginGrant } from "../flow/login-completion.ts";
import type { LoginStep } from "../flow/login-steps.ts";
import { restsOnSecondFactor } from "../mfa/mfa.policy.ts";
import { type CodeFactor, requireCodeForm } from "./code-forms.ts";
import type { CodeTries } from "./code-tries.ts";
import type { EmailCodesService } from "./email-code/email-codes.service.ts";
import type { PasskeyProof } from "./passkey/passkey-assertions.ts";
import { type CodeProof, codeGiven, codeMailRequested } from "./second-factor.hooks.ts";
import type { Accepted, LoginFactor } from "./second-factor.ts";

export interface SecondFactorDeps {
  readonly db: Db;
  readonly challenges: ChallengesService;
  readonly codes: Readonly<Record<CodeFactor, LoginFactor>>;
  readonly passkeys: LoginFactor<PasskeyProof>;
  readonly emailCodes: Pick<EmailCodesService, "sendForLogin">;
  readonly tries: CodeTries;
  readonly completion: LoginCompletion;
  readonly events: Pick<SecurityLog, "record">;
  readonly hooks: Pick<TransactionEvents, "raise">;
}

/** Finishing a login that waits for a second factor. */
export class SecondFactorService {
  constructor(private readonly deps: SecondFactorDeps) {}

  /** Goes on with a login by a code, also with one that a later feature has begun. Throws as `verifyCode`, and as that feature. */
  async proveCode(factor: CodeFactor, proof: CodeProof, client: Client): Promise<LoginStep> {
    const { db, hooks } = this.deps;
    const steps = await hooks.raise(db, codeGiven, { factor, proof, client });
    return steps.find((step) => step !== null) ?? this.verifyCode(factor, proof, client);
  }

  /** Mails another code, also for a login that a later feature has begun. Throws as `sendEmailCode`. */
  async resendCode(challenge: string, client: Client): Promise<void> {
    const { db, hooks } = this.deps;
    const sent = await hooks.raise(db, codeMailRequested, { challenge, client });
    if (!sent.includes(true)) await this.sendEmailCode(challenge, client);
  }

  /**
   * Finishes a login by a code. Throws BAD_USER_INPUT for what cannot be one, INVALID_TOKEN/CHALLENGE_EXPIRED, BAD_REQUEST where the login wants another factor,
   * INVALID_CODE with `attemptsLeft`, RATE_LIMITED/MFA_LOCKED.
   */
  async verifyCode(
    factor: CodeFactor,
    { challenge, code, trustDevice }: CodeProof,
    client: Client,
  ): Promise<LoginGrant> {
    const { challenges, codes, tries } = this.deps;
    const pending = await this.pending(challenge, factor);
    requireCodeForm(factor, code, "input.code");
    const { id, user } = pending;
    return tries.weigh({ user, factor, client, guesser: guesserOf(pending) }, async () => {
      // It may have died while others had their turn. What is not counted is not weighed: the time would tell of the code.
      await challenges.get(challenge);
      const accepted = await codes[factor].weigh(user, code, { kind: "LOGIN", id });
      const grant = accepted && (await this.#finish(pending, { factor, accepted, trustDevice }, client));
      // A code sent twice at once is no wrong one: the login was finished meanwhile.
      if (grant === null) await challenges.get(challenge);
      return grant;
    });
  }

  /** Finishes a login by a passkey. Throws INVALID_TOKEN/CHALLENGE_EXPIRED, BAD_REQUEST, INVALID_CREDENTIALS. */
  async verifyPasskey(proof: PasskeyProof, client: Client): Promise<LoginGrant> {
    const { passkeys, tries } = this.deps;
    const pending = await this.pending(proof.challenge, "PASSKEY");
    const { id, user } = pending;
    const accepted = await passkeys.weigh(user, proof, { kind: "LOGIN", id });
    const grant =
      accepted && (await this.#finish(pending, { factor: "PASSKEY", accepted, trustDevice: false }, client));
    if (grant) return grant;
    await tries.noteRefusedPasskey(user, client);
    throw new AppError("INVALID_CREDENTIALS", { message: "This passkey does not finish this login." });
  }

  /** Mails another code for a login that wants one. Throws as `verifyCode`, and RATE_LIMITED where it is too soon. */
  async sendEmailCode(challenge: string, client: Client): Promise<void> {
    const { db, emailCodes } = this.deps;
    const { id, user } = await this.pending(challenge, "EMAIL_CODE");
    const sent = await db.transaction((tx) => emailCodes.sendForLogin(tx, { user, subject: id, client }));
    if (sent.outcome !== "SENT") throw new AppError("RATE_LIMITED", { retryAfter: sent.retryAfter });
  }

  /** The login that this factor can finish. Throws INVALID_TOKEN/CHALLENGE_EXPIRED, BAD_REQUEST. */
  async pending(challenge: string, factor: Factor): Promise<PendingLogin> {
    const pending = await this.deps.challenges.get(challenge);
    if (!pending.factors.includes(factor)) throw otherFactor(factor);
    return pending;
  }

  /** Null where the proof was used up since it was weighed. The challenge is consumed with it, or neither is. */
  async #finish(
    pending: PendingLogin,
    { factor, accepted, trustDevice }: { factor: Factor; accepted: Accepted; trustDevice: boolean },
    client: Client,
  ): Promise<LoginGrant | null> {
    const { challenges, completion, events, tries } = this.deps;
    const { user, identifier, methods, recognised: device, delivery, sessionsFull } = pending;
    if (obstacleTo({ ...user, tenantStatus: pending.tenantStatus })) throw challengeExpired();
    const login = {
      user,
      identifier,
      device,
      delivery,
      sessionsFull,
      // The name that the device was given when the login began; the address is the one it ends at.
      client: { ...client, device: pending.client.device },
      methods: [...methods, factor],
      passkeyId: accepted.passkeyId ?? null,
      socialAccountId: pending.socialAccountId ?? null,
      pendingLink: pending.pendingLink ?? null,
      createdBySession: accepted.createdBySession ?? pending.createdBySession ?? null,
      trustDevice,
      enrolmentOnly: pending.reason === "ENROLMENT_REQUIRED",
      confirmed: false,
      risk: pending.risk,
      mfaEnabled: restsOnSecondFactor([factor]),
    };
    const finished = await completion.complete(login, async (tx) => {
      const [consumed, used] = await Promise.all([challenges.consume(tx, pending.id), accepted.use(tx, client)]);
      if (!consumed) return "CHALLENGE_SPENT";
      if (used === null) return "PROOF_SPENT";
      await Promise.all([
        // A passkey says nothing of who guesses codes.
        factor !== "PASSKEY" && tries.reset(tx, user.id, guesserOf(pending)),
        events.record(tx, secondFactorProved(user, client, { method: factor, ...used.details })),
      ]);
      return null;
    });
    switch (finished) {
      case "PROOF_SPENT":
        return null;
      case "CHALLENGE_SPENT":
      case "OUTDATED":
        throw challengeExpired();
      default:
        return finished;
    }
  }
}

/** The login waits for another factor. */
export const otherFactor = (factor: Factor): AppError =>
  new AppError("BAD_REQUEST", { message: `This login is not finished by ${factor}, but by one of its factors.` });

/** A client that showed a device token of the user when it began the login counts for that device. */
const guesserOf = ({ recognised }: PendingLogin): DeviceId | null => (recognised.known ? recognised.id : null);
