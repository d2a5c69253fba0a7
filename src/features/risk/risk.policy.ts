import type { GeoLocation } from "#shared/client-info";
import { kilometresBetween } from "#shared/coordinates";
import { DAY, HOUR } from "#shared/durations";
import type { RiskAssessment, RiskLevel, RiskSignalKind } from "#shared/risk";

/** The facts about a login that its risk is assessed from. */
export interface LoginFacts {
  readonly at: Date;
  /** Null if the address is private or missing from the location database. */
  readonly location: GeoLocation | null;
  readonly knownDevice: boolean;
  /** Whether it comes from a hosting, VPN, proxy or Tor network. */
  readonly anonymousNetwork: boolean;
  /** Whether it comes from the network of a denied login. */
  readonly suspiciousAddress: boolean;
}

/** A summary of the user's earlier logins. */
export interface LoginHistory {
  /** All successful logins, and how many of them within `HISTORY.recent`. */
  readonly successes: number;
  readonly recentSuccesses: number;
  /** The time of the most recent successful login, or null. */
  readonly lastSuccessAt: Date | null;
  /** The distinct locations of logins within `HISTORY.span`, and those seen only in older logins. */
  readonly locations: readonly GeoLocation[];
  readonly formerLocations: readonly GeoLocation[];
  /** The distinct hours of the day (UTC) of all of them. */
  readonly hours: readonly number[];
  /** Whether a login within `HISTORY.span` came from the current network (an IPv4 address, or an IPv6 /64). */
  readonly usualNetwork: boolean;
  /** The most recent login whose location has coordinates. */
  readonly lastPlaced: { readonly at: Date; readonly place: GeoLocation } | null;
  /** Failed logins within `HISTORY.failures`, counted up to `HISTORY.manyFailures`. */
  readonly failures: number;
}

/** How long a location or network counts as usual, what is recent (both in milliseconds), and how many logins are read at most. */
export const HISTORY = {
  span: 180 * DAY,
  recent: 30 * DAY,
  failures: 24 * HOUR,
  mostSuccesses: 500,
  manyFailures: 3,
} as const;

/** How long a network stays suspicious. */
export const SUSPICIOUS_FOR_MS = 90 * DAY;

/** How long after its last successful login an account becomes dormant. */
const DORMANT_AFTER_MS = 90 * DAY;

const ENOUGH_FOR_HABITS = 10;
const ENOUGH_FOR_TRUST = 5;

const FAR_AWAY_KM = 500;
/** An airliner's speed. */
const FASTEST_KM_PER_HOUR = 900;
/**
 * Shorter distances are ignored. Location databases are that inaccurate, and locate a mobile network at the provider's exit.
 * Without a minimum, two logins within seconds, on the desktop and on the phone, would count as impossible travel.
 */
const LEAST_TRAVEL_KM = 100;

interface Signal {
  readonly points: number;
  readonly isSeen: (facts: LoginFacts, history: LoginHistory) => boolean;
}

/**
 * What makes a login unusual or usual, in the order in which signals are reported. An unknown location is assumed to be
 * unusual, so that a missing database does not lower the risk. Only IMPOSSIBLE_TRAVEL needs two known locations.
 */
const SIGNALS: Readonly<Record<RiskSignalKind, Signal>> = {
  NEW_DEVICE: { points: 20, isSeen: ({ knownDevice }) => !knownDevice },
  NEW_LOCATION: { points: 15, isSeen: (facts, history) => !isUsualLocation(facts, history) },
  FAR_FROM_HOME: { points: 10, isSeen: (facts, history) => isFarFromHome(facts, history) },
  RECENT_FAILURES: { points: 25, isSeen: (_, { failures }) => failures >= HISTORY.manyFailures },
  UNUSUAL_TIME: {
    points: 10,
    isSeen: ({ at }, { successes, hours }) => successes >= ENOUGH_FOR_HABITS && !hours.includes(at.getUTCHours()),
  },
  ANONYMOUS_NETWORK: { points: 10, isSeen: ({ anonymousNetwork }) => anonymousNetwork },
  SUSPICIOUS_IP: { points: 25, isSeen: ({ suspiciousAddress }) => suspiciousAddress },
  IMPOSSIBLE_TRAVEL: { points: 30, isSeen: (facts, history) => isImpossibleTravel(facts, history) },
  DORMANT: { points: 15, isSeen: (facts, history) => isDormant(facts, history) },
  GOOD_HISTORY: {
    points: -10,
    isSeen: ({ knownDevice }, { recentSuccesses }) => knownDevice && recentSuccesses >= ENOUGH_FOR_TRUST,
  },
};

/** The minimum score of each level, the highest first. */
export const LEVELS: Readonly<Record<RiskLevel, number>> = { HIGH: 70, ELEVATED: 40, MEDIUM: 30, LOW: 0 };

const levelOf = (score: number): RiskLevel =>
  (Object.entries(LEVELS) as [RiskLevel, number][]).find(([, least]) => score >= least)?.[0] ?? "LOW";

/** Assesses how unusual a login is. All signals seen are listed, even if their sum is negative and the score is 0. */
export const assess = (facts: LoginFacts, history: LoginHistory): RiskAssessment => {
  const signals = (Object.entries(SIGNALS) as [RiskSignalKind, Signal][])
    .filter(([, { isSeen }]) => isSeen(facts, history))
    .map(([kind, { points }]) => ({ kind, points }));
  const score = Math.max(
    0,
    signals.reduce((sum, { points }) => sum + points, 0),
  );
  return { score, level: levelOf(score), signals };
};

/**
 * A network that the user has used before counts as a usual location, even if the database now maps it to another location
 * or to none.
 */
const isUsualLocation = ({ location }: LoginFacts, { usualNetwork, locations }: LoginHistory): boolean =>
  usualNetwork || locations.some((usual) => isSameLocation(usual, location));

/** The same city or the same region. Two locations that share only the country may be far apart. */
const isSameLocation = (one: GeoLocation, other: GeoLocation | null): boolean =>
  other !== null &&
  one.countryCode === other.countryCode &&
  ((one.city !== null && one.city === other.city) || (one.region !== null && one.region === other.region));

/**
 * Without known coordinates the distance from home is unknown, and an unknown location is only new. Home covers
 * the whole history, so an account that was idle for long does not lose this signal.
 */
const isFarFromHome = (
  { location }: LoginFacts,
  { usualNetwork, locations, formerLocations }: LoginHistory,
): boolean => {
  const all = [...locations, ...formerLocations];
  return (
    !usualNetwork &&
    all.some(({ coordinates }) => coordinates !== null) &&
    !all.some((usual) => isNear(usual, location))
  );
};

/** An account that was never used is not dormant, because there is nothing to take over yet. */
const isDormant = ({ at }: LoginFacts, { lastSuccessAt }: LoginHistory): boolean =>
  lastSuccessAt !== null && at.getTime() - lastSuccessAt.getTime() > DORMANT_AFTER_MS;

const isNear = (usual: GeoLocation, location: GeoLocation | null): boolean => {
  const distance = distanceBetween(usual, location);
  return distance === null ? isSameLocation(usual, location) : distance <= FAR_AWAY_KM;
};

const isImpossibleTravel = ({ at, location }: LoginFacts, { lastPlaced }: LoginHistory): boolean => {
  if (lastPlaced === null) return false;
  const distance = distanceBetween(lastPlaced.place, location);
  if (distance === null || distance < LEAST_TRAVEL_KM) return false;
  // The clocks of two replicas may differ, and a clock may be set back.
  const hours = Math.max(0, at.getTime() - lastPlaced.at.getTime()) / HOUR;
  return distance > FASTEST_KM_PER_HOUR * hours;
};

/** The distance in kilometres; null if one of the locations has no coordinates. */
const distanceBetween = (one: GeoLocation, other: GeoLocation | null): number | null =>
  one.coordinates && other?.coordinates ? kilometresBetween(one.coordinates, other.coordinates) : null;
