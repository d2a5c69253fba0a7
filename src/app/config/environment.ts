import { z } from "zod";
import { FEATURES } from "#features/index";
import {
  count,
  flag,
  httpUrl,
  networks,
  origins,
  pageUrl,
  redisServers,
  ringKeys,
  servers,
} from "#platform/setting-kinds";
import { isMailSender } from "#shared/setting-checks";

/** The settings that do not belong to a feature, by their names in the environment. */
const CORE = {
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
  SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
  SMTP_TLS_CA_FILE: z.string().optional(),
  MAIL_FROM: z.string().refine(isMailSender, "one address, or a name and an address: Some Name <name@host>").optional(),
  WORKER_CONCURRENCY: count(0, 100).default(4),

  SECRET_KEYS: ringKeys.optional(),

  ARGON2_MEMORY_KIB: count(8, 4_194_304).default(19_456),
  ARGON2_PASSES: count(1, 100).default(2),
  ARGON2_PARALLELISM: count(1, 64).default(1),
  HASHING_BACKEND: z.enum(["auto", "argon2", "node-rs"]).default("auto"),
  HASHING_QUEUE: count(0, 100_000).optional(),
  /** Node's own setting: hashes run on these threads. */
  UV_THREADPOOL_SIZE: count(1, 1_024).default(4),

  CORS_ORIGINS: origins.optional(),
  INTROSPECTION: flag.optional(),
  TRUSTED_PROXY_HOPS: count(0, 16).default(0),
  SOCKETS_PER_PROCESS: count(0, 1_000_000).default(10_000),
  SOCKETS_PER_ADDRESS: count(1, 1_000_000).default(200),
  OUTGOING_PRIVATE_NETWORKS: networks.optional(),
  METRICS_TOKEN: z.string().min(16).optional(),
  GEOIP_FILE: z.string().optional(),
  ANONYMOUS_NETWORKS_FILE: z.string().optional(),
};

const ofFeatures: z.ZodRawShape = Object.assign({}, ...FEATURES.map(({ config }) => config?.variables));
const ofPages = Object.fromEntries(
  FEATURES.flatMap(({ pages }) => pages.map(({ setting }) => [setting, pageUrl.optional()] as const)),
);

/** Every setting: those of the core, then those of the features in their order. */
export const Environment = z.object({ ...CORE, ...ofFeatures, ...ofPages });

/** The core settings after parsing. */
export type Values = z.infer<z.ZodObject<typeof CORE>>;

/** Without these, production would run with defaults that are only suitable for trying it out. */
export const REQUIRED_IN_PRODUCTION = [
  "PUBLIC_URL",
  "DATABASE_URL",
  "SMTP_URL",
  "MAIL_FROM",
  "SECRET_KEYS",
  "CORS_ORIGINS",
] as const;
