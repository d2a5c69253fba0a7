import { countedNetworksOf } from "#platform/ip-address";
import { digest } from "#platform/limits/digest";
import type { Limit } from "#platform/limits/limits";
import type { DeviceId, UserId } from "#shared/ids";

const MINUTES = 60;
const HOURS = 60 * MINUTES;
const DAYS = 24 * HOURS;

/**
 * How many failed logins are verified. Each login is counted before its password is verified, and refunded if the password was
 * right.
 */
export const LOGIN_LIMITS = {
  /** One user from one address, or from one known device. Reaching it locks the pair and sends a mail. */
  pair: { limit: 5, window: 15 * MINUTES },
  /** One network, for all users together, against one password tried on many accounts. Wider networks have a multiple of it. */
  network: { limit: 50, window: 15 * MINUTES },
  /** One user from all addresses together. */
  user: { limit: 30, window: HOURS },
  /** One user from all addresses, or one known device, until a login succeeds (NIST SP 800-63B-4, section 3.2.2). */
  consecutive: { limit: 100, window: 365 * DAYS },
} as const;

/** The limit for the whole installation is split over this many rows, so that no row becomes a bottleneck for all logins. */
const SHARDS = 16;

/** The subject of a login: a user or, if the identifier matches no user, the identifier's digest. */
export type LoginSubject = { readonly userId: UserId } | { readonly digest: string };

export interface LoginToCount {
  readonly subject: LoginSubject;
  readonly ipAddress: string;
  readonly knownDevice: DeviceId | null;
  /** Failures per minute in the whole installation above which logins of unknown devices are rejected; null: no such limit. */
  readonly installation: number | null;
}

export interface LoginLimits {
  readonly all: readonly Limit[];
  readonly pair: Limit;
  /** The narrowest network: all attempts of its clients count. Null for a known device. */
  readonly network: Limit | null;
  /** When it is exhausted, the device is no longer known. Null if the device is unknown. */
  readonly device: Limit | null;
  /**
   * Too many failures in a row: only a login that proves more than a password lifts it. Null for a known device, which then
   * counts as unknown.
   */
  readonly consecutive: Limit | null;
  /** The limit for the whole installation; null if it is off, or for a known device. */
  readonly installation: Limit | null;
  /** Reset when the password is right. */
  readonly ownKeys: readonly string[];
  /** Refunded when the password is right. */
  readonly sharedKeys: readonly string[];
}

/** The limits of one attempt. */
export const loginLimits = ({ subject, ipAddress, knownDevice, installation }: LoginToCount): LoginLimits =>
  knownDevice ? deviceLimits(knownDevice) : networkLimits(nameOf(subject), ipAddress, installation);

/**
 * A known device is counted only by itself, so that an attacker elsewhere, even behind the same address, cannot lock the owner out
 * there. It does not allow bypassing the wide limits: it is known for one user only, and only up to a hundred guesses.
 */
const deviceLimits = (id: DeviceId): LoginLimits => {
  const device = { key: `login:device:${id}`, ...LOGIN_LIMITS.consecutive };
  const pair = { key: `login:pair:${id}`, ...LOGIN_LIMITS.pair };
  return {
    all: [device, pair],
    pair,
    network: null,
    device,
    consecutive: null,
    installation: null,
    ownKeys: [device.key, pair.key],
    sharedKeys: [],
  };
};

const networkLimits = (name: string, ipAddress: string, perMinute: number | null): LoginLimits => {
  const networks = countedNetworksOf(ipAddress);
  const narrowest = digest(networks[0].network);
  const counted = networks.map(({ network, factor }) => ({
    key: `login:network:${digest(network)}`,
    limit: LOGIN_LIMITS.network.limit * factor,
    window: LOGIN_LIMITS.network.window,
  }));
  const pair = { key: `login:pair:${name}:${narrowest}`, ...LOGIN_LIMITS.pair };
  const { hourly, consecutive } = userNets(name);
  const installation = perMinute === null ? null : installationNet(narrowest, perMinute);
  const own = [pair, hourly, consecutive];
  const shared = installation ? [...counted, installation] : counted;
  return {
    all: [...own, ...shared],
    pair,
    network: counted[0] ?? null,
    device: null,
    consecutive,
    installation,
    ownKeys: own.map(({ key }) => key),
    sharedKeys: shared.map(({ key }) => key),
  };
};

/** The keys to reset when the user has verified themselves by mail. */
export const userKeys = (userId: UserId): string[] => Object.values(userNets(nameOf({ userId }))).map(({ key }) => key);

/** A user's e-mail address and username are one subject, so that two identifiers of one account do not have two budgets. */
const nameOf = (subject: LoginSubject): string => ("userId" in subject ? `user:${subject.userId}` : subject.digest);

const userNets = (name: string) => ({
  hourly: { key: `login:hourly:${name}`, ...LOGIN_LIMITS.user },
  consecutive: { key: `login:consecutive:${name}`, ...LOGIN_LIMITS.consecutive },
});

const installationNet = (network: string, perMinute: number): Limit => ({
  key: `login:installation:${Buffer.from(network, "base64url").readUInt8() % SHARDS}`,
  limit: Math.ceil(perMinute / SHARDS),
  window: MINUTES,
});
