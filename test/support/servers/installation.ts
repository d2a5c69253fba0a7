import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { inject } from "vitest";
import { GraphQLClient } from "../clients/graphql.ts";
import { WAIT_TIMEOUT_MS } from "../timeouts.ts";
import { createTestDatabase, type TestDatabase } from "./database.ts";
import { findFreePort } from "./ports.ts";
import { type Settings, testSettings } from "./settings.ts";
import { startSmtpServer, type TestSmtpServer } from "./smtp.ts";

/** The program in a separate process, which a test can kill, stop or overload. */
export interface ServerProcess {
  readonly url: string;
  readonly pid: number;
  /** Everything written to stdout and stderr, line by line. */
  readonly logs: readonly string[];
  /** The exit code, once it has ended; null if it was ended by a signal. */
  readonly exit: Promise<number | null>;
  client(headers?: Readonly<Record<string, string>>): GraphQLClient;
  signal(signal: NodeJS.Signals): void;
  /** Ends the process immediately (kill -9). */
  kill(): Promise<void>;
}

const running = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts the compiled program with these settings, or a project from its sources, and waits until it is ready. */
export const startServerProcess = async (env: Settings, project?: string): Promise<ServerProcess> => {
  const port = await findFreePort();
  const program = project ? ["--import", "tsx", "src/main.ts"] : [join(inject("program"), "dist/main.js")];
  const child = spawn(process.execPath, program, {
    cwd: project ?? inject("runDirectory"),
    env: { PATH: process.env.PATH, HOST: "127.0.0.1", PORT: `${port}`, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  const exit = once(child, "exit").then(([code]) => code as number | null);
  void exit.then(() => running.delete(child));
  const logs: string[] = [];
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (line) => logs.push(line));

  const url = `http://127.0.0.1:${port}`;
  const server: ServerProcess = {
    url,
    pid: child.pid ?? 0,
    logs,
    exit,
    client: (headers) => new GraphQLClient(url, headers),
    signal: (signal) => void child.kill(signal),
    async kill() {
      child.kill("SIGKILL");
      await exit;
    },
  };
  for (const began = performance.now(); !(await isReady(url)); await delay(25)) {
    if (child.exitCode === null && child.signalCode === null && performance.now() - began < WAIT_TIMEOUT_MS) continue;
    await server.kill();
    throw new Error(`The server did not become ready:\n${logs.slice(-20).join("\n")}`);
  }
  return server;
};

/** Whether /readyz reports that it is ready for requests. */
export const isReady = (url: string): Promise<boolean> =>
  fetch(`${url}/readyz`, { signal: AbortSignal.timeout(30_000) }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.ok;
    },
    () => false,
  );

/** What the replicas of one installation share. */
export interface Installation {
  readonly database: TestDatabase;
  readonly mail: TestSmtpServer;
  readonly settings: Settings;
  /** Another replica; of another project if a path is given. */
  start(settings?: Settings, project?: string): Promise<ServerProcess>;
  /** Kills the running processes, and drops the database. */
  stop(): Promise<void>;
}

export const createInstallation = async (given: Settings = {}): Promise<Installation> => {
  const [database, mail] = await Promise.all([createTestDatabase(), startSmtpServer()]);
  const processes: ServerProcess[] = [];
  const settings = {
    ...testSettings(database),
    SMTP_URL: mail.url,
    SECRET_KEYS: `test:${randomBytes(32).toString("base64")}`,
    ...given,
  };
  return {
    database,
    mail,
    settings,
    async start(more = {}, project?: string) {
      const server = await startServerProcess({ ...settings, ...more }, project);
      processes.push(server);
      return server;
    },
    async stop() {
      await Promise.all(processes.map((server) => server.kill()));
      await mail.stop();
      await database.drop();
    },
  };
};
