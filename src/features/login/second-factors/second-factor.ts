import type { User } from "#features/users/index";
import type { ChallengeId, SessionId } from "#shared/ids";
import type { VerifiedFactor } from "../flow/login.ts";

/** What a proof is given for: an unfinished login, or a session whose user steps up. */
export type Subject =
  | { readonly kind: "LOGIN"; readonly id: ChallengeId }
  | { readonly kind: "STEP_UP"; readonly id: SessionId };

/**
 * A second way to prove one's identity, one folder each.
 *
 * A new one is a folder, a name in shared/factors.ts, a field that takes its proof and a line in the list of services; the compiler
 * asks for its words in the schema and its `amr`. One that users turn on by themselves has its rules in mfa.policy.ts and
 * factor-changes.policy.ts, too.
 */
export interface SecondFactor<Proof = string> {
  /** @returns null if the proof is wrong; throws only if it could not be verified */
  verify(user: User, proof: Proof, subject: Subject): Promise<VerifiedFactor | null>;
}
