import { getEnvironmentData, setEnvironmentData } from "node:worker_threads";
import type { Logger } from "../logging.ts";
import { type Argon2BackendName, type Argon2Parameters, DEFAULT_PARAMETERS } from "./argon2.ts";
import {
  type BackendChoice,
  type BackendPreference,
  type ChooseBackendOptions,
  type ChosenBackends,
  chooseBackend,
  loadBackends,
} from "./choose-backend.ts";
import { DEFAULT_QUEUED_PER_SLOT, defaultConcurrency, type FinishedRun, HashingQueue } from "./hashing-queue.ts";
import { PasswordHasher } from "./password-hasher.ts";
import type { ForeignLimits } from "./stored-hash.ts";

export interface PasswordHashingOptions {
  readonly log: Pick<Logger, "info" | "warn">;
  readonly parameters?: Argon2Parameters | undefined;
  readonly backend?: BackendPreference | undefined;
  /** The size of libuv's thread pool, on which hashes run. */
  readonly threadPoolSize?: number | undefined;
  /** Concurrent hashes; by default as many as the cores and libuv's thread pool allow. */
  readonly concurrency?: number | undefined;
  /** Callers that may wait; by default 64 for each running hash. */
  readonly maxQueued?: number | undefined;
  readonly foreignLimits?: ForeignLimits | undefined;
  readonly onFinished?: ((run: FinishedRun) => void) | undefined;
}

export interface PasswordHashing {
  readonly hasher: PasswordHasher;
  readonly queue: HashingQueue;
  readonly backend: Argon2BackendName;
  readonly works: ChosenBackends["works"];
}

/** The modules that work on a machine do not change while a process lives, so they are checked once for each setting. */
const choices = new Map<string, Promise<ChosenBackends>>();

const chooseOnce = (options: ChooseBackendOptions): Promise<ChosenBackends> => {
  const key = `password hashing ${JSON.stringify([options.preference, options.parameters])}`;
  const chosen = choices.get(key) ?? chooseInProcess(key, options);
  choices.set(key, chosen);
  // The check may succeed later if the host was too busy.
  chosen.catch(() => choices.delete(key));
  return chosen;
};

/** The checks start three processes. Threads that are started later receive their result. */
const chooseInProcess = async (key: string, options: ChooseBackendOptions): Promise<ChosenBackends> => {
  const known = getEnvironmentData(key) as BackendChoice | undefined;
  if (known !== undefined) return loadBackends(known);
  const chosen = await chooseBackend(options);
  setEnvironmentData(key, { name: chosen.argon2.name, works: chosen.works } satisfies BackendChoice);
  return chosen;
};

/**
 * Checks the native modules and creates the password hashing.
 *
 * @throws {Error} if this machine cannot hash passwords
 */
export const createPasswordHashing = async ({
  log,
  parameters = DEFAULT_PARAMETERS,
  backend: preference = "auto",
  threadPoolSize,
  concurrency = defaultConcurrency(threadPoolSize),
  maxQueued = DEFAULT_QUEUED_PER_SLOT * concurrency,
  foreignLimits,
  onFinished,
}: PasswordHashingOptions): Promise<PasswordHashing> => {
  const backends = await chooseOnce({ preference, parameters, log });
  const queue = new HashingQueue({ concurrency, maxQueued, ...(onFinished && { onFinished }) });
  const hasher = new PasswordHasher({ backends, queue, log, parameters, ...(foreignLimits && { foreignLimits }) });
  const backend = backends.argon2.name;
  log.info({ backend, ...parameters, concurrency, maxQueued }, "password hashing is ready");
  return { hasher, queue, backend, works: backends.works };
};
