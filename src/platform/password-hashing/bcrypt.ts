import { createRequire } from "node:module";

/** Verifies bcrypt hashes of other systems. New hashes never use bcrypt. */
export interface BcryptBackend {
  verify(hash: string, password: Uint8Array): Promise<boolean>;
}

/** The part of `@node-rs/bcrypt` that is used. */
interface BcryptModule {
  verify(password: Uint8Array, hash: string): Promise<boolean>;
}

/** Loads the verifier into this process. Only call it after its self-check has passed in another process. */
export const loadBcrypt = (specifier: string): BcryptBackend => {
  const native = createRequire(import.meta.url)(specifier) as BcryptModule;
  return { verify: (hash, password) => native.verify(password, hash) };
};
