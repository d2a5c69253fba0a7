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

/** A provider account that is linked to the user in the transaction that completes the login. */
export interface PendingLink {
  /** The provider's id in the settings. */
  readonly provider: string;
  readonly issuer: string;
  readonly subject: string;
  /** The address by which the user was found. */
  readonly email: string;
  readonly name: string | null;
}

/** How long a login waits for a second factor. */
export const CHALLENGE_LIFETIME_MS = 10 * MINUTE;

/** How long a login waits for its user to confirm it by mail. */
export const CONFIRMATION_LIFETIME_MS = HOUR;

/** How long a challenge is kept after it expired. Setting the clock back must not make it valid again. */
export const CHALLENGE_RETENTION_MS = DAY;

export type PendingLoginStatus = "WAITING" | "CONFIRMED" | "DENIED" | "EXPIRED";

/** Whether the login can no longer be completed. */
export const isOver = (status: PendingLoginStatus): boolean => status === "DENIED" || status === "EXPIRED";

/** The status of an unfinished login. A login that has become a session counts as expired. */
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

/** How the client wants to receive the tokens of the completed login. */
export interface TokenDelivery {
  readonly transport: TokenTransport;
  readonly deviceInCookie: boolean;
}

/** The channel for messages that the login was confirmed, denied or completed. */
export const challengeChannel = (id: ChallengeId): string => `challenge:${id}`;
