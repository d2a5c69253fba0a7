import { randomBytes } from "node:crypto";
import { AppError } from "#shared/errors";
import { MAX_RAW_PASSWORD_LENGTH, normalizePassword } from "#shared/password-text";
import type { Logger } from "../logging.ts";
import { type Argon2Parameters, DEFAULT_PARAMETERS } from "./argon2.ts";
import type { ChosenBackends } from "./choose-backend.ts";
import type { HashingQueue } from "./hashing-queue.ts";
import { type HashScheme, hashOfNothing, SchemeCosts, schemeName, schemeOf } from "./scheme-costs.ts";
import {
  DEFAULT_FOREIGN_LIMITS,
  type ForeignLimits,
  isAffordable,
  isCurrent,
  parseStoredHash,
  type StoredHash,
} from "./stored-hash.ts";

export interface PasswordHasherOptions {
  readonly backends: Pick<ChosenBackends, "argon2" | "bcrypt">;
  readonly queue: Pick<HashingQueue, "run">;
  readonly log: Pick<Logger, "warn">;
  readonly parameters?: Argon2Parameters;
  readonly foreignLimits?: ForeignLimits;
  /** Milliseconds of a monotonic clock. */
  readonly elapsed?: () => number;
}

/** The result of verifying the password of a login. */
export interface Verdict {
  readonly right: boolean;
  /** Milliseconds that a refusal must still wait, so that its duration does not reveal how the password is stored. */
  readonly delayMs: number;
}

/**
 * Hashes passwords with argon2id, and verifies them and hashes that other systems made with argon2 or bcrypt.
 *
 * Every method uses the queue, and throws SERVICE_UNAVAILABLE if it is full or if the computation fails: "busy" must not look
 * like "wrong password".
 */
export class PasswordHasher {
  readonly #backends: Pick<ChosenBackends, "argon2" | "bcrypt">;
  readonly #queue: Pick<HashingQueue, "run">;
  readonly #log: Pick<Logger, "warn">;
  readonly #parameters: Argon2Parameters;
  readonly #foreignLimits: ForeignLimits;
  readonly #dummy: StoredHash;
  readonly #reported = new Set<string>();
  readonly #elapsed: () => number;
  readonly #costs: SchemeCosts;

  constructor({
    backends,
    queue,
    log,
    parameters = DEFAULT_PARAMETERS,
    foreignLimits = DEFAULT_FOREIGN_LIMITS,
    elapsed = () => performance.now(),
  }: PasswordHasherOptions) {
    this.#backends = backends;
    this.#queue = queue;
    this.#log = log;
    this.#parameters = parameters;
    this.#foreignLimits = foreignLimits;
    this.#elapsed = elapsed;
    const own: HashScheme = { kind: "argon2", ...parameters };
    this.#dummy = dummyHash(own);
    this.#costs = new SchemeCosts({ own, time: (scheme) => this.#time(scheme) });
  }

  /**
   * A PHC string for a new password.
   *
   * @throws {AppError} BAD_REQUEST/WEAK_PASSWORD if it is too long to be processed
   */
  async hash(password: string): Promise<string> {
    if (isTooLong(password)) {
      throw new AppError("BAD_REQUEST", { reason: "WEAK_PASSWORD", message: "The password is too long." });
    }
    const bytes = Buffer.from(normalizePassword(password));
    return this.#run(() => this.#backends.argon2.hash(bytes, this.#parameters));
  }

  /**
   * Whether the password matches the hash. For a hash that is malformed, exceeds the cost limits or cannot be computed here, it
   * returns false after the time of a wrong password.
   */
  async verify(hash: string, password: string): Promise<boolean> {
    return (await this.#verify(this.#computable(hash) ?? this.#dummy, password)).right;
  }

  /**
   * Like `verify`, but with a dummy hash if `hash` is null. Foreign hashes take the time of their own parameters until they are
   * rehashed. So that a refusal does not reveal them, the caller waits for `delayMs` before it responds, outside the queue.
   */
  async verifyLogin(hash: string | null, password: string): Promise<Verdict> {
    const stored = (hash === null ? null : this.#computable(hash)) ?? this.#dummy;
    const { right, computations, ranMs } = await this.#verify(stored, password);
    if (isCurrent(stored, this.#parameters) && computations > 0) this.#costs.observeOwn(ranMs / computations);
    return { right, delayMs: Math.max(0, this.#costs.refusalMs * computations - ranMs) };
  }

  /** Takes as long as `verify` with a wrong password, and returns false: the time must not reveal which accounts exist. */
  async verifyDummy(password: string): Promise<false> {
    await this.#verify(this.#dummy, password);
    return false;
  }

  /** The scheme of a stored hash; null if it cannot be computed here. */
  schemeOf(hash: string): HashScheme | null {
    const stored = parseStoredHash(hash);
    return stored !== null && this.#faultOf(stored) === null ? schemeOf(stored) : null;
  }

  /** Milliseconds that verifying with this scheme takes on this machine when it is idle. Measured once. */
  costMs(scheme: HashScheme): Promise<number> {
    return this.#costs.costMs(scheme);
  }

  /** Sets which schemes are stored: refused logins take as long as the slowest of them. */
  setSchemesInUse(schemes: readonly HashScheme[]): Promise<void> {
    return this.#costs.setInUse(schemes);
  }

  /** Whether a foreign hash can be verified here: its format is known, its method works, and it is within the cost limits. */
  accepts(hash: string): boolean {
    return this.#faultOf(parseStoredHash(hash)) === null;
  }

  /**
   * Whether a hash should be replaced by a new one of the password that it verified: it is foreign, or has outdated parameters.
   * Never if bcrypt has verified only the first 72 bytes, because any other ending would become the password.
   */
  needsRehash(hash: string, password: string): boolean {
    const stored = parseStoredHash(hash);
    if (stored === null) return true;
    if (stored.kind === "bcrypt") return this.#spellings(stored, password).every(fitsBcrypt);
    return !isCurrent(stored, this.#parameters);
  }

  async #verify(
    stored: StoredHash,
    password: string,
  ): Promise<{ readonly right: boolean; readonly computations: number; readonly ranMs: number }> {
    if (isTooLong(password)) return { right: false, computations: 0, ranMs: 0 };
    return this.#run(async () => {
      const started = this.#elapsed();
      let [right, computations] = [false, 0];
      for (const spelling of this.#spellings(stored, password)) {
        computations += 1;
        right = await this.#matches(stored, Buffer.from(spelling));
        if (right) break;
      }
      return { right, computations, ranMs: this.#elapsed() - started };
    });
  }

  /** Milliseconds of one computation with this scheme; rejects if it cannot be computed here. */
  #time(scheme: HashScheme): Promise<number> {
    return this.#run(async () => {
      const nothing = dummyHash(scheme);
      const started = this.#elapsed();
      await this.#matches(nothing, Buffer.from("a password"));
      return this.#elapsed() - started;
    });
  }

  /**
   * The spellings that may have been hashed. Portcullis normalizes passwords, other systems mostly do not, and the parameters do
   * not reliably show which system it was (ours may have changed; others use the same). So all spellings are tried, the most
   * likely first. Passwords that normalization does not change, such as ASCII, take one computation. Keyboards of Apple's systems
   * typed letters and accents separately (NFD).
   */
  #spellings(stored: StoredHash, password: string): readonly string[] {
    const normalized = normalizePassword(password);
    const likely = isCurrent(stored, this.#parameters) ? [normalized, password] : [password, normalized];
    return [...new Set([...likely, password.normalize("NFC"), password.normalize("NFD")])];
  }

  async #matches(stored: StoredHash, password: Uint8Array): Promise<boolean> {
    return (await this.#backends[stored.kind]?.verify(stored.text, password)) ?? false;
  }

  /** The parsed hash, if it can and may be computed here. */
  #computable(hash: string): StoredHash | null {
    const stored = parseStoredHash(hash);
    const fault = this.#faultOf(stored);
    return fault === null ? stored : this.#refuse(fault);
  }

  #faultOf(stored: StoredHash | null): string | null {
    if (stored === null) return "is malformed";
    if (this.#backends[stored.kind] === null) return `was made with ${stored.kind}, which does not work here`;
    if (isCurrent(stored, this.#parameters) || isAffordable(stored, this.#foreignLimits)) return null;
    return "costs more than the limits for foreign hashes allow";
  }

  /** Logs each fault once: a flood of logins must not become a flood of log lines. */
  #refuse(fault: string): null {
    if (!this.#reported.has(fault)) {
      this.#reported.add(fault);
      this.#log.warn({ fault }, "refused a stored password hash; its owner must reset the password");
    }
    return null;
  }

  #run<T>(task: () => Promise<T>): Promise<T> {
    return this.#queue.run(async () => {
      try {
        return await task();
      } catch (cause) {
        throw new AppError("SERVICE_UNAVAILABLE", { cause });
      }
    });
  }
}

/** The number of bytes that bcrypt uses. */
const BCRYPT_MAX_BYTES = 72;

const fitsBcrypt = (spelling: string): boolean => Buffer.byteLength(spelling) <= BCRYPT_MAX_BYTES;

const isTooLong = (password: string): boolean => password.length > MAX_RAW_PASSWORD_LENGTH;

/** A hash that matches no password, but costs as much as a real one of this scheme. */
const dummyHash = (scheme: HashScheme): StoredHash => {
  const stored = parseStoredHash(hashOfNothing(scheme, randomBytes));
  if (stored === null) throw new RangeError(`Unknown scheme: ${schemeName(scheme)}`);
  return stored;
};
