import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { ProvidedContext } from "vitest";
import type { TestProject } from "vitest/node";
import { compileProgram } from "../support/servers/compiled-program.ts";
import { dropTestDatabases } from "../support/servers/database.ts";
import type { OptionalServers } from "../support/servers/index.ts";
import { startTestPostgres } from "../support/servers/postgres.ts";
import { type Finding, findOrInstall } from "../support/servers/programs.ts";
import { RedisServer } from "../support/servers/redis.ts";
import { createRunDirectory, removeRunDirectory, sweepAbandonedRuns } from "../support/servers/run-directory.ts";

/** The servers of a run, kept for each project that needs them, while any of these projects runs. */
interface Servers {
  users: number;
  readonly provided: Promise<{ readonly values: Provided; stop(): Promise<void> }>;
}

type Provided = Pick<ProvidedContext, "runDirectory" | "postgresUrl" | "databasePrefix" | "servers" | "program">;

/** Vitest loads this file once for each project; this is their shared state. */
const shared = globalThis as { portcullisTestServers?: Servers | undefined };

/** Starts one Postgres and one Redis for the run; every suite has its own databases and keys. Unit tests start neither. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  shared.portcullisTestServers ??= { users: 0, provided: start() };
  const servers = shared.portcullisTestServers;
  servers.users++;
  const { values, stop } = await servers.provided;
  for (const key of Object.keys(values) as (keyof Provided)[]) project.provide(key, values[key]);
  return async () => {
    if (--servers.users > 0) return;
    shared.portcullisTestServers = undefined;
    await stop();
  };
}

const start = async (): Promise<Awaited<Servers["provided"]>> => {
  await sweepAbandonedRuns();
  const runDirectory = await createRunDirectory();
  const databasePrefix = `portcullis_test_${randomBytes(4).toString("hex")}`;
  const [postgres, { servers, stop }, program] = await Promise.all([
    startTestPostgres(runDirectory),
    findOptionalServers(runDirectory),
    compileProgram(join(runDirectory, "program")),
  ]);
  return {
    values: { runDirectory, postgresUrl: postgres.url, databasePrefix, servers, program },
    async stop() {
      await dropTestDatabases(postgres.url, databasePrefix);
      await Promise.all([postgres.stop(), stop()]);
      await removeRunDirectory(runDirectory);
    },
  };
};

async function findOptionalServers(
  runDirectory: string,
): Promise<{ servers: OptionalServers; stop: () => Promise<void> }> {
  const { REDIS_URL, CHROMIUM_PATH, FIREFOX_PATH } = process.env;
  // One after the other, because all may have to be installed.
  const redisServer = await findOrInstall(["redis-server"], "redis-server");
  const natsServer = await findOrInstall(["nats-server"], "nats-server");
  const chromium = CHROMIUM_PATH ? { value: CHROMIUM_PATH } : await findOrInstallChromium();
  const firefox = FIREFOX_PATH
    ? { value: FIREFOX_PATH }
    : await findOrInstall(["firefox-esr", "firefox"], "firefox-esr");

  const own = REDIS_URL || "reason" in redisServer ? null : await RedisServer.start(redisServer.value, runDirectory);
  const url = REDIS_URL ?? own?.url;
  const redis = url ? { value: url } : redisServer;
  return {
    servers: { redis, "redis-server": redisServer, "nats-server": natsServer, chromium, firefox },
    stop: async () => own?.stop(),
  };
}

/** The headless shell has the same engine and takes half the CPU time. Systems other than Debian may lack the package. */
async function findOrInstallChromium(): Promise<Finding> {
  const shell = await findOrInstall(["chromium-headless-shell"], "chromium-headless-shell");
  if ("value" in shell) return shell;
  return findOrInstall(["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"], "chromium");
}
