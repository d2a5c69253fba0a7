import type { TokenTransport } from "#features/sessions/index";
import { DAY, HOUR, MINUTE } from "#shared/durations";
import type { ChallengeId } from "#shared/ids";

export const CHALLENGE_REASONS = [
  "SECOND_FACTOR_ENABLED",
  "HIGH_RISK",
  "TENANT_POLICY",
  "ENROLMENT_REQUIRED",
  "ADDRESS_UNPROVED",
] as const;
export type ChallengeReason = (typeof CHALLENGE_REASONS)[number];

/** An account at a provider that becomes a way into the user's account in the transaction that completes the login. */
export interface PendingLink {
  /** The provider's id in the settings. */
  readonly provider: string;
  readonly issuer: string;
  readonly subject: string;
  /** The address by which the user was found. */
  readonly email: string;
  readonly name: string | null;
}

/** How long a login waits for a second factor, in milliseconds. */
export const CHALLENGE_LIFETIME = 10 * MINUTE;

/** How long it waits for its user to read mail, in milliseconds. */
export const CONFIRMATION_LIFETIME = HOUR;

/** How long one stays after it expired, in milliseconds: a clock that is set back must not make it new. */
export const CHALLENGE_KEPT_AFTER_EXPIRY = DAY;

export type PendingLoginStatus = "WAITING" | "CONFIRMED" | "DENIED" | "EXPIRED";

/** Whether nothing more can become of it. */
export const isOver = (status: PendingLoginStatus): boolean => status === "DENIED" || status === "EXPIRED";

/** Where an unfinished login stands. One that has become a session is over, as an expired one is. */
export const statusOf = (
  challenge: {
    readonly expiresAt: Date;
    readonly confirmedAt: Date | null;
    readonly deniedAt: Date | null;
    readonly usedAt: Date | null;
  },
  now: Date,
): PendingLoginStatus => {
  if (challenge.deniedAt) return "DENIED";
  if (challenge.usedAt || challenge.expiresAt <= now) return "EXPIRED";
  return challenge.confirmedAt ? "CONFIRMED" : "WAITING";
};

/** How the client that began the login wants what it will end in. */
export interface Delivery {
  readonly transport: TokenTransport;
  readonly deviceInCookie: boolean;
}

/** Where it is announced that somebody answered or finished the login. */
export const channelOfChallenge = (id: ChallengeId): string => `challenge:${id}`;
