import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from "node:crypto";

/** One key of the ring: 32 bytes, and the name that identifies it in encrypted values. */
export interface RingKey {
  readonly id: string;
  readonly secret: Buffer;
}

/** The purpose of a MAC. Each purpose has its own key, so that a token of one kind is never valid as another. */
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

/** The result of re-encrypting stored secrets with the newest key of the ring. */
export interface Reencryption {
  readonly renewed: number;
  /** Secrets that no key of the ring can decrypt: they are unchanged, and lost until that key is added again. */
  readonly unreadable: number;
}

/** No key of the ring can decrypt a secret: SECRET_KEYS does not belong to this database. */
export class UnreadableSecretError extends Error {}

/** The tag length of AES-GCM. Without it, Node also accepts shorter tags, down to four bytes. */
const TAG_BYTES = 16;

/**
 * Encrypts stored secrets (AES-256-GCM) and signs the tokens that are derived instead of stored (HMAC-SHA-256). The newest key
 * comes first and is used to encrypt and sign; all keys of the ring can decrypt and verify.
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

  /** Encrypts; `context` identifies the kind of secret and its owner, and is required again to decrypt (associated data). */
  encrypt(plaintext: Buffer, context: string): string {
    const key = this.#newest;
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", derive(key.secret, "encrypt"), iv).setAAD(Buffer.from(context));
    const sealed = Buffer.concat([cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
    return `${key.id}.${iv.toString("base64url")}.${sealed.toString("base64url")}`;
  }

  /** @throws {UnreadableSecretError} if the key is not in the ring, or the text was changed or belongs to another context */
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

  /**
   * The same secret encrypted with the newest key; null if it already is.
   *
   * @throws {UnreadableSecretError} like `decrypt`
   */
  reencrypt(text: string, context: string): string | null {
    if (text.startsWith(`${this.#newest.id}.`)) return null;
    return this.encrypt(this.decrypt(text, context), context);
  }

  /** The MAC (32 bytes) of `message` with the newest key. */
  sign(purpose: MacPurpose, message: Buffer): Buffer {
    return this.#mac(this.#newest, purpose, message);
  }

  /** The MACs with all keys of the ring, newest first: for values that are derived from a MAC and are shorter. */
  signWithEach(purpose: MacPurpose, message: Buffer): readonly Buffer[] {
    return this.#keys.map((key) => this.#mac(key, purpose, message));
  }

  /** Whether any key of the ring created this MAC, compared in constant time. */
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

/** A key for a single use (HKDF, RFC 5869). */
const derive = (secret: Buffer, use: string): Buffer =>
  Buffer.from(hkdfSync("sha256", secret, "", `portcullis:${use}`, 32));
