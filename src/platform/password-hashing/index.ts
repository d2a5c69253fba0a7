export { type Argon2Parameters, DEFAULT_PARAMETERS } from "./argon2.ts";
export { type BackendPreference, chooseBackend, HashingUnknownError } from "./choose-backend.ts";
export { createPasswordHashing } from "./create-password-hashing.ts";
export { measureHashes, measureHashing } from "./hashing-metrics.ts";
export { HashingQueue } from "./hashing-queue.ts";
export { PasswordHasher, type Verdict } from "./password-hasher.ts";
export { type HashScheme, parseSchemeName, schemeName } from "./scheme-costs.ts";
export type { ForeignLimits } from "./stored-hash.ts";
