import { countedNetworksOf } from "#platform/ip-address";
import { digest } from "#platform/limits/digest";
import type { Limit } from "#platform/limits/limits";
import type { DeviceId, UserId } from "#shared/ids";

const MINUTES = 60;
const HOURS = 60 * MINUTES;
const DAYS = 24 * HOURS;

/**
 * How many failed logins are verified, all in one place. Each is counted before the password is verified and given back if
 * the password was right.
 */
export const LOGIN_LIMITS = {
  /** One user from one address, or from one known device. Reaching it locks the pair and sends a mail. */
  pair: { limit: 5, window: 15 * MINUTES },
  /** One network, whatever it tries: one password over many accounts. Wider networks have a multiple of it. */
  network: { limit: 50, window: 15 * MINUTES },
  /** One user over all addresses. */
  user: { limit: 30, window: HOURS },
  /** One user over all addresses, or one known device, until a login succeeds: NIST SP 800-63B-4, section 3.2.2. */
  consecutive: { limit: 100, window: 365 * DAYS },
} as const;

/** The net over the whole installation is spread over so many rows that none of them is every login's bottleneck. */
const SHARDS = 16;

/** Whose login it is: a user; or, if the identifier matches no user, the identifier's digest. */
export type LoginSubject = { readonly userId: UserId } | { readonly digest: string };

export interface LoginToCount {
  readonly subject: LoginSubject;
  readonly ipAddress: string;
  readonly knownDevice: DeviceId | null;
  /** Failures a minute over the whole installation from which on logins of unknown devices are refused; null: no such net. */
  readonly installation: number | null;
}

export interface LoginLimits {
  readonly all: readonly Limit[];
  readonly pair: Limit;
  /** The narrowest network: everything that its clients try counts for it; null for a known device. */
  readonly network: Limit | null;
  /** If it is used up, the device is no longer known; null if it is not known anyway. */
  readonly device: Limit | null;
  /**
   * Too many failures in a row: only a login that proves more than a password lifts it. Null for a known device, which then
   * counts as unknown.
   */
  readonly consecutive: Limit | null;
  /** The net over the whole installation; null if it is off, or for a known device. */
  readonly installation: Limit | null;
  /** Forgotten when the password is right. */
  readonly ownKeys: readonly string[];
  /** Given back when the password is right. */
  readonly sharedKeys: readonly string[];
}

/** The limits of one attempt. */
export const loginLimits = ({ subject, ipAddress, knownDevice, installation }: LoginToCount): LoginLimits =>
  knownDevice ? deviceLimits(knownDevice) : networkLimits(nameOf(subject), ipAddress, installation);

/**
 * A known device counts for itself and for nothing else: an attacker elsewhere, even behind the same address, does not lock
 * the owner out there. It opens no way around the wide nets: it is known for that one user only, and no longer after a
 * hundred guesses.
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

/** The keys to forget when the user has proved by mail to be the owner. */
export const userKeys = (userId: UserId): string[] => Object.values(userNets(nameOf({ userId }))).map(({ key }) => key);

/** E-mail address and username of a user are one subject: two spellings of one account must not be two budgets. */
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
