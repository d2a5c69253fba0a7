import { FEATURES } from "#features/index";
import { isLoopback } from "#shared/loopback";
import type { Values } from "./environment.ts";
import { listFiles } from "./files.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** The addresses to listen on. Development is for this computer, unless HOST says otherwise. */
const hostsOf = ({ HOST, NODE_ENV }: Values): string[] => {
  if (HOST !== undefined) return [HOST];
  return NODE_ENV === "production" ? ["0.0.0.0"] : ["127.0.0.1", "::1"];
};

const natsOf = (env: Values) => {
  if (env.NATS_URL === undefined) return null;
  const tls = { caFile: env.NATS_TLS_CA_FILE, certFile: env.NATS_TLS_CERT_FILE, keyFile: env.NATS_TLS_KEY_FILE };
  return { url: env.NATS_URL, credsFile: env.NATS_CREDS_FILE, tls };
};

/** Where the links in mails lead, by the path of the page. It never comes from a request's Host header. */
const linkPagesOf = (env: Values, publicUrl: string): Readonly<Record<string, string>> => {
  const named = env as Readonly<Record<string, unknown>>;
  const pages = FEATURES.flatMap((feature) => feature.pages);
  return Object.fromEntries(pages.map(({ path, setting }) => [path, String(named[setting] ?? `${publicUrl}/${path}`)]));
};

/** The settings that belong to no feature. */
export const coreSettings = (env: Values, environment: Variables) => {
  const production = env.NODE_ENV === "production";
  const hosts = hostsOf(env);
  const publicUrl = env.PUBLIC_URL ?? `http://localhost:${env.PORT}`;
  return {
    production,
    /** Where browsers and mails find this installation. */
    publicUrl,
    linkPages: linkPagesOf(env, publicUrl),
    dataDir: env.DATA_DIR,
    logLevel: env.LOG_LEVEL,
    stopDelaySeconds: env.STOP_DELAY_SECONDS,
    /** npm and its shell stand between a supervisor and this process. */
    startedByNpm: environment.npm_lifecycle_event !== undefined,
    /** Name of the setting and path. */
    files: listFiles(env),

    hosts,
    /** Whether other computers reach a server that is only meant for development. */
    exposed: !production && !hosts.every(isLoopback),
    port: env.PORT,
    /** How long an idle HTTP connection stays open. */
    keepAliveSeconds: env.KEEP_ALIVE_SECONDS,
    trustedProxyHops: env.TRUSTED_PROXY_HOPS,
    maxSockets: env.SOCKETS_PER_PROCESS,
    maxSocketsPerAddress: env.SOCKETS_PER_ADDRESS,
    /** Absent (development only): pages that this computer serves. */
    corsOrigins: env.CORS_ORIGINS,
    introspection: env.INTROSPECTION ?? !production,
    /** If set, /metrics wants it as a bearer token. */
    metricsToken: env.METRICS_TOKEN,

    /** Absent: the embedded server under `dataDir`. */
    databaseUrl: env.DATABASE_URL,
    databasePoolSize: env.DATABASE_POOL_SIZE,
    /** Absent: Postgres answers what Redis would. */
    redisUrl: env.REDIS_URL,
    /** Null: nothing is told to other services, and none may ask this way. */
    nats: natsOf(env),
    workerConcurrency: env.WORKER_CONCURRENCY,
    /** Absent: mail goes to the page /dev/mailbox. */
    smtpUrl: env.SMTP_URL,
    /** Absent: the authorities that Node knows. */
    smtpCaFile: env.SMTP_TLS_CA_FILE,
    mailFrom: env.MAIL_FROM ?? "Portcullis <no-reply@localhost>",
    /** Networks inside to which addresses that users give may lead. Absent: none. */
    outgoingPrivateNetworks: env.OUTGOING_PRIVATE_NETWORKS ?? null,
    /** Absent: the place database that comes along, if it was installed. */
    geoipFile: env.GEOIP_FILE,
    /** Absent: the list that comes along. */
    anonymousNetworksFile: env.ANONYMOUS_NETWORKS_FILE,

    /** Absent: a key file under `dataDir`. */
    secretKeys: env.SECRET_KEYS,
    hashing: {
      parameters: { memoryKiB: env.ARGON2_MEMORY_KIB, passes: env.ARGON2_PASSES, parallelism: env.ARGON2_PARALLELISM },
      backend: env.HASHING_BACKEND,
      maxQueued: env.HASHING_QUEUE,
      threadPoolSize: env.UV_THREADPOOL_SIZE,
    },
  };
};
