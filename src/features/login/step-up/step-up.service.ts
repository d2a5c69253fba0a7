import type { AuditLog } from "#features/audit/index";
import type { PasswordsService } from "#features/passwords/index";
import type {
  CredentialAttempts,
  ElevatedToken,
  Session,
  SessionAuthMethods,
  SessionsService,
  SessionTokensService,
  SteppedUpSession,
} from "#features/sessions/index";
import { findUserById, findUserForUpdate, type User } from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { Actor } from "#shared/actor";
import type { ClientInfo } from "#shared/client-info";
import { AppError, assertNever } from "#shared/errors";
import type { Viewer } from "#shared/viewer";
import { secondFactorVerified } from "../flow/login.events.ts";
import { findCredentialSnapshot } from "../flow/login.repository.ts";
import type { VerifiedFactor } from "../flow/login.ts";
import { isMfaEnabled } from "../mfa/mfa.policy.ts";
import { findMfa } from "../mfa/mfa.repository.ts";
import { requireCodeForm } from "../second-factors/code-forms.ts";
import type { PasskeySubmission } from "../second-factors/passkey/passkey-assertions.ts";
import type { SecondFactor } from "../second-factors/second-factor.ts";

/** The proof of a signed-in user for a step-up. */
export type StepUpCredential =
  | { readonly kind: "PASSWORD"; readonly password: string }
  | { readonly kind: "TOTP" | "EMAIL_CODE"; readonly code: string }
  | { readonly kind: "PASSKEY"; readonly proof: PasskeySubmission };

export interface StepUpDeps {
  readonly db: Db;
  readonly passwords: Pick<PasswordsService, "verifyPassword">;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation">;
  readonly authMethods: Pick<SessionAuthMethods, "record">;
  readonly tokens: Pick<SessionTokensService, "elevate">;
  readonly credentialAttempts: Pick<CredentialAttempts, "verify">;
  readonly codes: Readonly<Record<"TOTP" | "EMAIL_CODE", SecondFactor<string>>>;
  readonly passkeys: SecondFactor<PasskeySubmission>;
  readonly events: Pick<AuditLog, "record">;
}

/** A session after a step-up, and the elevated token, the only one that grants access to fields marked @reauth. */
export interface SteppedUp extends ElevatedToken {
  readonly session: Session;
}

/**
 * Verifies a credential again on a session (step-up), for fields marked @reauth. The strongest that the user has is required: one of
 * their second factors or a passkey; without these the password; without that a mailed code. An attacker who has a session and knows
 * the password must not be able to disable the second factor.
 */
export class StepUpService {
  constructor(private readonly deps: StepUpDeps) {}

  /**
   * @returns an elevated access token; the session's other tokens do not change
   * @throws {AppError} BAD_USER_INPUT if the code is malformed, FORBIDDEN/INCORRECT_PASSWORD, BAD_REQUEST/NO_PASSWORD_SET,
   * INVALID_CODE with `attemptsLeft`, INVALID_CREDENTIALS for a passkey; REAUTHENTICATION_REQUIRED for a password if the user has a
   * second factor; UNAUTHENTICATED if the session has ended, or has no attempts left
   */
  async reauthenticate(viewer: Viewer, client: ClientInfo, proof: StepUpCredential): Promise<SteppedUp> {
    const { db, tokens } = this.deps;
    const user = (await findUserById(db, viewer.userId)) ?? signedOut();
    const session = await this.#verify({ viewer, client }, user, proof);
    return { session, ...(await tokens.elevate(session, user, viewer.tenantId)) };
  }

  #verify(actor: Actor, user: User, proof: StepUpCredential): Promise<SteppedUpSession> {
    switch (proof.kind) {
      case "PASSWORD":
        return this.#byPassword(actor, proof.password);
      case "PASSKEY":
        return this.#byPasskey(actor, user, proof.proof);
      case "TOTP":
      case "EMAIL_CODE":
        return this.#byCode(actor, user, proof.kind, proof.code);
      default:
        return assertNever(proof);
    }
  }

  async #byPassword({ viewer, client }: Actor, password: string): Promise<SteppedUpSession> {
    const { db, passwords, authMethods, sessions } = this.deps;
    // Checked before the password is verified, so that the response does not reveal to an attacker whether it is right.
    const mfa = await findMfa(db, viewer.userId);
    if (mfa && isMfaEnabled(mfa)) throw tooLittle();
    const verified = await passwords.verifyPassword(viewer, client, password);
    const noted = await sessions.withSessionInvalidation(viewer.userId, async (tx) => {
      await findUserForUpdate(tx, viewer.userId);
      const snapshot = await findCredentialSnapshot(tx, viewer.userId);
      if (snapshot?.hash !== verified.hash) throw new AppError("FORBIDDEN", { reason: "INCORRECT_PASSWORD" });
      if (isMfaEnabled(snapshot.mfa)) throw tooLittle();
      return authMethods.record(tx, viewer, { method: "PASSWORD", passkeyId: null });
    });
    return noted ?? signedOut();
  }

  async #byCode(actor: Actor, user: User, method: "TOTP" | "EMAIL_CODE", code: string): Promise<SteppedUpSession> {
    const { codes, credentialAttempts } = this.deps;
    requireCodeForm(method, code, PATH_OF_CODE[method]);
    const outcome = await credentialAttempts.verify({ ...actor, method }, async () => {
      const verified = await codes[method].verify(user, code, { kind: "STEP_UP", id: actor.viewer.sessionId });
      return verified && this.#note(actor, user, method, verified);
    });
    if (outcome.right) return outcome.result;
    throw new AppError("INVALID_CODE", { attemptsLeft: outcome.attemptsLeft });
  }

  async #byPasskey(actor: Actor, user: User, proof: PasskeySubmission): Promise<SteppedUpSession> {
    const { passkeys, credentialAttempts } = this.deps;
    const outcome = await credentialAttempts.verify({ ...actor, method: "PASSKEY" }, async () => {
      const verified = await passkeys.verify(user, proof, { kind: "STEP_UP", id: actor.viewer.sessionId });
      return verified && this.#note(actor, user, "PASSKEY", verified);
    });
    if (outcome.right) return outcome.result;
    throw new AppError("INVALID_CREDENTIALS", { message: "This passkey was not accepted. Start again." });
  }

  /** Null if the proof was consumed since it was verified; then nothing is recorded. */
  #note(
    { viewer, client }: Actor,
    user: User,
    method: StepUpMethod,
    verified: VerifiedFactor,
  ): Promise<SteppedUpSession | null> {
    const { events, authMethods, sessions } = this.deps;
    return sessions.withSessionInvalidation(viewer.userId, async (tx) => {
      await findUserForUpdate(tx, user.id);
      const details = await verified.consume(tx, client);
      if (details === null) return null;
      await events.record(tx, secondFactorVerified(user, client, { method, stepUp: true, ...details }));
      return (await authMethods.record(tx, viewer, { method, passkeyId: verified.passkeyId ?? null })) ?? signedOut();
    });
  }
}

/** The code's field in the input. */
const PATH_OF_CODE = { TOTP: "input.totpCode", EMAIL_CODE: "input.emailCode" } as const;

type StepUpMethod = "TOTP" | "EMAIL_CODE" | "PASSKEY";

const tooLittle = (): AppError =>
  new AppError("REAUTHENTICATION_REQUIRED", {
    message: "A second factor is enabled. Use `totpCode` or `passkey` instead of the password.",
  });

/** The session has ended in the meantime. */
const signedOut = (): never => {
  throw new AppError("UNAUTHENTICATED");
};
