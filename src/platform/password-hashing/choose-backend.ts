import type { Logger } from "../logging.ts";
import { type Argon2Backend, type Argon2BackendName, type Argon2Parameters, loadArgon2 } from "./argon2.ts";
import { type BcryptBackend, loadBcrypt } from "./bcrypt.ts";
import { CHECK_TIMEOUT_MS, checkArgon2, checkBcrypt, type Health, randomSalt } from "./self-check.ts";

export type BackendPreference = "auto" | Argon2BackendName;

/** Where the native modules are; tests point these at modules that crash or lie. */
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
  readonly timeoutMs?: number;
}

export interface ChosenBackends {
  readonly argon2: Argon2Backend;
  /** Null where the module does not work here: hashes made with bcrypt then verify as wrong. */
  readonly bcrypt: BcryptBackend | null;
}

/**
 * Finds out at start which native modules work on this machine, each in a process of its own, and loads those. Throws where
 * none can compute argon2, or where the one asked for cannot.
 */
export const chooseBackend = async ({
  preference,
  parameters,
  log,
  specifiers,
  timeoutMs = CHECK_TIMEOUT_MS,
}: ChooseBackendOptions): Promise<ChosenBackends> => {
  const modules = { ...PACKAGES, ...specifiers };
  const salt = randomSalt();
  const check = (name: Argon2BackendName, specifier: string) =>
    preference === "auto" || preference === name
      ? checkArgon2({ specifier, timeoutMs, parameters, salt })
      : NOT_ASKED_FOR;
  const [argon2, nodeRs, bcrypt] = await Promise.all([
    check("argon2", modules.argon2),
    check("node-rs", modules.nodeRs),
    checkBcrypt({ specifier: modules.bcrypt, timeoutMs }),
  ]);

  if (!bcrypt.healthy)
    log.warn({ why: bcrypt.why }, "bcrypt does not work here; passwords imported with it cannot be verified");
  const name = choose(preference, argon2, nodeRs, log);
  return {
    argon2: loadArgon2(name, name === "argon2" ? modules.argon2 : modules.nodeRs),
    bcrypt: bcrypt.healthy ? loadBcrypt(modules.bcrypt) : null,
  };
};

const NOT_ASKED_FOR: Health = { healthy: false, loaded: false, why: "another backend was asked for" };

/** The faster one where both work and agree; argon2 in doubt. */
const choose = (
  preference: BackendPreference,
  argon2: Health,
  nodeRs: Health,
  log: ChooseBackendOptions["log"],
): Argon2BackendName => {
  if (!argon2.healthy && !nodeRs.healthy) {
    throw new Error(`Passwords cannot be hashed here. argon2: ${argon2.why}. @node-rs/argon2: ${nodeRs.why}.`);
  }
  if (preference !== "auto") return preference;
  if (!argon2.healthy) {
    log.warn({ why: argon2.why }, "argon2 does not work here; @node-rs/argon2 hashes passwords alone");
    return "node-rs";
  }
  if (!nodeRs.healthy) {
    if (!nodeRs.loaded)
      log.info({ why: nodeRs.why }, "@node-rs/argon2 is not there; argon2 hashes passwords, more slowly");
    else log.warn({ why: nodeRs.why }, "@node-rs/argon2 does not work here; argon2 hashes passwords, more slowly");
    return "argon2";
  }
  // Same password, salt and parameters: where the strings are equal, each one verifies what the other makes.
  if (argon2.hash !== nodeRs.hash) {
    log.warn({}, "@node-rs/argon2 and argon2 do not agree; argon2 hashes passwords alone");
    return "argon2";
  }
  return "node-rs";
};
