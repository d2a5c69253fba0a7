import type { AuditLog } from "#features/audit/index";
import type { ChallengesService, PendingLogin } from "#features/challenges/index";
import type { Db } from "#platform/database/database";
import type { ClientInfo } from "#shared/client-info";
import { AppError } from "#shared/errors";
import type { Factor } from "#shared/factors";
import type { DeviceId } from "#shared/ids";
import { maskEmail } from "#shared/masked-email";
import { secondFactorVerified } from "../flow/login.events.ts";
import type { IssuedLogin, Login, LoginStrategy, Verified, VerifiedFactor } from "../flow/login.ts";
import type { LoginFlow } from "../flow/login-flow.ts";
import { loginOfChallenge } from "../flow/pending-login.ts";
import type { CodeAttempts } from "./code-attempts.ts";
import { type CodeFactor, requireCodeForm } from "./code-forms.ts";
import type { EmailCodesService } from "./email-code/email-codes.service.ts";
import type {
  PasskeyAssertions,
  PasskeyAuthenticationOptions,
  PasskeySubmission,
} from "./passkey/passkey-assertions.ts";
import type { SecondFactor } from "./second-factor.ts";

export interface CodeSubmission {
  /** The token of the unfinished login. */
  readonly challenge: string;
  readonly code: string;
  /** Whether the device becomes trusted. */
  readonly trustDevice: boolean;
}

/** The proof of a second factor, and which factor it is. */
export type SecondFactorCredential =
  | (CodeSubmission & { readonly factor: CodeFactor })
  | (PasskeySubmission & { readonly factor: "PASSKEY" });

export interface SecondFactorLoginDeps {
  readonly db: Db;
  readonly challenges: ChallengesService;
  readonly codes: Readonly<Record<CodeFactor, SecondFactor>>;
  readonly passkeys: SecondFactor<PasskeySubmission> & Pick<PasskeyAssertions, "startLogin">;
  readonly emailCodes: Pick<EmailCodesService, "sendForLogin">;
  readonly codeAttempts: CodeAttempts;
  readonly flow: Pick<LoginFlow, "finish">;
  readonly events: Pick<AuditLog, "record">;
}

/** Completes logins that wait for a second factor. */
export class SecondFactorLogin implements LoginStrategy<SecondFactorCredential> {
  constructor(private readonly deps: SecondFactorLoginDeps) {}

  /** Completes the login. @throws {AppError} as `verify` */
  logIn(proof: SecondFactorCredential, client: ClientInfo): Promise<IssuedLogin> {
    return this.deps.flow.finish(() => this.verify(proof, client));
  }

  /**
   * @throws {AppError} INVALID_TOKEN/CHALLENGE_EXPIRED; BAD_REQUEST if the login waits for another factor. For a code: BAD_USER_INPUT
   * if it is malformed, INVALID_CODE with `attemptsLeft`, RATE_LIMITED/MFA_LOCKED. For a passkey: INVALID_CREDENTIALS
   */
  async verify(proof: SecondFactorCredential, client: ClientInfo): Promise<Verified> {
    const pending = await this.#pending(proof.challenge, proof.factor);
    return proof.factor === "PASSKEY"
      ? this.#verifyPasskey(pending, proof, client)
      : this.#verifyCode(pending, proof, client);
  }

  /** The options for a passkey prompt, restricted to the user of the unfinished login. @throws {AppError} as `verify` */
  async startPasskey(challenge: string): Promise<PasskeyAuthenticationOptions> {
    const { id, user } = await this.#pending(challenge, "PASSKEY");
    const { publicKey } = await this.deps.passkeys.startLogin({ id, userId: user.id });
    return { challenge, publicKey };
  }

  /** Mails another code for a login that accepts one. @throws {AppError} as `verify`; RATE_LIMITED if it is too soon */
  async sendEmailCode(challenge: string, client: ClientInfo): Promise<string> {
    const { db, emailCodes } = this.deps;
    const { id, user } = await this.#pending(challenge, "EMAIL_CODE");
    const sent = await db.transaction((tx) => emailCodes.sendForLogin(tx, { user, subject: id, client }));
    if (sent.outcome !== "SENT") throw new AppError("RATE_LIMITED", { retryAfter: sent.retryAfter });
    return maskEmail(user.email);
  }

  /** The login, if this factor can complete it. @throws {AppError} INVALID_TOKEN/CHALLENGE_EXPIRED, BAD_REQUEST */
  async #pending(challenge: string, factor: Factor): Promise<PendingLogin> {
    const pending = await this.deps.challenges.get(challenge);
    if (!pending.factors.includes(factor)) throw otherFactor(factor);
    return pending;
  }

  async #verifyCode(
    pending: PendingLogin,
    { challenge, code, factor, trustDevice }: CodeSubmission & { readonly factor: CodeFactor },
    client: ClientInfo,
  ): Promise<Verified> {
    const { challenges, codes, codeAttempts } = this.deps;
    requireCodeForm(factor, code, "input.code");
    const { id, user } = pending;
    const guess = { user, factor, client, guesser: guesserOf(pending) };
    const { result: verified, end } = await codeAttempts.verifyWithLock(guess, async () => {
      // The login may have ended while this code waited for others. A code is verified only if it is counted, because the time
      // reveals whether it is right.
      await challenges.get(challenge);
      return codes[factor].verify(user, code, { kind: "LOGIN", id });
    });
    return { login: { ...this.#loginOf(pending, verified, factor, client), trustDevice, releaseLimits: end } };
  }

  async #verifyPasskey(pending: PendingLogin, proof: PasskeySubmission, client: ClientInfo): Promise<Verified> {
    const { passkeys, codeAttempts } = this.deps;
    const { id, user } = pending;
    const verified = await passkeys.verify(user, proof, { kind: "LOGIN", id });
    if (verified) return { login: { ...this.#loginOf(pending, verified, "PASSKEY", client), trustDevice: false } };
    await codeAttempts.noteRefusedPasskey(user, client);
    throw new AppError("INVALID_CREDENTIALS", { message: "This passkey is not valid for this login." });
  }

  #loginOf(
    pending: PendingLogin,
    verified: VerifiedFactor,
    factor: Factor,
    client: ClientInfo,
  ): Omit<Login, "trustDevice"> {
    const { challenges, events, codeAttempts } = this.deps;
    const login = loginOfChallenge(challenges, pending, client);
    const { user } = pending;
    const second: VerifiedFactor = {
      ...verified,
      consume: async (tx) => {
        const details = await verified.consume(tx, client);
        if (details === null) return null;
        await Promise.all([
          // A successful passkey does not reset the counters of wrong codes, because an attacker may be guessing codes.
          factor !== "PASSKEY" && codeAttempts.reset(tx, user.id, guesserOf(pending)),
          events.record(tx, secondFactorVerified(user, client, { method: factor, ...details })),
        ]);
        return details;
      },
    };
    return {
      ...login,
      factors: [...login.factors, second],
      stage: { kind: "SECOND_FACTOR", reason: pending.reason },
    };
  }
}

/** The login waits for another factor. */
export const otherFactor = (factor: Factor): AppError =>
  new AppError("BAD_REQUEST", { message: `This login does not accept ${factor}. Use one of its factors.` });

/** A client that presented a device token of the user at the start of the login is counted as that device. */
const guesserOf = ({ recognised }: PendingLogin): DeviceId | null => (recognised.known ? recognised.id : null);
