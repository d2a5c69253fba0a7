import { z } from "zod";
import { isMailSender } from "#shared/setting-checks";
import { count, flag, httpUrl, list, networks, origins, pageUrl, redisServers, ringKeys, servers } from "./kinds.ts";

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

/** The settings as they are read. */
export type Values = z.infer<typeof Environment>;

/** Without these, production would run on what is only right for trying out. */
export const REQUIRED_IN_PRODUCTION = [
  "PUBLIC_URL",
  "DATABASE_URL",
  "SMTP_URL",
  "MAIL_FROM",
  "SECRET_KEYS",
  "CORS_ORIGINS",
] as const;

/** Those that read like somebody in charge, or like no value at all. */
export const RESERVED_USERNAMES =
  "abuse admin administrator anonymous api billing contact false guest help hostmaster info me moderator nobody none noreply no-reply null official operator owner postmaster root security staff superuser support sys sysadmin system true undefined user webmaster".split(
    " ",
  );
