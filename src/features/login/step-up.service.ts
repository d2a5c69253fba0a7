import type { Db } from "../../platform/database/database.ts";
import type { Client } from "../../shared/client.ts";
import { AppError, assertNever } from "../../shared/errors.ts";
import type { Viewer } from "../../shared/viewer.ts";
import type { SecurityLog } from "../audit/index.ts";
import type { PasswordsService } from "../passwords/index.ts";
import type { Session, SessionProofs, SessionsService } from "../sessions/index.ts";
import { findUserById, findUserForUpdate, type User } from "../users/index.ts";
import type { CodeTries } from "./factors/code-tries.ts";
import type { Accepted, LoginFactor } from "./factors/factor.ts";
import { isMfaEnabled, restsOnSecondFactor } from "./factors/mfa.policy.ts";
import type { PasskeyProof } from "./factors/passkeys/passkey-assertions.ts";
import { secondFactorProved } from "./login.events.ts";
import { findStanding } from "./login.repository.ts";

/** What a signed-in user proves once more. */
export type StepUpProof =
  | { readonly kind: "PASSWORD"; readonly password: string }
  | { readonly kind: "TOTP" | "EMAIL_CODE"; readonly code: string }
  | { readonly kind: "PASSKEY"; readonly proof: PasskeyProof };

export interface StepUpDeps {
  readonly db: Db;
  readonly passwords: Pick<PasswordsService, "prove">;
  readonly sessions: Pick<SessionsService, "changing">;
  readonly proofs: Pick<SessionProofs, "methodsOf" | "note">;
  readonly codes: Readonly<Record<"TOTP" | "EMAIL_CODE", LoginFactor<string>>>;
  readonly passkeys: LoginFactor<PasskeyProof>;
  readonly tries: CodeTries;
  readonly events: Pick<SecurityLog, "record">;
}

interface Actor {
  readonly viewer: Viewer;
  readonly client: Client;
}

/**
 * Proving a credential again on a session (step-up), for fields marked @reauth. Any credential counts; but where a second
 * factor is on, a password alone counts only on a session that has proved one: whoever stole a session and knows the
 * password must not be able to turn the second factor off.
 */
export class StepUpService {
  readonly #deps: StepUpDeps;

  constructor(deps: StepUpDeps) {
    this.#deps = deps;
  }

  /**
   * Throws FORBIDDEN/INCORRECT_PASSWORD, BAD_REQUEST/NO_PASSWORD_SET, INVALID_CODE with `attemptsLeft`,
   * RATE_LIMITED/MFA_LOCKED, INVALID_CREDENTIALS for a passkey; REAUTHENTICATION_REQUIRED where the password is too little.
   */
  async reauthenticate(viewer: Viewer, client: Client, proof: StepUpProof): Promise<Session> {
    const actor = { viewer, client };
    switch (proof.kind) {
      case "PASSWORD":
        return this.#byPassword(viewer, proof.password);
      case "PASSKEY":
        return this.#byPasskey(actor, proof.proof);
      case "TOTP":
      case "EMAIL_CODE":
        return this.#byCode(actor, proof.kind, proof.code);
      default:
        return assertNever(proof);
    }
  }

  async #byPassword(viewer: Viewer, password: string): Promise<Session> {
    const { passwords, proofs, sessions } = this.#deps;
    const proved = await passwords.prove(viewer.userId, password);
    const noted = await sessions.changing(viewer.userId, async (tx) => {
      await findUserForUpdate(tx, viewer.userId);
      const [standing, methods] = await Promise.all([findStanding(tx, viewer.userId), proofs.methodsOf(tx, viewer)]);
      if (standing?.hash !== proved.hash) return "CHANGED_MEANWHILE";
      if (isMfaEnabled(standing.mfa) && !restsOnSecondFactor(methods)) return "TOO_LITTLE";
      return proofs.note(tx, viewer, { method: "PASSWORD", passkeyId: null });
    });
    if (noted === "TOO_LITTLE") throw tooLittle();
    if (noted === "CHANGED_MEANWHILE") throw new AppError("FORBIDDEN", { reason: "INCORRECT_PASSWORD" });
    return noted ?? signedOut();
  }

  async #byCode({ viewer, client }: Actor, factor: "TOTP" | "EMAIL_CODE", code: string): Promise<Session> {
    const { codes, db, tries } = this.#deps;
    const user = (await findUserById(db, viewer.userId)) ?? signedOut();
    return tries.weigh({ user, factor, client, guesser: viewer.sessionId }, async () => {
      const accepted = await codes[factor].weigh(user, code, { kind: "STEP_UP", id: viewer.sessionId });
      return accepted && this.#note({ viewer, client }, user, factor, accepted);
    });
  }

  async #byPasskey({ viewer, client }: Actor, proof: PasskeyProof): Promise<Session> {
    const { db, passkeys, tries } = this.#deps;
    const user = (await findUserById(db, viewer.userId)) ?? signedOut();
    const accepted = await passkeys.weigh(user, proof, { kind: "STEP_UP", id: viewer.sessionId });
    const noted = accepted && (await this.#note({ viewer, client }, user, "PASSKEY", accepted));
    if (noted) return noted;
    await tries.noteRefusedPasskey(user, client);
    throw new AppError("INVALID_CREDENTIALS", { message: "This passkey was not accepted. Begin again." });
  }

  /** Null where the proof was used up since it was weighed: then nothing is noted. */
  #note({ viewer, client }: Actor, user: User, factor: Proved, accepted: Accepted): Promise<Session | null> {
    const { events, proofs, sessions, tries } = this.#deps;
    return sessions.changing(viewer.userId, async (tx) => {
      await findUserForUpdate(tx, user.id);
      const used = await accepted.use(tx, client);
      if (used === null) return null;
      const proof = { method: factor, passkeyId: accepted.passkeyId ?? null };
      await events.record(tx, secondFactorProved(user, client, { method: factor, stepUp: true, ...used.details }));
      if (factor !== "PASSKEY") await tries.reset(tx, user.id, viewer.sessionId);
      return (await proofs.note(tx, viewer, proof)) ?? signedOut();
    });
  }
}

type Proved = "TOTP" | "EMAIL_CODE" | "PASSKEY";

const tooLittle = (): AppError =>
  new AppError("REAUTHENTICATION_REQUIRED", {
    message: "This session has proved no second factor yet: give `totpCode` or `passkey`.",
  });

/** The session has ended meanwhile. */
const signedOut = (): never => {
  throw new AppError("UNAUTHENTICATED");
};
