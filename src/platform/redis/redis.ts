import { Cluster, Redis } from "ioredis";

export type RedisClient = Redis | Cluster;

/** A request waits this long for Redis, in milliseconds, before Postgres answers instead. */
const COMMAND_TIMEOUT = 150;

/** Fails fast: no queue while offline, no retries of a command, short pauses between attempts to connect. */
const OPTIONS = {
  commandTimeout: COMMAND_TIMEOUT,
  connectTimeout: 2_000,
  enableOfflineQueue: false,
  maxRetriesPerRequest: 0,
  lazyConnect: false,
  retryStrategy: (attempt: number) => Math.min(50 * attempt, 500),
} as const;

/**
 * Opens Redis: `redis://host`, `rediss://host` (TLS), `redis+sentinel://host1:26379,host2:26379/name-of-the-master`, or
 * `redis+cluster://host1:6379,host2:6379`.
 */
export const openRedis = (url: string): RedisClient => {
  const client = connect(url);
  // Every failed attempt to connect says so; TrustedRedis logs when Redis goes and when it is back.
  client.on("error", () => {});
  return client;
};

const connect = (url: string): RedisClient => {
  const [, kind] = /^rediss?\+(sentinel|cluster):/.exec(url) ?? [];
  if (kind === undefined) return new Redis(url, OPTIONS);
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
  if (kind === "sentinel") return new Redis({ ...OPTIONS, ...login, sentinels: nodes, name: path });
  return new Cluster(nodes, { redisOptions: { ...OPTIONS, ...login }, enableOfflineQueue: false });
};
