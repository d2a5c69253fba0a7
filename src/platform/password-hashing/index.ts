export { type Argon2BackendName, type Argon2Parameters, DEFAULT_PARAMETERS } from "./argon2.ts";
export { type BackendPreference, chooseBackend } from "./choose-backend.ts";
export { createPasswordHashing, type PasswordHashing, type PasswordHashingOptions } from "./create-password-hashing.ts";
export { defaultConcurrency, type FinishedRun, HashingQueue, type HashingQueueOptions } from "./hashing-queue.ts";
export { PasswordHasher, type PasswordHasherOptions } from "./password-hasher.ts";
export { DEFAULT_FOREIGN_LIMITS, type ForeignLimits } from "./stored-hash.ts";
