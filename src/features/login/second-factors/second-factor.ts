import type { User } from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { Client } from "#shared/client";
import type { ChallengeId, PasskeyId, SessionId } from "#shared/ids";

/** What a proof is given for: an unfinished login, or a session whose user steps up. */
export type Subject =
  | { readonly kind: "LOGIN"; readonly id: ChallengeId }
  | { readonly kind: "STEP_UP"; readonly id: SessionId };

/** A right proof. Nothing has changed yet. */
export interface Accepted {
  /** The passkey, where it was one. */
  readonly passkeyId?: PasskeyId;
  /** Since when the user has it, if it is a factor of their own. */
  readonly since?: Date | null;
  /** The session that created what was proved; null if none did, or it is not known. */
  readonly createdBySession?: SessionId | null;
  /** Uses the proof up, in the transaction of what it opens. Null: it was used up, or taken away, since it was weighed. */
  use(tx: Db, client: Client): Promise<Used | null>;
}

/** What came of a proof that was used up. */
export interface Used {
  /** For the security history: how many backup codes are left. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/**
 * A second way to prove who one is, one folder each. `weigh` compares and changes nothing; what it accepts is used up by
 * `use`, in one statement, in the transaction that opens the session. So of any number of callers with one proof one gets
 * through, and whoever crashes in between has lost nothing.
 *
 * A new one is a folder, a name in shared/factors.ts, a field that takes its proof and a line in services.ts; the compiler
 * asks for its words in the schema and its `amr`. One that users turn on by themselves has its rules in mfa.policy.ts and
 * factor-changes.policy.ts, too.
 */
export interface LoginFactor<Proof = string> {
  /** Null where the proof is wrong. Throws only where it could not be weighed. */
  weigh(user: User, proof: Proof, subject: Subject): Promise<Accepted | null>;
}
