import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmod, chown, lstat, mkdir, mkdtemp, realpath, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Account, canEnter, findOwner, findUnprivilegedAccount, SERVER_ENVIRONMENT } from "./account.ts";
import { type Binaries, prepareBinaries } from "./binaries.ts";

const run = promisify(execFile);

/** The location of a cluster: its files, password and log. */
export interface ClusterPaths {
  readonly data: string;
  readonly password: string;
  readonly log: string;
}

export interface Cluster extends ClusterPaths {
  readonly account: Account;
  readonly binaries: Binaries;
}

export const SUPERUSER = "portcullis";

/** Where root keeps files that another user must reach, if that user cannot enter the data directory. */
const FALLBACK_DIRS = ["/var/lib/portcullis", "/var/tmp/portcullis"];

/**
 * The cluster of this data directory, created on first use. Two concurrent processes are safe without a lock: each creates its
 * own draft, and only one can be moved into place.
 */
export async function openCluster(dataDir: string): Promise<Cluster> {
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  const clusterPath = join(await realpath(dataDir), "postgres");
  if (!(await exists(clusterPath))) await createCluster(clusterPath);

  const directory = await realpath(clusterPath).catch(() => {
    throw new Error(
      `${clusterPath} points to a missing directory: restore it, or remove ${clusterPath} to start from scratch`,
    );
  });
  const paths = clusterPathsAt(directory);
  const account = await findOwner(paths.data);
  return { ...paths, account, binaries: await prepareBinaries(account, () => findAccessibleDir(dataDir, account)) };
}

const clusterPathsAt = (directory: string): ClusterPaths => ({
  data: join(directory, "data"),
  password: join(directory, "password"),
  log: join(directory, "postgres.log"),
});

const exists = (path: string) =>
  lstat(path).then(
    () => true,
    () => false,
  );

async function createCluster(clusterPath: string): Promise<void> {
  const dataDir = join(clusterPath, "..");
  const account = await findUnprivilegedAccount();
  const accessibleDir = await findAccessibleDir(dataDir, account);
  const binaries = await prepareBinaries(account, async () => accessibleDir);

  // The current user keeps the directory. The server's user owns only the data in it, and cannot replace the log with a link.
  const draft = await mkdtemp(join(accessibleDir, "postgres-"));
  await chmod(draft, 0o711);
  const paths = clusterPathsAt(draft);
  try {
    await writeFile(paths.password, randomBytes(24).toString("base64url"), { mode: 0o600 });
    await mkdir(paths.data, { mode: 0o700 });
    for (const path of [paths.password, paths.data]) {
      if (account.uid !== undefined) await chown(path, account.uid, account.gid);
    }
    await initialize(paths, account, binaries);
    if (accessibleDir === dataDir) await rename(draft, clusterPath);
    else await symlink(draft, clusterPath);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    if (await exists(clusterPath)) return; // Another process was first.
    throw error;
  }
}

/**
 * Accepts only TCP with SCRAM; a local socket, which is never opened, would be refused. The built-in C.UTF-8 locale sorts
 * identically on every machine and needs no installation.
 */
async function initialize(paths: ClusterPaths, account: Account, { initdb }: Binaries): Promise<void> {
  const options = [
    `--pgdata=${paths.data}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${paths.password}`,
    "--auth-host=scram-sha-256",
    "--auth-local=reject",
    "--encoding=UTF8",
    "--locale=C",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
  ];
  await run(initdb, options, { ...account, cwd: "/", env: SERVER_ENVIRONMENT }).catch((error: { stderr?: string }) => {
    throw new Error(`failed to create a new database: ${error.stderr?.trim() || String(error)}`, { cause: error });
  });
}

/** The data directory itself, unless the account cannot enter its parents: below /root, or in a private temporary directory. */
async function findAccessibleDir(dataDir: string, account: Account): Promise<string> {
  if (account.uid === undefined || (await canEnter(account, dataDir))) return dataDir;
  for (const accessibleDir of FALLBACK_DIRS) {
    await mkdir(accessibleDir, { recursive: true, mode: 0o711 }).catch(() => undefined);
    if ((await isOursAlone(accessibleDir)) && (await canEnter(account, accessibleDir))) return accessibleDir;
  }
  throw new Error(
    `the user ${account.uid}, who runs Postgres for root, can enter neither ${dataDir} nor ${FALLBACK_DIRS.join(", ")}`,
  );
}

/** In a world-writable directory, another user could have created it first, to read or replace the files in it. */
async function isOursAlone(directory: string): Promise<boolean> {
  const found = await lstat(directory).catch(() => null);
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}
