import { after, MINUTE, SECOND } from "#shared/durations";

export const SIGNING_ALGORITHMS = ["EdDSA", "ES256", "RS256", "HS256"] as const;
export type SigningAlgorithm = (typeof SIGNING_ALGORITHMS)[number];

/** How long others may cache our JWKS, in seconds. */
export const JWKS_MAX_AGE = 300;

/** How much longer a cache may show it while it asks us for a newer one (RFC 5861), in seconds: nobody waits for us. */
export const JWKS_STALE_WHILE_REVALIDATE = 60;

interface KeyTimes {
  readonly createdAt: Date;
  readonly activeFrom: Date;
  readonly retiresAt: Date | null;
}

/**
 * The key that signs at `now`: of those that are active, the one that was made last. Made, not activated: a rotation in
 * haste overtakes one that still waits for its time, and that key then never signs. Null where none is active.
 */
export const signingKeyAt = <Key extends KeyTimes>(keys: readonly Key[], now: Date): Key | null =>
  publishedKeysAt(keys, now)
    .filter(({ activeFrom }) => activeFrom <= now)
    .reduce<Key | null>((latest, key) => (latest === null || key.createdAt > latest.createdAt ? key : latest), null);

/** The keys others may need at `now`: those that sign, are about to, or signed what has not expired yet. */
export const publishedKeysAt = <Key extends KeyTimes>(keys: readonly Key[], now: Date): Key[] =>
  keys.filter(({ retiresAt }) => retiresAt === null || retiresAt > now);

/** When a key that is followed by one active from `nextActiveFrom` may go: when its last token is gone, and a minute's skew. */
export const retirement = (nextActiveFrom: Date, accessTokenSeconds: number): Date =>
  after(nextActiveFrom, accessTokenSeconds * SECOND + MINUTE);
