import { DAY } from "#shared/durations";

/** The client that rotated a refresh token. */
export interface RefreshOrigin {
  /** The generation of the rotated token. */
  readonly generation: number;
  readonly ipAddress: string;
  readonly device: string;
  /** Set once an event has recorded that the token was presented again from elsewhere. */
  readonly seenElsewhere?: boolean;
}

/** A claim that the response to a refresh was lost. */
export interface LostAnswer {
  /** ISO 8601. */
  readonly at: string;
  /** Whether the claim came from another network than the rotation. */
  readonly elsewhere: boolean;
}

/** How long after its rotation a refresh token can be claimed, and how long claims count. */
const CLAIM_PERIOD_MS = DAY;
const MAX_CLAIMS = 2;

export type RefreshTokenState = "CURRENT" | "AHEAD" | "ROTATED_WITHIN_GRACE" | "UNANSWERED" | "REUSED";

interface Generations {
  readonly refreshGeneration: number;
  readonly refreshedAt: Date;
  readonly usedGeneration: number;
}

/**
 * Classifies a genuine refresh token of a live session by its generation. The one just rotated may be presented again within the
 * grace time (parallel tabs, lost responses) and gets the same successor. Later, this holds only if the pair returned for it was
 * never used (UNANSWERED), because that response may have been lost. In any other case, two clients have the token and one of them
 * stole it (RFC 9700, section 4.14.2). A genuine token of a later generation (AHEAD) is only possible if the database went back in
 * time, after a restore or a failover; it is the newest one.
 */
export const classifyRefreshToken = (
  generation: number,
  session: Generations,
  now: Date,
  grace: number,
): RefreshTokenState => {
  if (generation === session.refreshGeneration) return "CURRENT";
  if (generation > session.refreshGeneration) return "AHEAD";
  if (generation < session.refreshGeneration - 1) return "REUSED";
  // In both directions, so that a clock that was set back does not extend the grace time.
  const age = Math.abs(now.getTime() - session.refreshedAt.getTime());
  if (age < grace) return "ROTATED_WITHIN_GRACE";
  const isUsed = session.usedGeneration >= session.refreshGeneration;
  return grace > 0 && age < CLAIM_PERIOD_MS && !isUsed ? "UNANSWERED" : "REUSED";
};

/** Returns the claims that still count, including this one; null if there are too many, or two from elsewhere. */
export const claimsWith = (
  claims: readonly LostAnswer[],
  elsewhere: boolean,
  now: Date,
): readonly LostAnswer[] | null => {
  const recent = claims.filter(({ at }) => Math.abs(now.getTime() - Date.parse(at)) < CLAIM_PERIOD_MS);
  const isRefused = recent.length >= MAX_CLAIMS || (elsewhere && recent.some((claim) => claim.elsewhere));
  return isRefused ? null : [...recent, { at: now.toISOString(), elsewhere }];
};
