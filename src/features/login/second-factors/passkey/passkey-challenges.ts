import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { type Ids, timeOfId } from "#platform/ids";
import type { KeyRing } from "#platform/secrets";
import { signToken, type TokenPurpose, verifyToken } from "#platform/signed-token";
import { after, DAY, MINUTE, SECOND } from "#shared/durations";
import type { ChallengeId, SessionId } from "#shared/ids";
import { deleteChallengesUsedBefore, insertUsedChallenge } from "./passkeys.repository.ts";

/** The purpose of a challenge, and the session or login that it is bound to. */
export type Ceremony =
  | { readonly kind: "REGISTRATION"; readonly sessionId: SessionId; readonly epoch: number }
  | { readonly kind: "SECOND_FACTOR"; readonly challengeId: ChallengeId }
  /** A login without a named user, or a step-up: the passkey identifies the user. */
  | { readonly kind: "ASSERTION" };

/** How long a user has for a ceremony. */
export const CEREMONY_LIFETIME_MS = 5 * MINUTE;

/** The tolerated clock difference between replicas. */
const CLOCK_SKEW_MS = 30 * SECOND;

/** How long used challenges are kept. Setting the clock back must not make them valid again. */
const USED_CHALLENGE_RETENTION_MS = DAY;
const SWEEP_BATCH = 1_000;

interface PasskeyChallengesDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly keyRing: Pick<KeyRing, "sign" | "verify">;
}

/**
 * The challenges of WebAuthn ceremonies. They are stored only once they are used: each contains its time in its id, and a MAC over
 * its purpose. Starting a ceremony therefore needs no row, and a flood of started ceremonies fills no table.
 */
export class PasskeyChallenges {
  constructor(private readonly deps: PasskeyChallengesDeps) {}

  /** A new challenge, in base64url. */
  issue(ceremony: Ceremony): string {
    return signToken(this.deps.keyRing, useOf(ceremony), this.deps.ids.next());
  }

  /** The id in a challenge that this server issued for this ceremony and that has not expired; else null. It may be used already. */
  read(challenge: string, ceremony: Ceremony): string | null {
    const id = verifyToken(this.deps.keyRing, useOf(ceremony), challenge);
    if (id === null) return null;
    const issuedAt = timeOfId(id);
    const now = this.deps.clock.now();
    return issuedAt > after(now, -CEREMONY_LIFETIME_MS) && issuedAt < after(now, CLOCK_SKEW_MS) ? id : null;
  }

  /** Consumes the challenge, in the transaction that uses it. @returns true for exactly one concurrent caller */
  consume(tx: Db, id: string): Promise<boolean> {
    return insertUsedChallenge(tx, { id, spentAt: this.deps.clock.now() });
  }

  /** Deletes used challenges that have expired anyway. */
  async sweep(db: Db): Promise<void> {
    const usedBefore = after(this.deps.clock.now(), -USED_CHALLENGE_RETENTION_MS);
    while ((await deleteChallengesUsedBefore(db, usedBefore, SWEEP_BATCH)) === SWEEP_BATCH);
  }
}

const useOf = (ceremony: Ceremony): TokenPurpose => ({
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
