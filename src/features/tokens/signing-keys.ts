import { createPrivateKey, createSecretKey, type JsonWebKey, type KeyObject, randomBytes } from "node:crypto";
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import type { Clock } from "#platform/clock";
import type { Database, Db } from "#platform/database/database";
import { isDatabaseUnavailable } from "#platform/database/errors";
import type { KeyRing, Reencryption } from "#platform/secrets";
import { after, MINUTE, SECOND } from "#shared/durations";
import {
  deleteSigningKey,
  deleteSigningKeysRetiredBefore,
  insertSigningKey,
  listSigningKeys,
  lockSigningKeys,
  notifySigningKeys,
  type SigningKeyRow,
  updateSigningKeyCiphertext,
  updateSigningKeysToRetireBy,
} from "./signing-keys.repository.ts";
import {
  JWKS_MAX_AGE_SECONDS,
  JWKS_STALE_WHILE_REVALIDATE_SECONDS,
  publishedKeysAt,
  retirement,
  type SigningAlgorithm,
  signingKeyAt,
} from "./tokens.policy.ts";

export interface SigningKey {
  readonly kid: string;
  readonly algorithm: SigningAlgorithm;
  readonly createdAt: Date;
  readonly activeFrom: Date;
  readonly retiresAt: Date | null;
  readonly publicJwk: JWK | null;
  readonly privateKey: KeyObject;
  readonly verifyKey: CryptoKey | Uint8Array;
}

/** The key does not exist, or no longer exists. */
export class UnknownSigningKeyError extends Error {
  override readonly name = "UnknownSigningKeyError";

  constructor(kid: string) {
    super(`The signing key ${kid} does not exist.`);
  }
}

export interface SigningKeysDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly keyRing: KeyRing;
  readonly algorithm: SigningAlgorithm;
  readonly accessTokenSeconds: number;
}

/** How long a replica may be unaware of a rotation. */
const RELOAD_AFTER_MS = MINUTE;
/** Minimum time between reloads caused by tokens with an unknown `kid`. */
const MIN_RELOAD_INTERVAL_MS = 5 * SECOND;

/** Allowance for the rotation itself, network latency and clock differences. */
const MARGIN_MS = MINUTE;

/** Seconds until every cache of the key set, here and in other services, has a new key. Only then may the key sign. */
export const SAFE_ACTIVATION_SECONDS =
  JWKS_MAX_AGE_SECONDS + JWKS_STALE_WHILE_REVALIDATE_SECONDS + (RELOAD_AFTER_MS + MARGIN_MS) / SECOND;

/** The result of a rotation: the new key, when it starts to sign, and when the previous one is no longer published. */
export interface KeyRotation {
  readonly kid: string;
  readonly activeFrom: Date;
  readonly previousRetiresAt: Date;
}

/** The result of a revocation: the current signing key, and whether it is new. */
export interface KeyRevocation {
  readonly kid: string;
  readonly isNew: boolean;
}

/** The Postgres channel for revoked keys. */
const CHANNEL = "portcullis_signing_keys";

/** The keys that sign access tokens: shared by all replicas, rotated without downtime. */
export class SigningKeys {
  #keys: readonly SigningKey[] = [];
  #loadedAt = new Date(0);
  #loading: Promise<void> | null = null;

  constructor(private readonly deps: SigningKeysDeps) {}

  /** Loads the keys, and creates the first one of a new installation or a new algorithm. */
  async start(): Promise<void> {
    const { db, clock, algorithm } = this.deps;
    await this.#load();
    // A key with a retirement date does not count, because the setting has named another algorithm since.
    const isKept = (key: { algorithm: string; retiresAt: Date | null }) =>
      key.algorithm === algorithm && key.retiresAt === null;
    if (this.#keys.some(isKept)) return;
    const key = await this.#generate(clock.now());
    await db.transaction(async (tx) => {
      await lockSigningKeys(tx);
      const existing = await listSigningKeys(tx);
      if (existing.some(isKept)) return;
      await updateSigningKeysToRetireBy(tx, retirement(key.activeFrom, this.deps.accessTokenSeconds));
      await insertSigningKey(tx, key);
    });
    await this.#load();
  }

  /** Reloads the keys immediately when one is revoked, and after a lost connection. */
  async follow(database: Pick<Database, "listen">): Promise<void> {
    const reload = () => void this.#load().catch(() => {});
    await database.listen(CHANNEL, reload, reload);
  }

  /** Whether a key with this id is published, according to the cached keys. */
  isPublished(kid: string): boolean {
    return publishedKeysAt(this.#keys, this.deps.clock.now()).some((key) => key.kid === kid);
  }

  /** Returns the current signing key. */
  async current(): Promise<SigningKey> {
    await this.#refresh(RELOAD_AFTER_MS);
    const key = signingKeyAt(this.#ofAlgorithm(), this.deps.clock.now());
    if (key === null) throw new Error("No signing key is active.");
    return key;
  }

  /** Returns the published key with this id, or null. */
  async find(kid: string): Promise<SigningKey | null> {
    const lookUp = () => publishedKeysAt(this.#keys, this.deps.clock.now()).find((key) => key.kid === kid) ?? null;
    const known = lookUp();
    if (known) {
      // A notification may have been missed. The caller does not wait for the reload.
      void this.#refresh(RELOAD_AFTER_MS).catch(() => {});
      return known;
    }
    await this.#refresh(MIN_RELOAD_INTERVAL_MS);
    return lookUp();
  }

  /** Returns the public keys as a JSON Web Key Set (RFC 7517), never symmetric keys. */
  async jwks(): Promise<{ keys: JWK[] }> {
    // While the database is unavailable, published keys stay valid, because services that verify offline must not depend on it.
    await this.#refresh(RELOAD_AFTER_MS).catch((error: unknown) => {
      if (!isDatabaseUnavailable(error)) throw error;
    });
    const published = publishedKeysAt(this.#keys, this.deps.clock.now());
    // Sorted, so that all replicas return identical responses for the same keys.
    const sorted = published.toSorted((one, other) => one.kid.localeCompare(other.kid));
    return { keys: sorted.flatMap(({ publicJwk }) => (publicJwk ? [publicJwk] : [])) };
  }

  /**
   * Adds a key that starts to sign after `activateAfter` seconds. It is published until then, so that caches elsewhere have it. The
   * current key stays published until its last token has expired.
   */
  async rotate(activateAfter: number = SAFE_ACTIVATION_SECONDS): Promise<KeyRotation> {
    const { db, clock, accessTokenSeconds } = this.deps;
    const now = clock.now();
    const key = await this.#generate(after(now, activateAfter * SECOND));
    const previousRetiresAt = retirement(key.activeFrom, accessTokenSeconds);
    await db.transaction(async (tx) => {
      await lockSigningKeys(tx);
      await updateSigningKeysToRetireBy(tx, previousRetiresAt);
      await insertSigningKey(tx, key);
      await deleteSigningKeysRetiredBefore(tx, now);
    });
    await this.#load();
    return { kid: key.kid, activeFrom: key.activeFrom, previousRetiresAt };
  }

  /**
   * Revokes a leaked key: from now on, no replica accepts tokens signed by it. If it was the signing key, a new key signs
   * immediately, although other services do not have it yet.
   * @throws {UnknownSigningKeyError}
   */
  async revoke(kid: string): Promise<KeyRevocation> {
    const { algorithm, clock, db } = this.deps;
    const now = clock.now();
    const fresh = await this.#generate(now);
    const signer = await db.transaction(async (tx) => {
      await lockSigningKeys(tx);
      if ((await deleteSigningKey(tx, kid)) === 0) throw new UnknownSigningKeyError(kid);
      const left = (await listSigningKeys(tx)).filter((key) => key.algorithm === algorithm && key.retiresAt === null);
      const successor = signingKeyAt(left, now);
      if (!successor) await insertSigningKey(tx, fresh);
      await notifySigningKeys(tx, CHANNEL);
      return successor;
    });
    await this.#load();
    return { kid: signer?.kid ?? fresh.kid, isNew: signer === null };
  }

  /** Re-encrypts the keys still needed with the newest key of the ring. If one cannot be decrypted, the server does not start at all. */
  async reencrypt(): Promise<Reencryption> {
    const { clock, db, keyRing } = this.deps;
    let renewed = 0;
    for (const row of publishedKeysAt(await listSigningKeys(db), clock.now())) {
      const ciphertext = keyRing.reencrypt(row.encryptedPrivateJwk, context(row.kid));
      if (ciphertext && (await updateSigningKeyCiphertext(db, row, ciphertext))) renewed += 1;
    }
    return { renewed, unreadable: 0 };
  }

  #ofAlgorithm(): readonly SigningKey[] {
    return this.#keys.filter(({ algorithm }) => algorithm === this.deps.algorithm);
  }

  async #refresh(age: number): Promise<void> {
    if (this.deps.clock.now() < after(this.#loadedAt, age)) return;
    await this.#load();
  }

  /** Runs one load at a time; concurrent callers share it. */
  #load(): Promise<void> {
    this.#loading ??= this.#read().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #read(): Promise<void> {
    // Retired keys are not decrypted, because their encryption key may have been removed from the ring.
    const rows = publishedKeysAt(await listSigningKeys(this.deps.db), this.deps.clock.now());
    const known = new Map(this.#keys.map((key) => [key.kid, key]));
    this.#keys = await Promise.all(
      rows.map(async (row) => {
        const key = known.get(row.kid);
        return key ? { ...key, activeFrom: row.activeFrom, retiresAt: row.retiresAt } : this.#import(row);
      }),
    );
    this.#loadedAt = this.deps.clock.now();
  }

  async #import(row: SigningKeyRow): Promise<SigningKey> {
    const { algorithm } = row;
    const jwk = JSON.parse(this.deps.keyRing.decrypt(row.encryptedPrivateJwk, context(row.kid)).toString()) as JWK;
    const privateKey = privateKeyOf(jwk);
    const verifyKey = await importJWK(row.publicJwk ?? jwk, algorithm);
    const { kid, createdAt, activeFrom, retiresAt, publicJwk } = row;
    return { kid, algorithm, createdAt, activeFrom, retiresAt, publicJwk, privateKey, verifyKey };
  }

  async #generate(activeFrom: Date): Promise<SigningKeyRow> {
    const { algorithm, clock, keyRing } = this.deps;
    const { privateJwk, publicJwk } = await generateJwks(algorithm);
    const kid = await calculateJwkThumbprint(publicJwk ?? privateJwk);
    return {
      kid,
      algorithm,
      publicJwk: publicJwk && { ...publicJwk, kid, alg: algorithm, use: "sig" },
      encryptedPrivateJwk: keyRing.encrypt(Buffer.from(JSON.stringify(privateJwk)), context(kid)),
      createdAt: clock.now(),
      activeFrom,
      retiresAt: null,
    };
  }
}

const privateKeyOf = (jwk: JWK): KeyObject =>
  jwk.kty === "oct"
    ? createSecretKey(jwk.k ?? "", "base64url")
    : createPrivateKey({ key: jwk as JsonWebKey, format: "jwk" });

const context = (kid: string): string => `signing-key:${kid}`;

const generateJwks = async (algorithm: SigningAlgorithm): Promise<{ privateJwk: JWK; publicJwk: JWK | null }> => {
  if (algorithm === "HS256")
    return { privateJwk: { kty: "oct", k: randomBytes(32).toString("base64url") }, publicJwk: null };
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return { privateJwk: await exportJWK(privateKey), publicJwk: await exportJWK(publicKey) };
};
