import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The operating-system user that runs the server, in the form that `spawn` accepts; empty: the current user. */
export type Account = { readonly uid: number; readonly gid: number } | Record<string, never>;

/**
 * The child's environment. The environment of this process is not passed on, and the server's messages stay in the language that
 * is searched for in its log.
 */
export const SERVER_ENVIRONMENT = { LC_ALL: "C", TZ: "UTC", PATH: "/usr/bin:/bin" };

/** Postgres refuses to run as root. One of these users exists on most systems; no user is created. */
const UNPRIVILEGED = ["postgres", "_postgres", "nobody"];

/** The account for a new cluster: the current user, unless that is root. */
export async function findUnprivilegedAccount(): Promise<Account> {
  if (process.getuid?.() !== 0) return {};
  const users = (await readFile("/etc/passwd", "utf8")).split("\n").map((line) => line.split(":"));
  for (const wanted of UNPRIVILEGED) {
    const [, , uid, gid] = users.find(([name]) => name === wanted) ?? [];
    if (Number(uid) > 0 && Number(gid) > 0) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new Error(`Postgres does not run as root, and none of the users ${UNPRIVILEGED.join(", ")} exists here`);
}

/** The account for an existing cluster: its owner, because Postgres accepts no other. */
export async function findOwner(data: string): Promise<Account> {
  const { uid, gid } = await stat(data);
  const us = process.getuid?.();
  if (us === uid) return {};
  if (us === 0) return { uid, gid };
  throw new Error(
    `${data} belongs to the user ${uid}, but this process runs as ${us}: start as that user or use another data directory`,
  );
}

/** Asks the kernel instead of checking mode bits, so that ACLs, mounts and every parent directory are respected. */
export async function canEnter(account: Account, directory: string): Promise<boolean> {
  return run("/bin/sh", ["-c", 'cd -- "$0"', directory], { ...account, cwd: "/", env: SERVER_ENVIRONMENT }).then(
    () => true,
    () => false,
  );
}
