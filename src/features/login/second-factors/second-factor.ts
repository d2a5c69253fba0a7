import type { User } from "#features/users/index";
import type { ChallengeId, SessionId } from "#shared/ids";
import type { VerifiedFactor } from "../flow/login.ts";

/** What a proof is for: an unfinished login, or the step-up of a session. */
export type FactorSubject =
  | { readonly kind: "LOGIN"; readonly id: ChallengeId }
  | { readonly kind: "STEP_UP"; readonly id: SessionId };

/**
 * A second factor, in its own folder.
 *
 * A new factor needs a folder, a name in shared/factors.ts, a field that accepts its proof, and a line in the list of services. The
 * compiler then requires its schema description and its `amr`. A factor that users enable themselves also has rules in mfa.policy.ts
 * and factor-changes.policy.ts.
 */
export interface SecondFactor<Credential = string> {
  /** @returns null if the proof is wrong; throws only if it could not be verified */
  verify(user: User, credential: Credential, subject: FactorSubject): Promise<VerifiedFactor | null>;
}
