import { createHash } from "node:crypto";
import { Cluster, type Redis } from "ioredis";
import type { RedisClient } from "./redis.ts";

/**
 * Identifies the server, or the masters of a cluster, that this connection leads to. The identity changes with every restart and
 * every failover, even back to an earlier master: a master that was demoted and promoted again has another replication ID.
 *
 * @throws {Error} if a server does not respond, or is not a master
 */
export const identityOf = async (redis: RedisClient): Promise<string> => {
  if (!(redis instanceof Cluster)) return identityOfServer(redis);
  const masters = redis.nodes("master");
  if (masters.length === 0) throw new Error("No master of the cluster is known.");
  const identities = await Promise.all(masters.map(identityOfServer));
  return createHash("sha256").update(identities.sort().join()).digest("hex");
};

const identityOfServer = async (redis: Redis): Promise<string> => {
  const info = await redis.info();
  const field = (name: string): string => new RegExp(`^${name}:(.*?)\\r?$`, "m").exec(info)?.[1] ?? "";
  if (field("role") === "slave") throw new Error("The server is a replica.");
  // Some hosted services return neither: then only lost connections reveal a failover.
  return `${field("run_id")}:${field("master_replid")}`;
};
