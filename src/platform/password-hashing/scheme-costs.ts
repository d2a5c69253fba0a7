import { type Argon2Parameters, HASH_BYTES, SALT_BYTES } from "./argon2.ts";
import type { StoredHash } from "./stored-hash.ts";

/** The parameters that determine the cost of a stored hash. */
export type HashScheme =
  | { readonly kind: "bcrypt"; readonly cost: number }
  | ({ readonly kind: "argon2" } & Argon2Parameters);

/** The scheme of a hash. */
export const schemeOf = (stored: StoredHash): HashScheme =>
  stored.kind === "bcrypt"
    ? { kind: "bcrypt", cost: stored.cost }
    : {
        kind: "argon2",
        memoryKiB: stored.memoryKiB,
        passes: stored.passes,
        parallelism: stored.parallelism,
      };

/** A unique text for each scheme. */
export const schemeName = (scheme: HashScheme): string =>
  scheme.kind === "bcrypt"
    ? `bcrypt:${scheme.cost}`
    : `argon2:m=${scheme.memoryKiB},t=${scheme.passes},p=${scheme.parallelism}`;

/** The scheme with this name; null if the name is invalid. */
export const parseSchemeName = (name: string): HashScheme | null => {
  const bcrypt = /^bcrypt:(\d+)$/.exec(name);
  if (bcrypt) return { kind: "bcrypt", cost: Number(bcrypt[1]) };
  const argon2 = /^argon2:m=(\d+),t=(\d+),p=(\d+)$/.exec(name);
  if (!argon2) return null;
  const [, memoryKiB, passes, parallelism] = argon2.map(Number) as [number, number, number, number];
  return { kind: "argon2", memoryKiB, passes, parallelism };
};

/** A hash of this scheme that no password matches, but that costs as much as a real one. */
export const hashOfNothing = (scheme: HashScheme, random: (bytes: number) => Buffer): string => {
  if (scheme.kind === "bcrypt") {
    const cost = String(scheme.cost).padStart(2, "0");
    return `$2b$${cost}$${"abcdefghijklmnopqrstuu"}${"7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG"}`;
  }
  const text = (bytes: number) => random(bytes).toString("base64").replace(/=+$/, "");
  const { memoryKiB, passes, parallelism } = scheme;
  return `$argon2id$v=19$m=${memoryKiB},t=${passes},p=${parallelism}$${text(SALT_BYTES)}$${text(HASH_BYTES)}`;
};

/** Above this cost, the time of bcrypt is extrapolated instead of measured: each step doubles it. */
const HIGHEST_MEASURED_BCRYPT = 10;

/** The shortest of several measurements counts, because other work on the machine only makes them longer. */
const MEASUREMENTS = 3;

/** Refusals wait this much longer than the slowest scheme takes, so that refusals with that scheme wait, too. */
const HEADROOM = 1.25;

/**
 * How many times longer than measured a computation may seem to take: on a stalled machine refusals must not wait indefinitely.
 */
const HIGHEST_LOAD = 4;

/** Weight of the newest run in the moving average of the load. */
const SMOOTHING = 0.1;

export interface SchemeCostsOptions {
  /** The scheme of new hashes and of the dummy hash. */
  readonly own: HashScheme;
  /** Verifies a hash of nothing with this scheme, and returns the milliseconds it took. */
  readonly time: (scheme: HashScheme) => Promise<number>;
}

/**
 * How long verifying takes with each scheme on this machine. A refused login must take as long as one with the slowest stored
 * scheme. Otherwise the time would reveal which accounts exist and were imported.
 */
export class SchemeCosts {
  readonly #options: SchemeCostsOptions;
  readonly #measured = new Map<string, Promise<number>>();
  /** Milliseconds of the slowest scheme in use; null if all hashes have the current scheme. */
  #slowestMs: number | null = null;
  #ownMs: number | null = null;
  /** How many times longer than measured hashes currently take, because the machine is busy. */
  #load = 1;

  constructor(options: SchemeCostsOptions) {
    this.#options = options;
  }

  /** Milliseconds that verifying a hash of this scheme takes on an idle machine; measured once. */
  costMs(scheme: HashScheme): Promise<number> {
    const name = schemeName(scheme);
    const known = this.#measured.get(name) ?? this.#measure(scheme);
    this.#measured.set(name, known);
    known.catch(() => this.#measured.delete(name));
    return known;
  }

  /** Sets which schemes are stored. If all are the current one, nothing is measured and no refusal waits. */
  async setInUse(schemes: readonly HashScheme[]): Promise<void> {
    const own = schemeName(this.#options.own);
    if (schemes.every((scheme) => schemeName(scheme) === own)) {
      this.#slowestMs = null;
      return;
    }
    this.#ownMs = await this.costMs(this.#options.own);
    let slowest = this.#ownMs;
    for (const scheme of schemes) slowest = Math.max(slowest, await this.costMs(scheme));
    this.#slowestMs = slowest;
  }

  /** Records how long one computation with the current scheme took. */
  observeOwn(ranMs: number): void {
    if (this.#ownMs === null || this.#ownMs <= 0) return;
    this.#load += SMOOTHING * (ranMs / this.#ownMs - this.#load);
  }

  /** Milliseconds that a refused login must take for each computation; 0 if all stored hashes take the same time. */
  get refusalMs(): number {
    if (this.#slowestMs === null) return 0;
    return this.#slowestMs * HEADROOM * Math.min(HIGHEST_LOAD, Math.max(1, this.#load));
  }

  async #measure(scheme: HashScheme): Promise<number> {
    if (scheme.kind === "bcrypt" && scheme.cost > HIGHEST_MEASURED_BCRYPT) {
      const measured = await this.costMs({ kind: "bcrypt", cost: HIGHEST_MEASURED_BCRYPT });
      return measured * 2 ** (scheme.cost - HIGHEST_MEASURED_BCRYPT);
    }
    let shortest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < MEASUREMENTS; i++) shortest = Math.min(shortest, await this.#options.time(scheme));
    return shortest;
  }
}
