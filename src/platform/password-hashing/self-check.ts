import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { type Argon2Parameters, moduleOptions, SALT_BYTES } from "./argon2.ts";

/** The result of checking a native module in a separate process. */
export type Health =
  | { readonly healthy: true /** Its hash, for comparison with the other module. */; readonly hash: string }
  | { readonly healthy: false; readonly loaded: boolean; readonly why: string }
  /** Inconclusive: the machine gave the check too little time or memory. It says nothing about the module. */
  | { readonly healthy: "unknown"; readonly why: string };

/** Limits of one attempt, and of all together: during an incident a host starts hundreds of processes, and may take minutes. */
export const CHECK_TIMEOUT_MS = 60_000;
export const TOTAL_CHECK_TIMEOUT_MS = 600_000;

const PASSWORD = "correct horse battery staple";
/** Created with libargon2 and libxcrypt of Debian, as references independent of the checked modules. */
const KNOWN_ARGON2 = "$argon2id$v=19$m=256,t=2,p=1$cG9ydGN1bGxpcy1zYWx0$kHZSOHCyCJbn/CFPDAxuiVJ5vJMFVTHfRvgV6CdEQp8";
const KNOWN_BCRYPT = "$2b$04$abcdefghijklmnopqrstuu7EJV7kdjBBQxyb0HjTh9KS7.Lah/6CG";

/**
 * The check itself, in plain JavaScript, because the child process has neither tsx nor the compiled files. Arguments: where to
 * resolve from, the specifier, and the task (JSON).
 */
const SCRIPT = `
const { createRequire } = require("node:module");
const [from, specifier, json] = process.argv.slice(1);
const { kind, password, known, options, salt } = JSON.parse(json);
const say = (answer) => process.stdout.write(JSON.stringify(answer));
const load = () => {
  try {
    return createRequire(from)(specifier);
  } catch (error) {
    say({ healthy: false, loaded: false, why: String(error.message).split("\\n")[0] });
  }
};
const right = Buffer.from(password);
const wrong = Buffer.from(password + "!");
const check = async (native) => {
  const verify = (hash, bytes) => (kind === "bcrypt" ? native.verify(bytes, hash) : native.verify(hash, bytes));
  const hash = kind === "bcrypt" ? known : await native.hash(right, { ...options, salt: Buffer.from(salt, "base64") });
  const honest = (await verify(hash, right)) && (await verify(known, right)) && !(await verify(known, wrong));
  say(honest ? { healthy: true, hash } : { healthy: false, loaded: true, why: "it returned a wrong result" });
};
const native = load();
if (native) check(native).catch((error) => say({ healthy: false, loaded: true, why: String(error.message) }));
`;

/** The salt for one comparison: with the same salt, modules that agree create the same string. */
export const randomSalt = (): string => randomBytes(SALT_BYTES).toString("base64");

export interface SelfCheckOptions {
  readonly specifier: string;
  readonly timeoutMs: number;
}

/** Hashes and verifies with the real parameters, in another process. */
export const checkArgon2 = (
  options: SelfCheckOptions & { readonly parameters: Argon2Parameters; readonly salt: string },
): Promise<Health> =>
  inChild(options, {
    kind: "argon2",
    password: PASSWORD,
    known: KNOWN_ARGON2,
    options: moduleOptions(options.parameters),
    salt: options.salt,
  });

/** Verifies a known hash, in another process. */
export const checkBcrypt = (options: SelfCheckOptions): Promise<Health> =>
  inChild(options, { kind: "bcrypt", password: PASSWORD, known: KNOWN_BCRYPT });

const inChild = ({ specifier, timeoutMs }: SelfCheckOptions, order: object): Promise<Health> =>
  new Promise((resolve) => {
    const script = ["--input-type=commonjs", "--eval", SCRIPT, "--", import.meta.url, specifier, JSON.stringify(order)];
    execFile(process.execPath, script, { timeout: timeoutMs, killSignal: "SIGKILL" }, (error, stdout) => {
      const unhealthy = (why: string) => resolve({ healthy: false, loaded: true, why });
      const unknown = (why: string) => resolve({ healthy: "unknown", why });
      if (error?.killed) unknown(`it did not finish in ${timeoutMs} ms`);
      // A host that is out of memory kills any process; incompatible modules end in SIGSEGV, SIGILL, SIGBUS or SIGABRT.
      else if (error?.signal === "SIGKILL") unknown("the process that checks it was killed");
      else if (typeof error?.code === "string") unknown(`the process that checks it could not start (${error.code})`);
      else if (error?.signal) unhealthy(`it crashed the process with ${error.signal}`);
      else if (error) unhealthy(`the process that checks it failed with ${error.code}`);
      else resolve(readAnswer(stdout));
    });
  });

const readAnswer = (stdout: string): Health => {
  try {
    return JSON.parse(stdout) as Health;
  } catch {
    return { healthy: false, loaded: true, why: "the process that checks it returned no result" };
  }
};
