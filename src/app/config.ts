import { SECOND } from "#shared/durations";
import { findMistypedNames } from "#shared/setting-checks";
import { ConfigError } from "./config/config-error.ts";
import { Environment, REQUIRED_IN_PRODUCTION } from "./config/environment.ts";
import { listFiles } from "./config/files.ts";
import {
  hashingOf,
  listeningOf,
  loginLimitsOf,
  mailOf,
  pageOfLinkIn,
  publicUrlOf,
  readPasskeySettings,
  readSocial,
  reservedUsernamesOf,
  servicesOf,
  tokensOf,
} from "./config/sections.ts";

// The only reader of the environment. Everything is read and checked once, every fault is reported at once, and the rest
// of the program gets a plain object. `.env.example` lists the same settings.

export type Config = ReturnType<typeof readConfig>;

type Variables = Readonly<Record<string, string | undefined>>;

/** What the process was given, and for the rest what the file `.env` in the working directory says. */
const readEnvironment = (): Variables => {
  try {
    process.loadEnvFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw new ConfigError([".env: cannot be read"]);
  }
  return process.env;
};

/** What is wrong with settings beside their values. */
const faultsOfAll = (given: Variables): string[] => {
  const faults = findMistypedNames(Object.keys(given), Object.keys(Environment.shape)).map(
    ({ name, meant }) => `${name}: this is not a setting; is it meant to be ${meant}?`,
  );
  if (given.NODE_ENV === "production") {
    for (const name of REQUIRED_IN_PRODUCTION) {
      if (given[name] === undefined)
        faults.push(`${name}: required in production (the default is for development only)`);
    }
    if (given.CORS_ORIGINS?.includes("*")) faults.push("CORS_ORIGINS: production names each origin");
    if (given.PUBLIC_URL?.startsWith("http:")) faults.push("PUBLIC_URL: production is served over https");
  }
  if ((given.NATS_TLS_CERT_FILE === undefined) !== (given.NATS_TLS_KEY_FILE === undefined))
    faults.push("NATS_TLS_CERT_FILE, NATS_TLS_KEY_FILE: a certificate and its key come together");
  return faults;
};

/**
 * Reads the settings; `defaults` are those of one program in the place of the usual ones. Throws ConfigError, which names
 * every fault and no value.
 */
export const readConfig = (environment: Variables = readEnvironment(), defaults: Variables = {}) => {
  // An empty variable counts as absent: that is how compose files and shells pass what is not set.
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const given: Variables = { ...defaults, ...set };
  const parsed = Environment.safeParse(given);
  const faults = parsed.success ? [] : parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  faults.push(...faultsOfAll(given));
  const passkeys = parsed.success ? readPasskeySettings(parsed.data) : null;
  if (passkeys) faults.push(...passkeys.faults);
  const social = parsed.success ? readSocial(parsed.data) : null;
  if (social) faults.push(...social.faults);
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);

  const env = parsed.data;
  const production = env.NODE_ENV === "production";
  return {
    production,
    ...listeningOf(env),
    publicUrl: publicUrlOf(env),
    dataDir: env.DATA_DIR,
    logLevel: env.LOG_LEVEL,
    stopDelaySeconds: env.STOP_DELAY_SECONDS,
    /** npm and its shell stand between a supervisor and this process. */
    startedByNpm: environment.npm_lifecycle_event !== undefined,
    /** Name of the setting and path. */
    files: listFiles(env),
    ...servicesOf(env),
    ...mailOf(env),
    workerConcurrency: env.WORKER_CONCURRENCY,
    /** Absent: a key file under `dataDir`. */
    secretKeys: env.SECRET_KEYS,
    tokens: tokensOf(env),
    sessions: {
      refreshTokenDays: env.REFRESH_TOKEN_DAYS,
      maxDays: env.SESSION_MAX_DAYS,
      graceSeconds: env.REFRESH_GRACE_SECONDS,
    },
    hashing: hashingOf(env),
    retention: { loginAttemptDays: env.LOGIN_ATTEMPT_DAYS, securityEventDays: env.SECURITY_EVENT_DAYS },
    loginLimits: loginLimitsOf(env),
    revealTakenEmail: env.REVEAL_TAKEN_EMAIL,
    reservedUsernames: reservedUsernamesOf(env),
    /** Absent (development only): pages that this computer serves. */
    corsOrigins: env.CORS_ORIGINS,
    /** Null: no browser makes passkeys for the public URL (an IP address, or http), and nothing else is set. */
    passkeys: passkeys?.relyingParty ?? null,
    /** Providers of identities, and where browsers come back from them. */
    social: social?.settings ?? { providers: [], redirectUris: [] },
    introspection: env.INTROSPECTION ?? !production,
    /** Networks inside to which addresses that users give may lead. Absent: none. */
    outgoingPrivateNetworks: env.OUTGOING_PRIVATE_NETWORKS ?? null,
    /** How long SAP_UNREACHABLE takes, in milliseconds: the time must not tell which names there are inside. */
    sapUnreachableTime: env.SAP_UNREACHABLE_SECONDS * SECOND,
    /** Where set, /metrics wants it as a bearer token. */
    metricsToken: env.METRICS_TOKEN,
    /** Absent: the place database that comes along, where it was installed. */
    geoipFile: env.GEOIP_FILE,
    /** Absent: the list that comes along. */
    anonymousNetworksFile: env.ANONYMOUS_NETWORKS_FILE,
    /** Absent: password managers are not led to a page. */
    changePasswordUrl: env.CHANGE_PASSWORD_URL,
    pageOfLink: pageOfLinkIn(env),
  };
};
