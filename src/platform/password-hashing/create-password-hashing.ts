import type { Logger } from "../logging.ts";
import { type Argon2BackendName, type Argon2Parameters, DEFAULT_PARAMETERS } from "./argon2.ts";
import {
  type BackendPreference,
  type ChooseBackendOptions,
  type ChosenBackends,
  chooseBackend,
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
  /** Hashes at once; by default what the cores and libuv's thread pool bear. */
  readonly concurrency?: number | undefined;
  /** Callers who may wait; by default 64 for each hash that runs. */
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

/** What works on a machine does not change while a process lives: it is found out once for each setting. */
const choices = new Map<string, Promise<ChosenBackends>>();

const chooseOnce = (options: ChooseBackendOptions): Promise<ChosenBackends> => {
  const key = JSON.stringify([options.preference, options.parameters]);
  const chosen = choices.get(key) ?? chooseBackend(options);
  choices.set(key, chosen);
  // A host that had no time to find out may have it later.
  chosen.catch(() => choices.delete(key));
  return chosen;
};

/** Checks the native modules and builds what hashes passwords. Throws where this machine cannot. */
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
  log.info({ backend, ...parameters, concurrency, maxQueued }, "passwords can be hashed");
  return { hasher, queue, backend, works: backends.works };
};
