import { FEATURES } from "#features/index";
import type { SettingsOf } from "#platform/feature";
import { findMistypedNames } from "#shared/setting-checks";
import { ConfigError } from "./config/config-error.ts";
import { coreSettings } from "./config/core.ts";
import { Environment, REQUIRED_IN_PRODUCTION, type Values } from "./config/environment.ts";
import { readSecretFiles } from "./config/secret-files.ts";

// The only code that reads the environment. Everything is read and validated once, all faults are reported together, and the rest
// of the program gets a plain object. `.env.example` lists the same settings.

export type Config = ReturnType<typeof coreSettings> & SettingsOf<typeof FEATURES>;

type Variables = Readonly<Record<string, string | undefined>>;

/** The environment of the process, completed by the file `.env` in the working directory. */
const readEnvironment = (): Variables => {
  try {
    process.loadEnvFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw new ConfigError([".env: cannot be read"]);
  }
  return process.env;
};

/** Faults that involve more than one setting. */
const faultsOfAll = (given: Variables): string[] => {
  const faults = findMistypedNames(Object.keys(given), Object.keys(Environment.shape)).map(
    ({ name, meant }) => `${name}: this is not a setting; is it meant to be ${meant}?`,
  );
  if (given.NODE_ENV === "production") {
    for (const name of REQUIRED_IN_PRODUCTION) {
      if (given[name] === undefined)
        faults.push(`${name}: required in production (the default is for development only)`);
    }
    if (given.CORS_ORIGINS?.includes("*")) faults.push("CORS_ORIGINS: production requires a list of origins");
    if (given.PUBLIC_URL?.startsWith("http:")) faults.push("PUBLIC_URL: production requires https");
  }
  if ((given.WEB_PROCESSES ?? "1") !== "1" && given.SMTP_URL === undefined)
    faults.push(
      "WEB_PROCESSES: more than one requires SMTP_URL, because /dev/mailbox shows the mails of its own process",
    );
  if ((given.NATS_TLS_CERT_FILE === undefined) !== (given.NATS_TLS_KEY_FILE === undefined))
    faults.push("NATS_TLS_CERT_FILE, NATS_TLS_KEY_FILE: set both, the certificate and its key");
  return faults;
};

/**
 * Reads the settings; `defaults` replace the usual defaults for one program.
 *
 * @throws {ConfigError} with all faults, but without values
 */
export const readConfig = (environment: Variables = readEnvironment(), defaults: Variables = {}): Config => {
  // An empty variable counts as absent, because compose files and shells pass unset variables that way.
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const secrets = readSecretFiles(set);
  const given: Variables = { ...defaults, ...secrets.variables };
  const parsed = Environment.safeParse(given);
  const faults = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  faults.push(...secrets.faults, ...faultsOfAll(given));
  if (!parsed.success) throw new ConfigError(faults);

  const core = coreSettings(parsed.data as Values, environment);
  const ofFeatures = FEATURES.map(({ config }) => config?.read(parsed.data as never, core));
  faults.push(...ofFeatures.flatMap((read) => read?.faults ?? []));
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.assign({}, core, ...ofFeatures.map((read) => read?.settings));
};
