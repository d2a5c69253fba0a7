import { accessSync, constants } from "node:fs";
import { z } from "zod";
import { NetworkSet } from "./platform/places/network-set.ts";
import { SECOND } from "./shared/durations.ts";
import { isLoopback } from "./shared/loopback.ts";
import { readRelyingParty } from "./shared/relying-party.ts";
import { findMistypedNames, isDecodable, isMailSender, isOrigin } from "./shared/setting-checks.ts";
import { readSocialSettings } from "./shared/social-settings.ts";

// The only reader of the environment. Everything is read and checked once, every fault is reported at once, and the rest
// of the program gets a plain object. `.env.example` lists the same settings.

const flag = z.enum(["true", "false"]).transform((value) => value === "true");
const count = (from: number, to: number) => z.coerce.number().int().min(from).max(to);
const list = z.string().transform((value) => value.split(",").map((item) => item.trim()).filter(Boolean)); // biome-ignore format: one step
const httpUrl = z.url({ protocol: /^https?$/ }).transform((value) => value.replace(/\/+$/, ""));
/** A page of the frontend, as it is written: a hash-routed one ends in `#/route`, and its slashes count. */
const pageUrl = z.url({ protocol: /^https?$/ });
/** The address of a server, or of several separated by commas (a cluster, sentinels): each for itself must be a URL. */
const servers = (protocol: RegExp) =>
  z.string().refine((text) => {
    const [, scheme = "", login = "", hosts = "", rest = ""] = /^([^:]*:\/\/)([^@/]*@)?([^/?]*)(.*)$/.exec(text) ?? [];
    if (!isDecodable(login)) return false;
    return hosts.split(",").every((host) => z.url({ protocol }).safeParse(scheme + login + host + rest).success);
  }, "Invalid URL");
const redisServers = servers(/^rediss?(\+(sentinel|cluster))?$/).refine(
  (text) => !text.includes("+sentinel:") || /^[^/]+\/\/[^/]+\/[^/?]+$/.test(text),
  "the name of the primary follows the sentinels: redis+sentinel://one:26379,two:26379/name",
);
const origins = list.refine(
  // What production says of `*` is said there.
  (items) => items.every((item) => item === "*" || isOrigin(item)),
  "each is scheme://host[:port] in lower case, without a path: https://app.example.com",
);
const ringKeys = z.string().transform((value, context) => {
  const keys = value.split(",").map((entry) => {
    const [id = "", secret = ""] = entry.trim().split(":");
    return { id, secret: Buffer.from(secret, "base64") };
  });
  if (keys.some(({ id, secret }) => !/^\w{1,16}$/.test(id) || secret.length !== 32))
    context.addIssue("each key is name:base64 of 32 bytes, separated by commas, the newest first");
  if (new Set(keys.map(({ id }) => id)).size < keys.length) context.addIssue("each key has a name of its own");
  return keys;
});

const networks = z.string().transform((value, context) => {
  try {
    // In files these begin comments; here they would hide what follows.
    if (/[#;]/.test(value)) throw new Error("A list in a setting has no comments.");
    return NetworkSet.parse(value.replaceAll(",", "\n"));
  } catch {
    context.addIssue("networks such as 10.20.0.0/16, separated by commas");
    return z.NEVER;
  }
});

/** Those that read like somebody in charge, or like no value at all. */
const RESERVED_USERNAMES =
  "abuse admin administrator anonymous api billing contact false guest help hostmaster info me moderator nobody none noreply no-reply null official operator owner postmaster root security staff superuser support sys sysadmin system true undefined user webmaster".split(
    " ",
  );

/** Every setting, by its name in the environment. */
export const Environment = z.object({
  NODE_ENV: z.enum(["development", "test", "production"]).default("development"),
  HOST: z.string().optional(),
  PORT: count(0, 65_535).default(4000),
  PUBLIC_URL: httpUrl.optional(),
  DATA_DIR: z.string().default(".data"),
  LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info"),
  STOP_DELAY_SECONDS: count(0, 15).default(0),
  KEEP_ALIVE_SECONDS: count(1, 3_600).default(72),

  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }).optional(),
  DATABASE_POOL_SIZE: count(2, 500).default(20),
  REDIS_URL: redisServers.optional(),
  NATS_URL: servers(/^(nats|tls)$/).optional(),
  NATS_CREDS_FILE: z.string().optional(),
  NATS_TLS_CA_FILE: z.string().optional(),
  NATS_TLS_CERT_FILE: z.string().optional(),
  NATS_TLS_KEY_FILE: z.string().optional(),
  NATS_STREAM: z
    .string()
    .regex(/^[\w-]{1,64}$/, "letters, digits, _ and -, at most 64")
    .default("PORTCULLIS"),
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  SMTP_TLS_CA_FILE: z.string().optional(),
  MAIL_FROM: z.string().refine(isMailSender, "one address, or a name and an address: Some Name <name@host>").optional(),
  WORKER_CONCURRENCY: count(0, 100).default(4),

  SECRET_KEYS: ringKeys.optional(),
  JWT_ALGORITHM: z.enum(["EdDSA", "ES256", "RS256", "HS256"]).default("EdDSA"),
  JWT_ISSUER: z.string().optional(),
  JWT_AUDIENCE: z.string().default("portcullis"),
  ACCESS_TOKEN_SECONDS: count(30, 86_400).default(900),
  REFRESH_TOKEN_DAYS: count(1, 365).default(7),
  SESSION_MAX_DAYS: count(1, 3_650).default(30),
  REFRESH_GRACE_SECONDS: count(0, 60).default(10),

  ARGON2_MEMORY_KIB: count(8, 4_194_304).default(19_456),
  ARGON2_PASSES: count(1, 100).default(2),
  ARGON2_PARALLELISM: count(1, 64).default(1),
  HASHING_BACKEND: z.enum(["auto", "argon2", "node-rs"]).default("auto"),
  HASHING_QUEUE: count(0, 100_000).optional(),
  /** Node's own: hashes run on these threads. */
  UV_THREADPOOL_SIZE: count(1, 1_024).default(4),

  LOGIN_ATTEMPT_DAYS: count(31, 3_650).default(90),
  SECURITY_EVENT_DAYS: count(31, 3_650).default(400),

  LOGIN_ALERT_PER_MINUTE: count(1, 1_000_000).default(600),
  LOGIN_FAILURES_PER_MINUTE: count(16, 10_000_000).optional(),
  REVEAL_TAKEN_EMAIL: flag.default(false),
  RESERVED_USERNAMES: list.optional(),
  CORS_ORIGINS: origins.optional(),
  PASSKEY_RP_ID: z.string().optional(),
  PASSKEY_ORIGINS: list.optional(),
  SOCIAL_PROVIDERS: z.string().optional(),
  SOCIAL_REDIRECT_URIS: list.optional(),
  INTROSPECTION: flag.optional(),
  TRUSTED_PROXY_HOPS: count(0, 16).default(0),
  SOCKETS_PER_PROCESS: count(0, 1_000_000).default(10_000),
  SOCKETS_PER_ADDRESS: count(1, 1_000_000).default(200),
  OUTGOING_PRIVATE_NETWORKS: networks.optional(),
  SAP_UNREACHABLE_SECONDS: count(0, 10).default(10),
  METRICS_TOKEN: z.string().min(16).optional(),
  GEOIP_FILE: z.string().optional(),
  ANONYMOUS_NETWORKS_FILE: z.string().optional(),

  VERIFY_EMAIL_URL: pageUrl.optional(),
  RESET_PASSWORD_URL: pageUrl.optional(),
  CONFIRM_EMAIL_CHANGE_URL: pageUrl.optional(),
  UNDO_EMAIL_CHANGE_URL: pageUrl.optional(),
  CANCEL_FACTOR_RESET_URL: pageUrl.optional(),
  CONFIRM_LOGIN_URL: pageUrl.optional(),
  DENY_LOGIN_URL: pageUrl.optional(),
  ACCEPT_INVITATION_URL: pageUrl.optional(),
  ACTIVATE_URL: pageUrl.optional(),
  CHANGE_PASSWORD_URL: httpUrl.optional(),
});

/** Without these, production would run on what is only right for trying out. */
const REQUIRED_IN_PRODUCTION = [
  "PUBLIC_URL",
  "DATABASE_URL",
  "SMTP_URL",
  "MAIL_FROM",
  "SECRET_KEYS",
  "CORS_ORIGINS",
] as const;

/** The settings are not right. The message names every fault and no value. */
export class ConfigError extends Error {
  constructor(faults: readonly string[]) {
    super(`The settings are not right:\n${faults.map((fault) => `  ${fault}`).join("\n")}`);
    this.name = "ConfigError";
  }
}

export type Config = ReturnType<typeof readConfig>;

type Variables = Readonly<Record<string, string | undefined>>;

type Values = z.infer<typeof Environment>;

const publicUrlOf = ({ PUBLIC_URL, PORT }: Values): string => PUBLIC_URL ?? `http://localhost:${PORT}`;

const readPasskeySettings = (env: Values) =>
  readRelyingParty({
    publicUrl: publicUrlOf(env),
    rpId: env.PASSKEY_RP_ID,
    origins: env.PASSKEY_ORIGINS,
    production: env.NODE_ENV === "production",
  });

const natsSettingsOf = (env: Values) =>
  env.NATS_URL === undefined
    ? null
    : {
        url: env.NATS_URL,
        credsFile: env.NATS_CREDS_FILE,
        tls: { caFile: env.NATS_TLS_CA_FILE, certFile: env.NATS_TLS_CERT_FILE, keyFile: env.NATS_TLS_KEY_FILE },
        stream: env.NATS_STREAM,
      };

const readSocial = (env: Values) =>
  readSocialSettings({
    providers: env.SOCIAL_PROVIDERS,
    redirectUris: env.SOCIAL_REDIRECT_URIS,
    production: env.NODE_ENV === "production",
  });

/** Settings that name a file which must be there when the server starts; what becomes of it later is another matter. */
const FILES = [
  "NATS_CREDS_FILE",
  "NATS_TLS_CA_FILE",
  "NATS_TLS_CERT_FILE",
  "NATS_TLS_KEY_FILE",
  "SMTP_TLS_CA_FILE",
  "GEOIP_FILE",
  "ANONYMOUS_NETWORKS_FILE",
] as const;

const listFiles = (env: Values): [string, string][] =>
  FILES.flatMap((name) => {
    const path = env[name];
    return path === undefined ? [] : [[name, path] satisfies [string, string]];
  });

/** @throws {ConfigError} if a file that a setting names cannot be read */
export const checkFiles = ({ files }: Pick<Config, "files">): void => {
  const faults = files.flatMap(([name, path]) => {
    try {
      accessSync(path, constants.R_OK);
      return [];
    } catch (error) {
      return [`${name}: the file cannot be read (${(error as NodeJS.ErrnoException).code})`];
    }
  });
  if (faults.length > 0) throw new ConfigError(faults);
};

/** The addresses to listen on. Development is for this computer, unless HOST says otherwise. */
const hostsOf = ({ HOST, NODE_ENV }: Values): string[] => {
  if (HOST !== undefined) return [HOST];
  return NODE_ENV === "production" ? ["0.0.0.0"] : ["127.0.0.1", "::1"];
};

/** What the process was given, and for the rest what the file `.env` in the working directory says. */
const readEnvironment = (): Variables => {
  try {
    process.loadEnvFile();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw new ConfigError([".env: cannot be read"]);
  }
  return process.env;
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
  for (const { name, meant } of findMistypedNames(Object.keys(given), Object.keys(Environment.shape)))
    faults.push(`${name}: this is not a setting; is it meant to be ${meant}?`);
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
  const passkeys = parsed.success ? readPasskeySettings(parsed.data) : null;
  if (passkeys) faults.push(...passkeys.faults);
  const social = parsed.success ? readSocial(parsed.data) : null;
  if (social) faults.push(...social.faults);
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);

  const env = parsed.data;
  const production = env.NODE_ENV === "production";
  const publicUrl = publicUrlOf(env);
  return {
    production,
    hosts: hostsOf(env),
    /** Whether other computers reach a server that is only meant for development. */
    exposed: !production && !hostsOf(env).every(isLoopback),
    port: env.PORT,
    publicUrl,
    dataDir: env.DATA_DIR,
    logLevel: env.LOG_LEVEL,
    stopDelaySeconds: env.STOP_DELAY_SECONDS,
    /** How long an idle HTTP connection stays open. */
    keepAliveSeconds: env.KEEP_ALIVE_SECONDS,
    /** npm and its shell stand between a supervisor and this process. */
    startedByNpm: environment.npm_lifecycle_event !== undefined,
    /** Name of the setting and path. */
    files: listFiles(env),
    /** Absent: the embedded server under `dataDir`. */
    databaseUrl: env.DATABASE_URL,
    databasePoolSize: env.DATABASE_POOL_SIZE,
    /** Absent: Postgres answers what Redis would. */
    redisUrl: env.REDIS_URL,
    /** Null: nothing is told to other services, and none may ask this way. */
    nats: natsSettingsOf(env),
    /** Absent: mail goes to the page /dev/mailbox. */
    smtpUrl: env.SMTP_URL,
    /** Absent: the authorities that Node knows. */
    smtpCaFile: env.SMTP_TLS_CA_FILE,
    mailFrom: env.MAIL_FROM ?? "Portcullis <no-reply@localhost>",
    workerConcurrency: env.WORKER_CONCURRENCY,
    /** Absent: a key file under `dataDir`. */
    secretKeys: env.SECRET_KEYS,
    tokens: {
      algorithm: env.JWT_ALGORITHM,
      issuer: env.JWT_ISSUER ?? publicUrl,
      audience: env.JWT_AUDIENCE,
      accessTokenSeconds: env.ACCESS_TOKEN_SECONDS,
    },
    sessions: {
      refreshTokenDays: env.REFRESH_TOKEN_DAYS,
      maxDays: env.SESSION_MAX_DAYS,
      graceSeconds: env.REFRESH_GRACE_SECONDS,
    },
    hashing: {
      parameters: { memoryKiB: env.ARGON2_MEMORY_KIB, passes: env.ARGON2_PASSES, parallelism: env.ARGON2_PARALLELISM },
      backend: env.HASHING_BACKEND,
      maxQueued: env.HASHING_QUEUE,
      threadPoolSize: env.UV_THREADPOOL_SIZE,
    },
    retention: { loginAttemptDays: env.LOGIN_ATTEMPT_DAYS, securityEventDays: env.SECURITY_EVENT_DAYS },
    loginLimits: {
      /** Failed logins a minute on one replica from which on a warning is logged and counted. */
      alertPerMinute: env.LOGIN_ALERT_PER_MINUTE,
      /** Failed logins a minute over the whole installation from which on unknown devices are refused. Null: never. */
      failuresPerMinute: env.LOGIN_FAILURES_PER_MINUTE ?? null,
    },
    revealTakenEmail: env.REVEAL_TAKEN_EMAIL,
    /** Usernames that nobody may choose, in lower case. */
    reservedUsernames: new Set(
      (env.RESERVED_USERNAMES ?? RESERVED_USERNAMES).map((username) => username.toLowerCase()),
    ),
    /** Absent (development only): pages that this computer serves. */
    corsOrigins: env.CORS_ORIGINS,
    /** Null: no browser makes passkeys for the public URL (an IP address, or http), and nothing else is set. */
    passkeys: passkeys?.relyingParty ?? null,
    /** Providers of identities, and where browsers come back from them. */
    social: social?.settings ?? { providers: [], redirectUris: [] },
    introspection: env.INTROSPECTION ?? !production,
    trustedProxyHops: env.TRUSTED_PROXY_HOPS,
    maxSockets: env.SOCKETS_PER_PROCESS,
    maxSocketsPerAddress: env.SOCKETS_PER_ADDRESS,
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
    links: {
      verifyEmail: env.VERIFY_EMAIL_URL ?? `${publicUrl}/verify-email`,
      resetPassword: env.RESET_PASSWORD_URL ?? `${publicUrl}/reset-password`,
      confirmEmailChange: env.CONFIRM_EMAIL_CHANGE_URL ?? `${publicUrl}/confirm-email-change`,
      undoEmailChange: env.UNDO_EMAIL_CHANGE_URL ?? `${publicUrl}/undo-email-change`,
      confirmLogin: env.CONFIRM_LOGIN_URL ?? `${publicUrl}/confirm-login`,
      denyLogin: env.DENY_LOGIN_URL ?? `${publicUrl}/deny-login`,
      cancelFactorReset: env.CANCEL_FACTOR_RESET_URL ?? `${publicUrl}/cancel-factor-reset`,
      acceptInvitation: env.ACCEPT_INVITATION_URL ?? `${publicUrl}/accept-invitation`,
      activate: env.ACTIVATE_URL ?? `${publicUrl}/activate`,
    },
  };
};
