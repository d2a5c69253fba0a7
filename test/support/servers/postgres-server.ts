import { type ChildProcess, spawn } from "node:child_process";
import { chmod, mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import postgres from "postgres";
import { inject } from "vitest";
import { startEmbeddedPostgres } from "#dev/embedded-postgres";
import { migrateDatabase } from "#platform/database/migrate";
import { WAIT_TIMEOUT_MS } from "../timeouts.ts";
import { removeCluster } from "./run-directory.ts";

/** A migrated, crash-safe Postgres for tests that break it. The port stays the same. Linux only. */
export class PostgresServer {
  readonly url: string;
  readonly #directory: string;
  readonly #command: readonly string[];
  #restarted: ChildProcess | null = null;

  private constructor(url: string, directory: string, command: readonly string[]) {
    this.url = url;
    this.#directory = directory;
    this.#command = command;
  }

  static async start(runDirectory = inject("runDirectory")): Promise<PostgresServer> {
    const directory = await mkdtemp(join(runDirectory, "postgres-"));
    await chmod(directory, 0o711);
    const { url } = await startEmbeddedPostgres({
      dataDir: directory,
      database: "app",
      log: { info: () => undefined },
    });
    await migrateDatabase(url);
    // Restarted directly with the same arguments, because the embedded server would choose another port.
    const pid = await pidIn(directory);
    const command = (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0").slice(0, -1);
    return new PostgresServer(url, directory, command);
  }

  /** Kills its main process; the others notice that, and exit. */
  async kill(): Promise<void> {
    process.kill(await pidIn(this.#directory), "SIGKILL");
    while (await this.#answers()) await delay(5);
  }

  /** Starts it again after `kill`; it recovers what was committed. */
  async start(): Promise<void> {
    const [program = "", ...options] = this.#command;
    const { uid, gid } = await stat(join(this.#directory, "postgres/data"));
    const account = process.getuid?.() === 0 ? { uid, gid } : {};
    for (const began = performance.now(); !(await this.#answers()); await delay(20)) {
      if (performance.now() - began > WAIT_TIMEOUT_MS) throw new Error("Postgres did not restart.");
      // It refuses to start while the last processes of the killed one are exiting.
      if (this.#restarted && this.#restarted.exitCode === null && this.#restarted.signalCode === null) continue;
      this.#restarted = spawn(program, options, {
        ...account,
        cwd: "/",
        env: { LC_ALL: "C", TZ: "UTC", PATH: "/usr/bin:/bin" },
        stdio: "ignore",
        detached: true,
      });
    }
  }

  async stop(): Promise<void> {
    await removeCluster(this.#directory);
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #answers(): Promise<boolean> {
    const sql = postgres(this.url, { max: 1, connect_timeout: 30, fetch_types: false });
    return sql`select 1`
      .then(
        () => true,
        () => false,
      )
      .finally(() => sql.end({ timeout: 0 }));
  }
}

const pidIn = async (directory: string): Promise<number> =>
  Number((await readFile(join(directory, "postgres/data/postmaster.pid"), "utf8")).split("\n")[0]);
