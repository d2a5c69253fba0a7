import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, cp, mkdtemp, realpath, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { findRunningServer } from "#dev/embedded/server";
import { findFreePort } from "../support/servers/ports.ts";
import { removeCluster } from "../support/servers/run-directory.ts";
import { WAIT } from "../support/timeouts.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** For requests: more of them would take processor time from the start that they wait for. */
const LESS_OFTEN = { ...WAIT, interval: 250 };

let dataDir: string;
let url: string;
let npm: ChildProcess;
let words: string[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(inject("runDirectory"), "npm-start-"));
  await chmod(dataDir, 0o711);
});

const start = async (checkout: string): Promise<void> => {
  const port = await findFreePort();
  url = `http://127.0.0.1:${port}`;
  words = [];
  npm = spawn("npm", ["start"], {
    cwd: checkout,
    env: {
      PATH: process.env.PATH,
      HOME: dataDir,
      npm_config_update_notifier: "false",
      DATA_DIR: dataDir,
      HOST: "127.0.0.1",
      PORT: `${port}`,
      HASHING_BACKEND: "argon2",
    },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  npm.stdout?.on("data", (chunk: Buffer) => words.push(chunk.toString()));
  npm.stderr?.on("data", (chunk: Buffer) => words.push(chunk.toString()));
};

afterEach(async () => {
  try {
    // The processes of the group that a failed test has left: npm, its shell, the server.
    process.kill(-(npm.pid ?? 0), "SIGKILL");
  } catch {
    // No process is left.
  }
  await removeCluster(dataDir);
  await rm(dataDir, { recursive: true, force: true });
});

const answers = (): Promise<boolean> =>
  fetch(`${url}/readyz`).then(
    ({ ok }) => ok,
    () => false,
  );

const findPostgres = async () => {
  const home = await realpath(join(dataDir, "postgres")).catch(() => null);
  return home && findRunningServer({ data: join(home, "data") });
};

describe("npm start", () => {
  beforeEach(() => start(PROJECT));

  it.each(["SIGTERM", "SIGINT"] as const)("ends with its server and the embedded Postgres on %s", async (signal) => {
    await expect.poll(answers, LESS_OFTEN).toBe(true);
    expect(await findPostgres()).not.toBeNull();
    const exit = once(npm, "exit");
    // Ctrl-C signals the whole group, and npm leaves it to its child; a supervisor sends SIGTERM only to the process that it started.
    if (signal === "SIGINT") process.kill(-(npm.pid ?? 0), signal);
    else npm.kill(signal);
    await exit;
    await expect.poll(answers, LESS_OFTEN).toBe(false);
    await expect.poll(findPostgres, WAIT).toBeNull();
    await expect.poll(() => words.join(""), WAIT).toContain('"msg":"stopped"');
  });

  it("leaves nothing behind if SIGTERM comes while it starts", async () => {
    await expect.poll(findPostgres, WAIT).not.toBeNull();
    npm.kill("SIGTERM");
    await expect.poll(findPostgres, WAIT).toBeNull();
    expect(await answers()).toBe(false);
  });
});

/** A checkout of the present sources, with the packages but without anything built. */
const checkOut = async (): Promise<string> => {
  const checkout = join(dataDir, "checkout");
  const files = ["package.json", "package-lock.json", "tsconfig.json", "schema.graphql", "src", "scripts", "drizzle"];
  for (const name of files) await cp(join(PROJECT, name), join(checkout, name), { recursive: true });
  await symlink(join(PROJECT, "node_modules"), join(checkout, "node_modules"));
  return checkout;
};

const page = async (): Promise<string> => (await fetch(`${url}/sign-in`)).text();

describe("the first npm start", () => {
  it("builds the hosted pages, and the second one serves the same build", async () => {
    const checkout = await checkOut();
    await start(checkout);
    await expect.poll(answers, LESS_OFTEN).toBe(true);
    const first = await page();
    expect(first, words.join("")).toContain('<div id="root">');
    const [, script = ""] = /<script type="module"[^>]* src="([^"]+)"/.exec(first) ?? [];
    expect((await fetch(url + script)).status).toBe(200);
    expect(words.join("")).toContain("built the hosted pages in");

    const exit = once(npm, "exit");
    npm.kill("SIGTERM");
    await exit;
    await expect.poll(findPostgres, WAIT).toBeNull();
    await start(checkout);
    await expect.poll(answers, LESS_OFTEN).toBe(true);
    expect(await page()).toContain(script);
    expect(words.join("")).not.toContain("the hosted pages");
  });
});
