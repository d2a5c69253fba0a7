import { randomBytes } from "node:crypto";
import type { TestProject } from "vitest/node";
import { dropTestDatabases } from "../support/database.ts";
import type { OptionalServers } from "../support/servers/index.ts";
import { startTestPostgres } from "../support/servers/postgres.ts";
import { findOrInstall } from "../support/servers/programs.ts";
import { RedisServer } from "../support/servers/redis.ts";
import { createRunDirectory, removeRunDirectory, sweepAbandonedRuns } from "../support/servers/run-directory.ts";

/** One Postgres and one Redis for the run; every suite has databases and keys of its own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await sweepAbandonedRuns();
  const runDirectory = await createRunDirectory();
  const databasePrefix = `portcullis_test_${randomBytes(4).toString("hex")}`;
  const [postgres, { servers, stop }] = await Promise.all([
    startTestPostgres(runDirectory),
    findOptionalServers(runDirectory),
  ]);

  project.provide("runDirectory", runDirectory);
  project.provide("postgresUrl", postgres.url);
  project.provide("databasePrefix", databasePrefix);
  project.provide("servers", servers);

  return async () => {
    await dropTestDatabases(postgres.url, databasePrefix);
    await Promise.all([postgres.stop(), stop()]);
    await removeRunDirectory(runDirectory);
  };
}

async function findOptionalServers(
  runDirectory: string,
): Promise<{ servers: OptionalServers; stop: () => Promise<void> }> {
  const { REDIS_URL, CHROMIUM_PATH } = process.env;
  // One after the other: all may have to be installed.
  const redisServer = await findOrInstall(["redis-server"], "redis-server");
  const natsServer = await findOrInstall(["nats-server"], "nats-server");
  const chromium = CHROMIUM_PATH
    ? { value: CHROMIUM_PATH }
    : await findOrInstall(["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"], "chromium");

  const own = REDIS_URL || "reason" in redisServer ? null : await RedisServer.start(redisServer.value, runDirectory);
  const url = REDIS_URL ?? own?.url;
  const redis = url ? { value: url } : redisServer;
  return {
    servers: { redis, "redis-server": redisServer, "nats-server": natsServer, chromium },
    stop: async () => own?.stop(),
  };
}
