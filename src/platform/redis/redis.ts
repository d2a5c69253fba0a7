import { Cluster, Redis } from "ioredis";
import { batchWrites } from "../batch-writes.ts";

export type RedisClient = Redis | Cluster;

/** How long a request waits for Redis, before it uses Postgres instead. */
const COMMAND_TIMEOUT_MS = 150;
/** How long a subscriber waits for a response, before the connection counts as dead. */
const SUBSCRIBER_TIMEOUT_MS = 2_000;

/** Fails fast: no queue while offline, no retries of commands, short pauses between attempts to connect. */
const OPTIONS = {
  commandTimeout: COMMAND_TIMEOUT_MS,
  connectTimeout: 2_000,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  lazyConnect: false,
  autoResubscribe: true,
  retryStrategy: (attempt: number) => Math.min(50 * attempt, 500),
};

type Options = typeof OPTIONS;

/**
 * Opens Redis: `redis://host`, `rediss://host` (TLS), `redis+sentinel://host1:26379,host2:26379/name-of-the-master`, or
 * `redis+cluster://host1:6379,host2:6379`.
 */
export const openRedis = (url: string): RedisClient => open(url, OPTIONS);

/** Opens a connection for subscriptions. No request waits for it, so it has a longer timeout. */
export const openRedisSubscriber = (url: string): RedisClient =>
  open(url, { ...OPTIONS, commandTimeout: SUBSCRIBER_TIMEOUT_MS, autoResubscribe: false });

const open = (url: string, options: Options): RedisClient => {
  const client = connect(url, options);
  // Every failed attempt to connect emits an error; EpochCache logs when Redis becomes unavailable or available.
  client.on("error", () => {});
  if (client instanceof Redis) batchCommands(client);
  else client.on("+node", batchCommands);
  return client;
};

/** Commands of requests that arrive together are sent together. */
const batchCommands = (client: Redis): void => {
  client.on("connect", () => batchWrites(client.stream));
};

const connect = (url: string, options: Options): RedisClient => {
  const [, kind] = /^rediss?\+(sentinel|cluster):/.exec(url) ?? [];
  if (kind === undefined) return new Redis(url, options);
  const [, user = "", password = "", hosts = "", path = ""] =
    /^[^:]+:\/\/(?:([^:@]*):([^@]*)@)?([^/]+)\/?(.*)$/.exec(url) ?? [];
  const nodes = hosts.split(",").map((node) => {
    const [host = "", port] = node.split(":");
    return { host, port: Number(port ?? (kind === "sentinel" ? 26_379 : 6_379)) };
  });
  const login = {
    ...(user && { username: decodeURIComponent(user) }),
    ...(password && { password: decodeURIComponent(password) }),
  };
  if (kind === "sentinel")
    return new Redis({ ...options, ...login, sentinels: nodes, name: path, failoverDetector: true });
  return new Cluster(nodes, { redisOptions: { ...options, ...login }, enableOfflineQueue: false });
};
