import { availableParallelism } from "node:os";
import { FEATURES } from "#features/index";
import { isLoopback } from "#shared/loopback";
import type { Values } from "./environment.ts";
import { listFiles } from "./files.ts";

type Variables = Readonly<Record<string, string | undefined>>;

/** The addresses to listen on. In development only this computer can connect, unless HOST says otherwise. */
const hostsOf = ({ HOST, NODE_ENV }: Values): string[] => {
  if (HOST !== undefined) return [HOST];
  return NODE_ENV === "production" ? ["0.0.0.0"] : ["127.0.0.1", "::1"];
};

const natsOf = (env: Values) => {
  if (env.NATS_URL === undefined) return null;
  const tls = { caFile: env.NATS_TLS_CA_FILE, certFile: env.NATS_TLS_CERT_FILE, keyFile: env.NATS_TLS_KEY_FILE };
  return { url: env.NATS_URL, credsFile: env.NATS_CREDS_FILE, tls };
};

/** The URLs that links in mails lead to, by the path of the page. They never depend on a request's Host header. */
const linkPagesOf = (env: Values, publicUrl: string): Readonly<Record<string, string>> => {
  const named = env as Readonly<Record<string, unknown>>;
  const pages = FEATURES.flatMap((feature) => feature.pages);
  return Object.fromEntries(pages.map(({ path, setting }) => [path, String(named[setting] ?? `${publicUrl}/${path}`)]));
};

/** The settings that do not belong to a feature. */
export const coreSettings = (env: Values, environment: Variables) => {
  const production = env.NODE_ENV === "production";
  const hosts = hostsOf(env);
  const publicUrl = env.PUBLIC_URL ?? `http://localhost:${env.PORT}`;
  return {
    production,
    /** The URL that browsers and mails use for this installation. */
    publicUrl,
    linkPages: linkPagesOf(env, publicUrl),
    /** The name of the product for its users. */
    product: env.PRODUCT_NAME,
    /** The app that users sign in to. Absent: no link. */
    appUrl: env.APP_URL,
    /** Where users get help. Absent: no link. */
    supportUrl: env.SUPPORT_URL,
    /** Texts of mails that replace those of Portcullis. Absent: none. */
    mailTemplatesDir: env.MAIL_TEMPLATES_DIR,
    /** Texts that replace those of Portcullis. Absent: none. */
    localesDir: env.LOCALES_DIR,
    /** Whether the hosted pages are served. */
    web: env.WEB === "on",
    /** The path of an image. Absent: none. */
    brandLogo: env.BRAND_LOGO,
    /** Absent: the colours of Portcullis. */
    brandColor: env.BRAND_COLOR,
    dataDir: env.DATA_DIR,
    logLevel: env.LOG_LEVEL,
    stopDelaySeconds: env.STOP_DELAY_SECONDS,
    /** If true, npm and its shell run between a supervisor and this process. */
    startedByNpm: environment.npm_lifecycle_event !== undefined,
    /** Name of the setting and path. */
    files: listFiles(env),

    hosts,
    /** Whether other computers can reach a server that is only meant for development. */
    exposed: !production && !hosts.every(isLoopback),
    port: env.PORT,
    /** How long an idle HTTP connection stays open. */
    keepAliveSeconds: env.KEEP_ALIVE_SECONDS,
    trustedProxyHops: env.TRUSTED_PROXY_HOPS,
    maxSockets: env.SOCKETS_PER_PROCESS,
    maxSocketsPerAddress: env.SOCKETS_PER_ADDRESS,
    /** Absent (development only): pages served by this computer. */
    corsOrigins: env.CORS_ORIGINS,
    introspection: env.INTROSPECTION ?? !production,
    /** If set, /metrics requires it as a bearer token. */
    metricsToken: env.METRICS_TOKEN,

    /** Absent: the embedded server under `dataDir`. */
    databaseUrl: env.DATABASE_URL,
    databasePoolSize: env.DATABASE_POOL_SIZE,
    /** Absent: Postgres is used instead of Redis. */
    redisUrl: env.REDIS_URL,
    /** Null: no events are published to other services, and they cannot send requests over NATS. */
    nats: natsOf(env),
    workerConcurrency: env.WORKER_CONCURRENCY,
    webProcesses: env.WEB_PROCESSES === "auto" ? availableParallelism() : env.WEB_PROCESSES,
    /** Absent: mail goes to the page /dev/mailbox. */
    smtpUrl: env.SMTP_URL,
    /** Absent: the certificate authorities that Node trusts. */
    smtpCaFile: env.SMTP_TLS_CA_FILE,
    mailFrom: env.MAIL_FROM ?? `${JSON.stringify(env.PRODUCT_NAME)} <no-reply@localhost>`,
    /** Private networks that addresses given by users may lead to. Absent: none. */
    outgoingPrivateNetworks: env.OUTGOING_PRIVATE_NETWORKS ?? null,
    /** Absent: the bundled geolocation database, if it was installed. */
    geoipFile: env.GEOIP_FILE,
    /** Absent: the bundled list. */
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
