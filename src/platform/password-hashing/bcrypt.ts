import { createRequire } from "node:module";

/** Verifies what other systems hashed with bcrypt. Nothing new is hashed with it. */
export interface BcryptBackend {
  verify(hash: string, password: Uint8Array): Promise<boolean>;
}

/** The part of `@node-rs/bcrypt` that is used. */
interface BcryptModule {
  verify(password: Uint8Array, hash: string): Promise<boolean>;
}

/** Loads the verifier into this process; only after its self-check has passed in another one. */
export const loadBcrypt = (specifier: string): BcryptBackend => {
  const native = createRequire(import.meta.url)(specifier) as BcryptModule;
  return { verify: (hash, password) => native.verify(password, hash) };
};
