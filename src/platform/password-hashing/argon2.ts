import { createRequire } from "node:module";

export interface Argon2Parameters {
  readonly memoryKiB: number;
  readonly passes: number;
  readonly parallelism: number;
}

/** OWASP's password storage cheat sheet: argon2id with 19 MiB, two passes, one lane. */
export const DEFAULT_PARAMETERS: Argon2Parameters = { memoryKiB: 19_456, passes: 2, parallelism: 1 };

/** Sizes of new hashes and salts, in bytes. */
export const HASH_BYTES = 32;
export const SALT_BYTES = 16;

/** Computes argon2. Both backends read and write the same PHC strings, so that one can replace the other. */
export interface Argon2Backend {
  readonly name: Argon2BackendName;
  /** A PHC string: argon2id, version 19, a random salt. */
  hash(password: Uint8Array, parameters: Argon2Parameters): Promise<string>;
  /** Verifies any PHC string of argon2, with the parameters in it. */
  verify(hash: string, password: Uint8Array): Promise<boolean>;
}

export type Argon2BackendName = "argon2" | "node-rs";

/** The common interface of `argon2` and `@node-rs/argon2`. */
interface Argon2Module {
  hash(password: Uint8Array, options: Readonly<Record<string, number>>): Promise<string>;
  verify(hash: string, password: Uint8Array): Promise<boolean>;
}

const ARGON2ID = 2;

/** The options of both packages: each uses its own names and ignores the other's. */
export const moduleOptions = ({ memoryKiB, passes, parallelism }: Argon2Parameters) => ({
  memoryCost: memoryKiB,
  timeCost: passes,
  parallelism,
  type: ARGON2ID,
  hashLength: HASH_BYTES,
  algorithm: ARGON2ID,
  outputLen: HASH_BYTES,
});

/**
 * Loads a backend into this process. Only call it after its self-check has passed in another process: a prebuilt binary that does
 * not fit the machine crashes its process.
 */
export const loadArgon2 = (name: Argon2BackendName, specifier: string): Argon2Backend => {
  const native = createRequire(import.meta.url)(specifier) as Argon2Module;
  return {
    name,
    hash: (password, parameters) => native.hash(password, moduleOptions(parameters)),
    verify: (hash, password) => native.verify(hash, password),
  };
};
