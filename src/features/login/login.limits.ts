import { networkOf } from "../../platform/ip-address.ts";
import { digest } from "../../platform/limits/digest.ts";
import type { Limit } from "../../platform/limits/limits.ts";
import type { DeviceId, UserId } from "../../shared/ids.ts";

const MINUTES = 60;
const HOURS = 60 * MINUTES;
const DAYS = 24 * HOURS;

/**
 * How many failed logins are weighed, all in one place. Each is counted before the password is looked at and given back
 * when it was right.
 */
export const LOGIN_LIMITS = {
  /** One identifier from one address, or one device its user is known on. Reaching it locks the pair and sends a mail. */
  pair: { limit: 5, window: 15 * MINUTES },
  /** One address, whatever it tries: one password over many accounts. */
  address: { limit: 50, window: 15 * MINUTES },
  /** One identifier over all addresses. */
  identifier: { limit: 30, window: HOURS },
  /** One identifier over all addresses, or one known device, until a login succeeds: NIST SP 800-63B-4, section 3.2.2. */
  consecutive: { limit: 100, window: 365 * DAYS },
  /** Questions by mail whether it was the user, each for a right password: whoever knows it must not flood a mailbox. */
  confirmations: { limit: 20, window: HOURS },
  /** The whole installation, spread over shards so that no row is everybody's bottleneck. */
  shard: { limit: 600, window: MINUTES },
} as const;

const SHARDS = 16;

export interface LoginLimits {
  readonly all: readonly Limit[];
  readonly pair: Limit;
  /** All that the client tries counts for it; null for a known device. */
  readonly address: Limit | null;
  /** Where it is used up, the device is known no longer; null where it is not known anyway. */
  readonly device: Limit | null;
  /** Forgotten when the password is right. */
  readonly ownKeys: readonly string[];
  /** Given back when the password is right. */
  readonly sharedKeys: readonly string[];
}

/** The limits of one attempt. */
export const loginLimits = (identifier: string, ipAddress: string, knownDevice: DeviceId | null): LoginLimits =>
  knownDevice ? deviceLimits(knownDevice) : addressLimits(digest(identifier), digest(networkOf(ipAddress)));

/**
 * A device that its user is known on counts for itself and for nothing else: whoever attacks from elsewhere, even from the
 * same address, does not lock the owner out there. It opens no way around the wide nets, for it is known for that one user
 * only, and no longer once a hundred guesses came from it.
 */
const deviceLimits = (id: DeviceId): LoginLimits => {
  const device = { key: `login:device:${id}`, ...LOGIN_LIMITS.consecutive };
  const pair = { key: `login:pair:${id}`, ...LOGIN_LIMITS.pair };
  return { all: [device, pair], pair, address: null, device, ownKeys: [device.key, pair.key], sharedKeys: [] };
};

/** Takes digests. */
const addressLimits = (name: string, network: string): LoginLimits => {
  const pair = { key: `login:pair:${name}:${network}`, ...LOGIN_LIMITS.pair };
  const address = { key: `login:address:${network}`, ...LOGIN_LIMITS.address };
  const shard = { key: `login:shard:${shardOf(network)}`, ...LOGIN_LIMITS.shard };
  const own = [pair, ...identifierNets(name)];
  return {
    all: [...own, address, shard],
    pair,
    address,
    device: null,
    ownKeys: own.map(({ key }) => key),
    sharedKeys: [address.key, shard.key],
  };
};

/** How often a user is asked by mail about a login. */
export const confirmationLimit = (userId: UserId): Limit => ({
  key: `login:confirmations:${userId}`,
  ...LOGIN_LIMITS.confirmations,
});

/** The keys to forget when the owner of these identifiers has proved himself by mail. */
export const identifierKeys = (identifiers: readonly string[]): string[] =>
  identifiers.flatMap((identifier) => identifierNets(digest(identifier)).map(({ key }) => key));

const identifierNets = (name: string): Limit[] => [
  { key: `login:identifier:${name}`, ...LOGIN_LIMITS.identifier },
  { key: `login:consecutive:${name}`, ...LOGIN_LIMITS.consecutive },
];

const shardOf = (network: string): number => Buffer.from(network, "base64url").readUInt8() % SHARDS;
