import type { LinkPurpose } from "#features/links/index";
import { isLoopback } from "#shared/loopback";
import { readRelyingParty } from "#shared/relying-party";
import { readSocialSettings } from "#shared/social-settings";
import { RESERVED_USERNAMES, type Values } from "./environment.ts";

// What the settings of each subject come to.

/** Where browsers and mails find this installation. */
export const publicUrlOf = ({ PUBLIC_URL, PORT }: Values): string => PUBLIC_URL ?? `http://localhost:${PORT}`;

/** The relying party, and what is wrong with it. */
export const readPasskeySettings = (env: Values) =>
  readRelyingParty({
    publicUrl: publicUrlOf(env),
    rpId: env.PASSKEY_RP_ID,
    origins: env.PASSKEY_ORIGINS,
    production: env.NODE_ENV === "production",
  });

/** Null: nothing is told to other services, and none may ask this way. */
export const natsSettingsOf = (env: Values) =>
  env.NATS_URL === undefined
    ? null
    : {
        url: env.NATS_URL,
        credsFile: env.NATS_CREDS_FILE,
        tls: { caFile: env.NATS_TLS_CA_FILE, certFile: env.NATS_TLS_CERT_FILE, keyFile: env.NATS_TLS_KEY_FILE },
        stream: env.NATS_STREAM,
      };

/** Providers of identities, and what is wrong with them. */
export const readSocial = (env: Values) =>
  readSocialSettings({
    providers: env.SOCIAL_PROVIDERS,
    redirectUris: env.SOCIAL_REDIRECT_URIS,
    production: env.NODE_ENV === "production",
  });

/** The addresses to listen on. Development is for this computer, unless HOST says otherwise. */
const hostsOf = ({ HOST, NODE_ENV }: Values): string[] => {
  if (HOST !== undefined) return [HOST];
  return NODE_ENV === "production" ? ["0.0.0.0"] : ["127.0.0.1", "::1"];
};

/** Where and how the server listens. */
export const listeningOf = (env: Values) => ({
  hosts: hostsOf(env),
  /** Whether other computers reach a server that is only meant for development. */
  exposed: env.NODE_ENV !== "production" && !hostsOf(env).every(isLoopback),
  port: env.PORT,
  /** How long an idle HTTP connection stays open. */
  keepAliveSeconds: env.KEEP_ALIVE_SECONDS,
  trustedProxyHops: env.TRUSTED_PROXY_HOPS,
  maxSockets: env.SOCKETS_PER_PROCESS,
  maxSocketsPerAddress: env.SOCKETS_PER_ADDRESS,
});

/** The servers beside this one. */
export const servicesOf = (env: Values) => ({
  /** Absent: the embedded server under `dataDir`. */
  databaseUrl: env.DATABASE_URL,
  databasePoolSize: env.DATABASE_POOL_SIZE,
  /** Absent: Postgres answers what Redis would. */
  redisUrl: env.REDIS_URL,
  nats: natsSettingsOf(env),
});

/** How mail is sent. */
export const mailOf = (env: Values) => ({
  /** Absent: mail goes to the page /dev/mailbox. */
  smtpUrl: env.SMTP_URL,
  /** Absent: the authorities that Node knows. */
  smtpCaFile: env.SMTP_TLS_CA_FILE,
  mailFrom: env.MAIL_FROM ?? "Portcullis <no-reply@localhost>",
});

/** Access tokens. */
export const tokensOf = (env: Values) => ({
  algorithm: env.JWT_ALGORITHM,
  issuer: env.JWT_ISSUER ?? publicUrlOf(env),
  audience: env.JWT_AUDIENCE,
  accessTokenSeconds: env.ACCESS_TOKEN_SECONDS,
});

/** How passwords are hashed. */
export const hashingOf = (env: Values) => ({
  parameters: { memoryKiB: env.ARGON2_MEMORY_KIB, passes: env.ARGON2_PASSES, parallelism: env.ARGON2_PARALLELISM },
  backend: env.HASHING_BACKEND,
  maxQueued: env.HASHING_QUEUE,
  threadPoolSize: env.UV_THREADPOOL_SIZE,
});

/** What failed logins lead to over the whole installation. */
export const loginLimitsOf = (env: Values) => ({
  /** Failed logins a minute on one replica from which on a warning is logged and counted. */
  alertPerMinute: env.LOGIN_ALERT_PER_MINUTE,
  /** Failed logins a minute over the whole installation from which on unknown devices are refused. Null: never. */
  failuresPerMinute: env.LOGIN_FAILURES_PER_MINUTE ?? null,
});

/** Usernames that nobody may choose, in lower case. */
export const reservedUsernamesOf = (env: Values): ReadonlySet<string> =>
  new Set((env.RESERVED_USERNAMES ?? RESERVED_USERNAMES).map((username) => username.toLowerCase()));

/** The page that links of a purpose lead to. */
export const pageOfLinkIn =
  (env: Values) =>
  ({ page, setting }: Pick<LinkPurpose, "page" | "setting">): string =>
    (env[setting as keyof Values] as string | undefined) ?? `${publicUrlOf(env)}/${page}`;
