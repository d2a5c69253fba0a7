import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

/** One key of the ring: 32 bytes, and the name under which what it encrypted can be told. */
export interface RingKey {
  readonly id: string;
  readonly secret: Buffer;
}

/** Why a MAC is made. Each purpose has a key of its own, so that a token of one kind is never one of another. */
export type MacPurpose =
  | "refresh-token"
  | "link"
  | "login-challenge"
  | "address-proof"
  | "login-number"
  | "passkey-challenge"
  | "enrolment-ticket"
  | "registration-challenge"
  | "unknown-identifier";

/** What came of putting secrets at rest under the newest key of the ring. */
export interface Reencryption {
  readonly renewed: number;
  /** What no key of the ring opens: it is as it was, and lost until that key is back. */
  readonly unreadable: number;
}

/** No key of the ring opens a secret: SECRET_KEYS is not that of this database. */
export class UnreadableSecretError extends Error {}

/** Of AES-GCM. Where it is not named, Node takes shorter ones, too, down to four bytes. */
const TAG_BYTES = 16;

/**
 * Encrypts what is secret at rest (AES-256-GCM) and signs the tokens that are derived instead of stored (HMAC-SHA-256).
 * The newest key comes first: it encrypts and signs; every key of the ring still decrypts and verifies.
 */
export class KeyRing {
  readonly #keys: readonly RingKey[];
  readonly #macKeys = new Map<string, Buffer>();

  constructor(keys: readonly RingKey[]) {
    if (keys.length === 0) throw new Error("The key ring is empty.");
    for (const { id, secret } of keys) {
      if (secret.length !== 32) throw new Error(`Key ${id} of the ring must have 32 bytes.`);
    }
    this.#keys = keys;
  }

  /** Encrypts; `context` says what it is and whose, and must be given again to decrypt (associated data). */
  encrypt(plaintext: Buffer, context: string): string {
    const key = this.#newest;
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", derive(key.secret, "encrypt"), iv).setAAD(Buffer.from(context));
    const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    return `${key.id}.${iv.toString("base64url")}.${sealed.toString("base64url")}`;
  }

  /** Throws where the key is not in the ring, or the text was changed, or belongs to another context. */
  decrypt(text: string, context: string): Buffer {
    const [id = "", iv = "", sealed = ""] = text.split(".");
    const key = this.#keys.find((candidate) => candidate.id === id);
    if (key === undefined)
      throw new UnreadableSecretError(`A secret is encrypted with the key ${id}, which is missing.`);
    const bytes = Buffer.from(sealed, "base64url");
    const decipher = createDecipheriv("aes-256-gcm", derive(key.secret, "encrypt"), Buffer.from(iv, "base64url"), {
      authTagLength: TAG_BYTES,
    })
      .setAAD(Buffer.from(context))
      .setAuthTag(bytes.subarray(-TAG_BYTES));
    try {
      return Buffer.concat([decipher.update(bytes.subarray(0, -TAG_BYTES)), decipher.final()]);
    } catch (cause) {
      throw new UnreadableSecretError(`A secret was encrypted with another key ${id}.`, { cause });
    }
  }

  /** The same secret under the newest key; null where it is under it already. Throws as `decrypt`. */
  reencrypt(text: string, context: string): string | null {
    if (text.startsWith(`${this.#newest.id}.`)) return null;
    return this.encrypt(this.decrypt(text, context), context);
  }

  /** The MAC (32 bytes) of `message` under the newest key. */
  sign(purpose: MacPurpose, message: Buffer): Buffer {
    return this.#mac(this.#newest, purpose, message);
  }

  /** The MACs under all keys of the ring, that of the newest first: for what is derived from a MAC and is shorter than one. */
  signWithEach(purpose: MacPurpose, message: Buffer): readonly Buffer[] {
    return this.#keys.map((key) => this.#mac(key, purpose, message));
  }

  /** Whether any key of the ring made this MAC, compared in constant time. */
  verify(purpose: MacPurpose, message: Buffer, mac: Buffer): boolean {
    return this.#keys.some((key) => {
      const expected = this.#mac(key, purpose, message);
      return expected.length === mac.length && timingSafeEqual(expected, mac);
    });
  }

  get #newest(): RingKey {
    return this.#keys[0] as RingKey;
  }

  #mac(key: RingKey, purpose: MacPurpose, message: Buffer): Buffer {
    const name = `${purpose}:${key.id}`;
    const macKey = this.#macKeys.get(name) ?? derive(key.secret, `mac:${purpose}`);
    this.#macKeys.set(name, macKey);
    return createHmac("sha256", macKey).update(message).digest();
  }
}

/** A key for one use only (HKDF, RFC 5869). */
const derive = (secret: Buffer, use: string): Buffer =>
  Buffer.from(hkdfSync("sha256", secret, "", `portcullis:${use}`, 32));
