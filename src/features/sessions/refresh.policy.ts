import { DAY } from "#shared/durations";

/** Who spent a refresh token. */
export interface RefreshOrigin {
  /** The generation of the token that was spent. */
  readonly generation: number;
  readonly ipAddress: string;
  readonly device: string;
  /** Set once an event has said that the token came again from elsewhere. */
  readonly seenElsewhere?: boolean;
}

/** A claim that the answer to a refresh was lost. */
export interface LostAnswer {
  /** ISO 8601. */
  readonly at: string;
  /** Whether it came from another network than the one that spent the token. */
  readonly elsewhere: boolean;
}

/** How long after it was spent a refresh token can be claimed, and how long claims count; in milliseconds. */
const CLAIM_PERIOD = DAY;
const MOST_CLAIMS = 2;

export type Presented = "CURRENT" | "AHEAD" | "JUST_SPENT" | "UNANSWERED" | "REPLAYED";

interface Generations {
  readonly refreshGeneration: number;
  readonly refreshedAt: Date;
  readonly usedGeneration: number;
}

/**
 * What a genuine refresh token of a live session is, by its generation. The one just spent may come again within the grace
 * time (parallel tabs, lost answers) and gets the same successor. Later it does so only if the pair that was returned for it
 * was never used (UNANSWERED): that answer may have been lost. Anything else was stolen from one of two clients that have it
 * (RFC 9700, section 4.14.2). A generation that is yet to come (AHEAD) can only be ours if the database went back in time,
 * after a restore or a failover: it is the newest there is.
 */
export const judgePresented = (generation: number, session: Generations, now: Date, grace: number): Presented => {
  if (generation === session.refreshGeneration) return "CURRENT";
  if (generation > session.refreshGeneration) return "AHEAD";
  if (generation < session.refreshGeneration - 1) return "REPLAYED";
  // To both sides: a clock that was set back must not make the grace time longer.
  const age = Math.abs(now.getTime() - session.refreshedAt.getTime());
  if (age < grace) return "JUST_SPENT";
  const isUsed = session.usedGeneration >= session.refreshGeneration;
  return grace > 0 && age < CLAIM_PERIOD && !isUsed ? "UNANSWERED" : "REPLAYED";
};

/** The claims that still count, and this one; null if it is one too many, or the second from elsewhere. */
export const claimsWith = (
  claims: readonly LostAnswer[],
  elsewhere: boolean,
  now: Date,
): readonly LostAnswer[] | null => {
  const recent = claims.filter(({ at }) => Math.abs(now.getTime() - Date.parse(at)) < CLAIM_PERIOD);
  const isRefused = recent.length >= MOST_CLAIMS || (elsewhere && recent.some((claim) => claim.elsewhere));
  return isRefused ? null : [...recent, { at: now.toISOString(), elsewhere }];
};
