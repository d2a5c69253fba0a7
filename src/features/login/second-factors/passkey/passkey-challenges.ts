import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { type Ids, timeOfId } from "#platform/ids";
import type { KeyRing } from "#platform/secrets";
import { readSignedId, signId, type TokenUse } from "#platform/signed-ids";
import { after, DAY, MINUTE, SECOND } from "#shared/durations";
import type { ChallengeId, SessionId } from "#shared/ids";
import { deleteSpentChallengesBefore, insertSpentChallenge } from "./passkeys.repository.ts";

/** What a challenge is for, and for whose hands alone. */
export type Ceremony =
  | { readonly kind: "REGISTRATION"; readonly sessionId: SessionId; readonly epoch: number }
  | { readonly kind: "SECOND_FACTOR"; readonly challengeId: ChallengeId }
  /** A login that names nobody, or a step-up: what is signed tells who it is. */
  | { readonly kind: "ASSERTION" };

/** How long a user has for a ceremony, in milliseconds. */
export const CEREMONY_LIFETIME = 5 * MINUTE;

/** By how much the clocks of replicas may differ. */
const CLOCK_SKEW = 30 * SECOND;

/** How long it is known that a challenge was answered: a clock that is set back must not make it new. */
const SPENT_KEPT = DAY;
const SWEEP_BATCH = 1_000;

interface PasskeyChallengesDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keyRing: Pick<KeyRing, "sign" | "verify">;
}

/**
 * The challenges of WebAuthn ceremonies. They lie nowhere until they are answered: each carries its time in its id, and a MAC
 * over what it is for. So to begin a ceremony costs no row, and a flood of beginnings fills nothing.
 */
export class PasskeyChallenges {
  constructor(private readonly deps: PasskeyChallengesDeps) {}

  /** A new challenge, in base64url. */
  issue(ceremony: Ceremony): string {
    return signId(this.deps.keyRing, useOf(ceremony), this.deps.ids.next());
  }

  /** The id of a challenge of ours for this ceremony that can still be answered, as far as it tells by itself; else null. */
  read(challenge: string, ceremony: Ceremony): string | null {
    const id = readSignedId(this.deps.keyRing, useOf(ceremony), challenge);
    if (id === null) return null;
    const issuedAt = timeOfId(id);
    const now = this.deps.clock.now();
    return issuedAt > after(now, -CEREMONY_LIFETIME) && issuedAt < after(now, CLOCK_SKEW) ? id : null;
  }

  /** Uses the challenge up, in the transaction of what it opens: of many callers exactly one hears true. */
  spend(tx: Db, id: string): Promise<boolean> {
    return insertSpentChallenge(tx, { id, spentAt: this.deps.clock.now() });
  }

  /** Forgets those that nobody can answer any more. */
  async sweep(db: Db): Promise<void> {
    const spentBefore = after(this.deps.clock.now(), -SPENT_KEPT);
    while ((await deleteSpentChallengesBefore(db, spentBefore, SWEEP_BATCH)) === SWEEP_BATCH);
  }
}

const useOf = (ceremony: Ceremony): TokenUse => ({
  purpose: "passkey-challenge",
  context: `${ceremony.kind}:${boundTo(ceremony)}`,
});

const boundTo = (ceremony: Ceremony): string => {
  switch (ceremony.kind) {
    case "REGISTRATION":
      return `${ceremony.sessionId}:${ceremony.epoch}`;
    case "SECOND_FACTOR":
      return ceremony.challengeId;
    case "ASSERTION":
      return "";
  }
};
