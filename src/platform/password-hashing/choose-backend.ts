import type { Logger } from "../logging.ts";
import { type Argon2Backend, type Argon2BackendName, type Argon2Parameters, loadArgon2 } from "./argon2.ts";
import { type BcryptBackend, loadBcrypt } from "./bcrypt.ts";
import {
  CHECK_TIMEOUT_MS,
  checkArgon2,
  checkBcrypt,
  type Health,
  randomSalt,
  TOTAL_CHECK_TIMEOUT_MS,
} from "./self-check.ts";

export type BackendPreference = "auto" | Argon2BackendName;

/** The native modules; tests replace them with modules that crash or return wrong results. */
export interface BackendSpecifiers {
  readonly argon2: string;
  readonly nodeRs: string;
  readonly bcrypt: string;
}

const PACKAGES: BackendSpecifiers = { argon2: "argon2", nodeRs: "@node-rs/argon2", bcrypt: "@node-rs/bcrypt" };

export interface ChooseBackendOptions {
  readonly preference: BackendPreference;
  readonly parameters: Argon2Parameters;
  readonly log: Pick<Logger, "info" | "warn">;
  readonly specifiers?: Partial<BackendSpecifiers>;
  /** The time limits of one attempt, and of all attempts together. */
  readonly timeoutMs?: number;
  readonly totalTimeoutMs?: number;
}

export interface ChosenBackends {
  readonly argon2: Argon2Backend;
  /** Null if the module does not work here: bcrypt hashes are then never verified as correct. */
  readonly bcrypt: BcryptBackend | null;
  /** Which hash formats work here, for the metrics. */
  readonly works: Readonly<Record<"argon2" | "node-rs" | "bcrypt", boolean>>;
}

/**
 * Determines at startup which native modules work on this machine, each in a separate process, and loads those. An inconclusive
 * check is repeated: a server that started without it would reject correct passwords for its whole lifetime.
 *
 * @throws {Error} if no module can compute argon2, if the preferred one cannot, or if a check is still inconclusive after
 *   `totalTimeoutMs`
 */
export const chooseBackend = async ({
  preference,
  parameters,
  log,
  specifiers,
  timeoutMs = CHECK_TIMEOUT_MS,
  totalTimeoutMs = TOTAL_CHECK_TIMEOUT_MS,
}: ChooseBackendOptions): Promise<ChosenBackends> => {
  const modules = { ...PACKAGES, ...specifiers };
  const salt = randomSalt();
  const check = async (name: Argon2BackendName, specifier: string): Promise<Health> =>
    preference === "auto" || preference === name
      ? checkArgon2({ specifier, timeoutMs, parameters, salt })
      : NOT_ASKED_FOR;
  const { argon2, nodeRs, bcrypt } = await untilKnown(totalTimeoutMs, log, {
    argon2: () => check("argon2", modules.argon2),
    nodeRs: () => check("node-rs", modules.nodeRs),
    bcrypt: () => checkBcrypt({ specifier: modules.bcrypt, timeoutMs }),
  });

  if (bcrypt.healthy !== true)
    log.warn({ why: bcrypt.why }, "bcrypt does not work here; passwords imported with it cannot be verified");
  const works = {
    argon2: argon2.healthy === true,
    "node-rs": nodeRs.healthy === true,
    bcrypt: bcrypt.healthy === true,
  };
  return loadBackends({ name: choose(preference, argon2, nodeRs, log), works }, modules);
};

/** The result of the checks. */
export interface BackendChoice {
  readonly name: Argon2BackendName;
  readonly works: ChosenBackends["works"];
}

/** Loads modules that were checked on this machine. */
export const loadBackends = ({ name, works }: BackendChoice, modules = PACKAGES): ChosenBackends => ({
  argon2: loadArgon2(name, name === "argon2" ? modules.argon2 : modules.nodeRs),
  bcrypt: works.bcrypt ? loadBcrypt(modules.bcrypt) : null,
  works,
});

interface Checks<Value> {
  readonly argon2: Value;
  readonly nodeRs: Value;
  readonly bcrypt: Value;
}

/** Repeats the inconclusive checks. One working module for argon2 is sufficient. */
const untilKnown = async (
  totalTimeoutMs: number,
  log: ChooseBackendOptions["log"],
  checks: Checks<() => Promise<Health>>,
): Promise<Checks<Health>> => {
  const began = performance.now();
  let found: Checks<Health> = { argon2: NOT_CHECKED, nodeRs: NOT_CHECKED, bcrypt: NOT_CHECKED };
  for (;;) {
    const again = (name: keyof Checks<Health>): Promise<Health> | Health =>
      found[name].healthy === "unknown" ? checks[name]() : found[name];
    const [argon2, nodeRs, bcrypt] = await Promise.all([again("argon2"), again("nodeRs"), again("bcrypt")]);
    found = { argon2, nodeRs, bcrypt };
    const unknown = listUnknown(found);
    if (unknown.length === 0) return found;
    if (performance.now() - began > totalTimeoutMs)
      throw new HashingUnknownError(`The check of password hashing was inconclusive: ${unknown.join("; ")}.`);
    log.warn({ unknown }, "the check of password hashing was inconclusive; it is repeated");
  }
};

/** The machine is too busy, or hangs. The server does not start before it knows which passwords it can verify. */
export class HashingUnknownError extends Error {}

const listUnknown = ({ argon2, nodeRs, bcrypt }: Checks<Health>): string[] => {
  const oneWorks = argon2.healthy === true || nodeRs.healthy === true;
  const needed = { ...(!oneWorks && { argon2, "@node-rs/argon2": nodeRs }), bcrypt };
  return Object.entries(needed).flatMap(([name, health]) =>
    health.healthy === "unknown" ? [`${name}: ${health.why}`] : [],
  );
};

const NOT_CHECKED: Health = { healthy: "unknown", why: "it was not checked" };

const NOT_ASKED_FOR: Health = { healthy: false, loaded: false, why: "another backend was requested" };

/** The faster module if both work and agree; otherwise argon2. */
const choose = (
  preference: BackendPreference,
  argon2: Health,
  nodeRs: Health,
  log: ChooseBackendOptions["log"],
): Argon2BackendName => {
  if (argon2.healthy !== true && nodeRs.healthy !== true) {
    throw new Error(`Passwords cannot be hashed here. argon2: ${argon2.why}. @node-rs/argon2: ${nodeRs.why}.`);
  }
  if (preference !== "auto") return preference;
  if (argon2.healthy !== true) {
    log.warn({ why: argon2.why }, "argon2 does not work here; @node-rs/argon2 hashes passwords alone");
    return "node-rs";
  }
  if (nodeRs.healthy !== true) {
    if (nodeRs.healthy === false && !nodeRs.loaded)
      log.info({ why: nodeRs.why }, "@node-rs/argon2 is not installed; argon2 hashes passwords, more slowly");
    else log.warn({ why: nodeRs.why }, "@node-rs/argon2 does not work here; argon2 hashes passwords, more slowly");
    return "argon2";
  }
  // Same password, salt and parameters: if the strings are equal, each module can verify the other's hashes.
  if (argon2.hash !== nodeRs.hash) {
    log.warn({}, "@node-rs/argon2 and argon2 do not agree; argon2 hashes passwords alone");
    return "argon2";
  }
  return "node-rs";
};
