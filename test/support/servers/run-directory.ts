import { chmod, mkdtemp, readdir, readFile, readlink, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findRunningServer, shutDown } from "#dev/embedded/server";

const NAME = /^portcullis-test-(\d+)-/;

/** A new directory for everything that this run of the tests starts; its name contains the process that owns it. */
export async function createRunDirectory(): Promise<string> {
  const directory = await mkdtemp(join(await realpath(tmpdir()), `portcullis-test-${process.pid}-`));
  // Root runs Postgres as another user, who needs access.
  await chmod(directory, 0o711);
  return directory;
}

/** Ends the servers that a killed run left behind, and removes their files. */
export async function sweepAbandonedRuns(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const owner = NAME.exec(name)?.[1];
    if (owner === undefined || isAlive(Number(owner))) continue;
    // It belongs to another user, or another run is removing it already.
    await removeRunDirectory(join(await realpath(tmpdir()), name)).catch(() => undefined);
  }
}

/** Ends all servers that still run in it. */
export async function removeRunDirectory(directory: string): Promise<void> {
  const entries = await readdir(directory);
  for (const entry of entries) {
    if (entry.startsWith("redis-")) await endRedis(join(directory, entry));
    else await removeCluster(join(directory, entry));
  }
  await rm(directory, { recursive: true, force: true });
}

/** Ends the server of this data directory. The cluster may be elsewhere, if its user cannot access the directory. */
export async function removeCluster(dataDir: string): Promise<void> {
  const home = await realpath(join(dataDir, "postgres")).catch(() => null);
  if (home === null) return;
  const data = join(home, "data");
  const server = await findRunningServer({ data });
  if (server) await shutDown({ data }, server.pid);
  await rm(home, { recursive: true, force: true });
}

async function endRedis(directory: string): Promise<void> {
  const pid = Number(await readFile(join(directory, "redis.pid"), "utf8").catch(() => ""));
  if (pid > 0 && (await readlink(`/proc/${pid}/cwd`).catch(() => null)) === directory) process.kill(pid, "SIGKILL");
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
