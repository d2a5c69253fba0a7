import { after, MINUTE, SECOND } from "#shared/durations";

export const SIGNING_ALGORITHMS = ["EdDSA", "ES256", "RS256", "HS256"] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** How long others may cache the JWKS, in seconds. */
export const JWKS_MAX_AGE_SECONDS = 300;

/** How much longer a cache may serve it while revalidating (RFC 5861), in seconds, so that requests do not wait for this server. */
export const JWKS_STALE_WHILE_REVALIDATE_SECONDS = 60;

interface KeyTimes {
  readonly createdAt: Date;
  readonly activeFrom: Date;
  readonly retiresAt: Date | null;
}

/**
 * Returns the signing key at `now`: the most recently created active key, or null if none is active. Creation counts, not
 * activation: an urgent rotation overtakes a key that waits for its activation, and that key then never signs.
 */
export const signingKeyAt = <Key extends KeyTimes>(keys: readonly Key[], now: Date): Key | null =>
  publishedKeysAt(keys, now)
    .filter(({ activeFrom }) => activeFrom <= now)
    .reduce<Key | null>((latest, key) => (latest === null || key.createdAt > latest.createdAt ? key : latest), null);

/** Returns the keys needed by verifiers at `now`: current and next signing keys, and those with unexpired tokens. */
export const publishedKeysAt = <Key extends KeyTimes>(keys: readonly Key[], now: Date): Key[] =>
  keys.filter(({ retiresAt }) => retiresAt === null || retiresAt > now);

/** Returns when a key may retire whose successor signs from `nextActiveFrom`: after its last token expires, plus a minute of skew. */
export const retirement = (nextActiveFrom: Date, accessTokenSeconds: number): Date =>
  after(nextActiveFrom, accessTokenSeconds * SECOND + MINUTE);
