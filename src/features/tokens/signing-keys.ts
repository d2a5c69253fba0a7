import { randomBytes } from "node:crypto";
import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import type { Clock } from "#platform/clock";
import type { Database, Db } from "#platform/database/database";
import { isDatabaseAway } from "#platform/database/errors";
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
  JWKS_MAX_AGE,
  JWKS_STALE_WHILE_REVALIDATE,
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
  readonly privateKey: CryptoKey | Uint8Array;
  readonly verifyKey: CryptoKey | Uint8Array;
}

/** There is no such key, or not any more. */
export class UnknownSigningKeyError extends Error {
  override readonly name = "UnknownSigningKeyError";

  constructor(kid: string) {
    super(`There is no signing key ${kid}.`);
  }
}

export interface SigningKeysDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly keyRing: KeyRing;
  readonly algorithm: SigningAlgorithm;
  readonly accessTokenSeconds: number;
}

/** How long a replica may not know of a rotation, in milliseconds. */
const RELOAD_AFTER = MINUTE;
/** A token with an unknown `kid` makes us look for a new key, but not more often than this. */
const RELOAD_AT_MOST_EVERY = 5 * SECOND;

/** What the rotation itself takes, an answer's way, and clocks that do not agree. */
const MARGIN = MINUTE;

/** Seconds after which every cache of our key set, here and elsewhere, knows a new key: only then may it sign. */
export const SAFE_ACTIVATION = JWKS_MAX_AGE + JWKS_STALE_WHILE_REVALIDATE + (RELOAD_AFTER + MARGIN) / SECOND;

/** What a rotation did: which key signs from when, and when the one before is no longer published. */
export interface KeyRotation {
  readonly kid: string;
  readonly activeFrom: Date;
  readonly previousRetiresAt: Date;
}

/** What a withdrawal did: which key signs now, and whether it is new. */
export interface KeyRevocation {
  readonly kid: string;
  readonly isNew: boolean;
}

/** The channel on which Postgres announces that a key was withdrawn. */
const CHANNEL = "portcullis_signing_keys";

/** The keys that sign access tokens: shared by all replicas, rotated without downtime. */
export class SigningKeys {
  #keys: readonly SigningKey[] = [];
  #loadedAt = new Date(0);
  #loading: Promise<void> | null = null;

  constructor(private readonly deps: SigningKeysDeps) {}

  /** Loads the keys, and makes the first one of a fresh installation (or of another algorithm). */
  async start(): Promise<void> {
    const { db, clock, algorithm } = this.deps;
    await this.#load();
    // One that is about to retire does not count: the algorithm was another meanwhile.
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

  /** Learns immediately of keys that are withdrawn, and again after a lost connection. */
  async follow(database: Pick<Database, "listen">): Promise<void> {
    const reload = () => void this.#load().catch(() => {});
    await database.listen(CHANNEL, reload, reload);
  }

  /** Whether a key of that name is published, as far as is known now. */
  isPublished(kid: string): boolean {
    return publishedKeysAt(this.#keys, this.deps.clock.now()).some((key) => key.kid === kid);
  }

  /** The key that signs now. */
  async current(): Promise<SigningKey> {
    await this.#refresh(RELOAD_AFTER);
    const key = signingKeyAt(this.#ofAlgorithm(), this.deps.clock.now());
    if (key === null) throw new Error("There is no active signing key.");
    return key;
  }

  /** The published key of that name, or null. */
  async find(kid: string): Promise<SigningKey | null> {
    const lookUp = () => publishedKeysAt(this.#keys, this.deps.clock.now()).find((key) => key.kid === kid) ?? null;
    const known = lookUp();
    if (known) {
      // An announcement may have been missed. Nobody waits for that.
      void this.#refresh(RELOAD_AFTER).catch(() => {});
      return known;
    }
    await this.#refresh(RELOAD_AT_MOST_EVERY);
    return lookUp();
  }

  /** The public keys as a JSON Web Key Set (RFC 7517). Symmetric keys are never in it. */
  async jwks(): Promise<{ keys: JWK[] }> {
    // While the database is unavailable, published keys stay valid: services that verify offline must not depend on it.
    await this.#refresh(RELOAD_AFTER).catch((error: unknown) => {
      if (!isDatabaseAway(error)) throw error;
    });
    const published = publishedKeysAt(this.#keys, this.deps.clock.now());
    // In one order everywhere: the same keys are the same answer, whichever replica gives it.
    const sorted = published.toSorted((one, other) => one.kid.localeCompare(other.kid));
    return { keys: sorted.flatMap(({ publicJwk }) => (publicJwk ? [publicJwk] : [])) };
  }

  /**
   * Adds a key that signs from `activateAfter` seconds on. Until then it is published, so that caches elsewhere know it;
   * the present key stays published until its last token has expired.
   */
  async rotate(activateAfter: number = SAFE_ACTIVATION): Promise<KeyRotation> {
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
   * Withdraws a key that has leaked: from now on no replica accepts what it signed. If it was the one that signs, a new key
   * signs immediately, although other services do not know it yet.
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

  /** Puts the keys that are still needed under the newest key of the ring. One that no key opens keeps us from starting at all. */
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

  /** One load at a time; whoever comes meanwhile waits for it. */
  #load(): Promise<void> {
    this.#loading ??= this.#read().finally(() => {
      this.#loading = null;
    });
    return this.#loading;
  }

  async #read(): Promise<void> {
    // Those that have retired stay closed: the key that encrypts them may have left the ring.
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
    const privateKey = await importJWK(jwk, algorithm);
    const verifyKey = row.publicJwk ? await importJWK(row.publicJwk, algorithm) : privateKey;
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

const context = (kid: string): string => `signing-key:${kid}`;

const generateJwks = async (algorithm: SigningAlgorithm): Promise<{ privateJwk: JWK; publicJwk: JWK | null }> => {
  if (algorithm === "HS256")
    return { privateJwk: { kty: "oct", k: randomBytes(32).toString("base64url") }, publicJwk: null };
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  return { privateJwk: await exportJWK(privateKey), publicJwk: await exportJWK(publicKey) };
};
