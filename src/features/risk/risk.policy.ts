import type { Place } from "#shared/client";
import { kilometresBetween } from "#shared/coordinates";
import { DAY, HOUR } from "#shared/durations";
import type { RiskAssessment, RiskLevel, RiskSignalKind } from "#shared/risk";

/** What is known of a login when it is weighed. */
export interface LoginFacts {
  readonly at: Date;
  /** Null where the address is private, or no database knows it. */
  readonly place: Place | null;
  readonly knownDevice: boolean;
  /** Whether it comes from a hosting, VPN, proxy or Tor network. */
  readonly anonymousNetwork: boolean;
  /** Whether it comes from where a denied login came from. */
  readonly suspiciousAddress: boolean;
}

/** What a user's earlier logins tell. */
export interface LoginHistory {
  /** All successful logins, and how many of them within `HISTORY.recent`. */
  readonly successes: number;
  readonly recentSuccesses: number;
  /** When the newest of them was; null if there is none. */
  readonly lastSuccessAt: Date | null;
  /** The places that those within `HISTORY.span` came from, and those that only older ones came from, each once. */
  readonly places: readonly Place[];
  readonly formerPlaces: readonly Place[];
  /** The hours of the day (UTC) of all of them, each once. */
  readonly hours: readonly number[];
  /** Whether one within `HISTORY.span` came from the network (an IPv4 address, or an IPv6 /64) that is logged in from now. */
  readonly usualNetwork: boolean;
  /** The newest of all whose place has coordinates. */
  readonly lastPlaced: { readonly at: Date; readonly place: Place } | null;
  /** Failed logins within `HISTORY.failures`, counted up to `HISTORY.manyFailures`. */
  readonly failures: number;
}

/** How far back a place or network is usual, what is recent, in milliseconds; and how many logins are read at most. */
export const HISTORY = {
  span: 180 * DAY,
  recent: 30 * DAY,
  failures: 24 * HOUR,
  mostSuccesses: 500,
  manyFailures: 3,
} as const;

/** How long an address is suspicious, in milliseconds. */
export const SUSPICIOUS_FOR = 90 * DAY;

/** How long after its last success an account is dormant, in milliseconds. */
const DORMANT_AFTER = 90 * DAY;

const ENOUGH_FOR_HABITS = 10;
const ENOUGH_FOR_TRUST = 5;

const FAR_AWAY_KM = 500;
/** An airliner's speed. */
const FASTEST_KM_PER_HOUR = 900;
/**
 * A shorter way counts as none. Databases of addresses are off by that much, and place a mobile network where it leaves the
 * provider; and between two logins within seconds, from the desk and from the phone, any distance would be impossible.
 */
const LEAST_TRAVEL_KM = 100;

interface Signal {
  readonly points: number;
  readonly isSeen: (facts: LoginFacts, history: LoginHistory) => boolean;
}

/**
 * What makes a login unusual, or usual, in the order in which it is told. Of a place that is not known the worse is supposed:
 * a missing database makes no login safer. Only IMPOSSIBLE_TRAVEL, which needs two places, is not seen without them.
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

/** The least score of each level, the highest first. */
export const LEVELS: Readonly<Record<RiskLevel, number>> = { HIGH: 70, ELEVATED: 40, MEDIUM: 30, LOW: 0 };

const levelOf = (score: number): RiskLevel =>
  (Object.entries(LEVELS) as [RiskLevel, number][]).find(([, least]) => score >= least)?.[0] ?? "LOW";

/** How unusual a login is. Its signals are all that were seen, also where their sum lies below 0 and the score is 0. */
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
 * A network that the user came from is where it was, whatever the database of addresses calls that place today. So it stands
 * for the place where that is not known, too.
 */
const isUsualLocation = ({ place }: LoginFacts, { usualNetwork, places }: LoginHistory): boolean =>
  usualNetwork || places.some((usual) => isSamePlace(usual, place));

/** The same city or the same region. Places that have the country alone in common may be far from each other. */
const isSamePlace = (one: Place, other: Place | null): boolean =>
  other !== null &&
  one.countryCode === other.countryCode &&
  ((one.city !== null && one.city === other.city) || (one.region !== null && one.region === other.region));

/**
 * Without a place to tell the distance from there is no home; then an unknown place is new, and no more. Home is the whole
 * history: an account does not lose it by lying idle, and with it the signal.
 */
const isFarFromHome = ({ place }: LoginFacts, { usualNetwork, places, formerPlaces }: LoginHistory): boolean => {
  const all = [...places, ...formerPlaces];
  return (
    !usualNetwork && all.some(({ coordinates }) => coordinates !== null) && !all.some((usual) => isNear(usual, place))
  );
};

/** An account that was never used is not dormant: it has nothing to take over yet. */
const isDormant = ({ at }: LoginFacts, { lastSuccessAt }: LoginHistory): boolean =>
  lastSuccessAt !== null && at.getTime() - lastSuccessAt.getTime() > DORMANT_AFTER;

const isNear = (usual: Place, place: Place | null): boolean => {
  const distance = distanceBetween(usual, place);
  return distance === null ? isSamePlace(usual, place) : distance <= FAR_AWAY_KM;
};

const isImpossibleTravel = ({ at, place }: LoginFacts, { lastPlaced }: LoginHistory): boolean => {
  if (lastPlaced === null) return false;
  const distance = distanceBetween(lastPlaced.place, place);
  if (distance === null || distance < LEAST_TRAVEL_KM) return false;
  // The clocks of two replicas may differ, and clocks are set back.
  const hours = Math.max(0, at.getTime() - lastPlaced.at.getTime()) / HOUR;
  return distance > FASTEST_KM_PER_HOUR * hours;
};

/** In kilometres; null where one of the places has no coordinates. */
const distanceBetween = (one: Place, other: Place | null): number | null =>
  one.coordinates && other?.coordinates ? kilometresBetween(one.coordinates, other.coordinates) : null;
