import { execFile, spawn } from "node:child_process";
import { open, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { SERVER_ENVIRONMENT } from "./account.ts";
import type { Cluster, ClusterPaths } from "./cluster.ts";

/** How often to check whether the server is up or down. */
export const POLL_INTERVAL_MS = 10;

const LARGE_LOG = 1_000_000;
const STOP_TIMEOUT_MS = 15_000;

export interface RunningServer {
  readonly pid: number;
  readonly port: number;
  /** False while it recovers or shuts down. */
  readonly accepts: boolean;
}

const pidFileOf = (data: string) => join(data, "postmaster.pid");
const readPidFile = async (data: string) => (await readFile(pidFileOf(data), "utf8").catch(() => "")).split("\n");

/**
 * The running server of this cluster, no matter which process started it; null without one, even if the pid file of a dead one
 * remains.
 */
export async function findRunningServer({ data }: Pick<ClusterPaths, "data">): Promise<RunningServer | null> {
  // Lines: pid, data directory, start time, port, socket directory, listen address, shared memory key, status.
  const [pid, , , port, , , , status] = await readPidFile(data);
  if (!(Number(pid) > 0) || !(await isServerOf(data, Number(pid)))) return null;
  return { pid: Number(pid), port: Number(port), accepts: status?.trim() === "ready" };
}

/** The pid alone is not sufficient: after a container restarts, the same pids soon belong to other processes. */
async function isServerOf(data: string, pid: number): Promise<boolean> {
  return (await readCommand(pid)).includes(` -D ${data} `);
}

async function readCommand(pid: number): Promise<string> {
  if (process.platform === "linux") {
    return (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).replaceAll("\0", " ");
  }
  const ps = promisify(execFile)("ps", ["-ww", "-o", "command=", "-p", `${pid}`]);
  return (await ps.catch(() => ({ stdout: "" }))).stdout;
}

export interface StartedServer {
  /** Undefined if the program could not be started. */
  readonly pid: number | undefined;
  /** Resolves when it exits, with the last lines of its log. */
  readonly exit: Promise<string>;
}

/** Starts a server and returns immediately, before it accepts connections. */
export async function spawnServer(cluster: Cluster, settings: readonly string[]): Promise<StartedServer> {
  await yieldStalePid(cluster.data);
  const log = await open(cluster.log, "a+", 0o600);
  try {
    if ((await log.stat()).size > LARGE_LOG) await log.truncate();
    const logStart = (await log.stat()).size;
    const port = await findFreePort();
    const flags = [`listen_addresses=127.0.0.1`, `port=${port}`, ...settings].flatMap((setting) => ["-c", setting]);
    const server = spawn(cluster.binaries.postgres, ["-D", cluster.data, ...flags], {
      ...cluster.account,
      cwd: "/",
      env: SERVER_ENVIRONMENT,
      // In its own process group and with a log file. Ctrl-C reaches only this process, which stops the server last, and the
      // server survives a crash of this process.
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
    });
    server.unref();
    const exit = new Promise<string>((resolve) => {
      server.once("error", (error) => resolve(error.message));
      server.once("exit", () => resolve(readLog(cluster.log, logStart)));
    });
    return { pid: server.pid, exit };
  } finally {
    await log.close();
  }
}

/**
 * Postgres refuses to start while any process with the pid in the old pid file is alive. It treats its own pid and its parent's
 * as stale. Deleting the file would also lose the key of the shared memory, by which Postgres detects that processes of the dead
 * server are still writing.
 */
async function yieldStalePid(data: string): Promise<void> {
  const [pid, ...rest] = await readPidFile(data);
  if (!pid || !isAlive(Number(pid)) || (await isServerOf(data, Number(pid)))) return;
  await writeFile(pidFileOf(data), [process.pid, ...rest].join("\n"));
}

/** Removes the empty file that a power failure leaves while the file is written. It contains no key that the next start needs. */
export async function removeEmptyPidFile(data: string): Promise<void> {
  const file = await stat(pidFileOf(data)).catch(() => null);
  if (file?.size === 0) await rm(pidFileOf(data), { force: true });
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** The port is free at this moment. If another process takes it first, the server fails and is started again. */
async function findFreePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve, reject) => probe.once("listening", resolve).once("error", reject));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

async function readLog(path: string, start: number): Promise<string> {
  const text = (await readFile(path)).subarray(start).toString("utf8");
  return text.trim().split("\n").slice(-10).join("\n");
}

/** A fast shutdown: sessions end, transactions roll back, everything is written to disk. Resolves when the server has stopped. */
export async function shutDown(cluster: Pick<ClusterPaths, "data">, pid: number): Promise<void> {
  // SIGQUIT ends a hanging server without a checkpoint; it recovers at the next start.
  for (const signal of ["SIGINT", "SIGQUIT"] as const) {
    process.kill(pid, signal);
    for (const start = performance.now(); performance.now() - start < STOP_TIMEOUT_MS; await delay(POLL_INTERVAL_MS)) {
      if ((await findRunningServer(cluster))?.pid !== pid) return;
    }
  }
  throw new Error(`the embedded Postgres (process ${pid}) does not stop`);
}
