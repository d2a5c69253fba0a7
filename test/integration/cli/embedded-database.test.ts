import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { afterEach, beforeEach, expect, inject, it } from "vitest";
import { findRunningServer } from "#dev/embedded/server";
import { runCli, runProgram, spawnProgram } from "../../support/servers/cli.ts";
import { findFreePort } from "../../support/servers/ports.ts";
import { removeCluster } from "../../support/servers/run-directory.ts";

let dataDir: string;
let env: Record<string, string>;
const children: ChildProcess[] = [];

beforeEach(async () => {
  dataDir = await mkdtemp(join(inject("runDirectory"), "embedded for the command line "));
  await chmod(dataDir, 0o711);
  env = { DATA_DIR: dataDir, HOST: "127.0.0.1", PORT: `${await findFreePort()}`, HASHING_BACKEND: "argon2" };
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  await removeCluster(dataDir);
  await rm(dataDir, { recursive: true, force: true });
});

const findServer = async () => findRunningServer({ data: join(await realpath(join(dataDir, "postgres")), "data") });

/** Starts the complete server, as `npm start` does, and waits until it responds. */
const startServer = async (): Promise<ChildProcess> => {
  const server = spawnProgram("main", [], { env });
  children.push(server);
  const words: string[] = [];
  await new Promise<void>((resolve, reject) => {
    server.stderr.on("data", (chunk: Buffer) => words.push(chunk.toString()));
    server.stdout.on("data", (chunk: Buffer) => chunk.toString().includes("portcullis started") && resolve());
    server.once("exit", () => reject(new Error(words.join(""))));
  });
  return server;
};

it("stops the database that a command started, restricts access to its keys, and finds both again", async () => {
  expect(await runCli(["create-operator", "olga@example.com"], { env })).toMatchObject({ code: 0, stderr: "" });
  expect(await findServer()).toBeNull();
  const keys = await readFile(join(dataDir, "secret-keys"), "utf8");
  expect(await runCli(["create-operator", "olga@example.com"], { env })).toMatchObject({ code: 0, stderr: "" });
  expect(await readFile(join(dataDir, "secret-keys"), "utf8")).toBe(keys);
});

it("works while a server uses the same data, which continues and delivers the mail", async () => {
  const server = await startServer();
  const { code, stdout } = await runCli(["create-operator", "olga@example.com"], { env });
  expect(code).toBe(0);
  const [address = ""] = stdout.match(/http:\S+/) ?? [];
  const mailbox = `http://127.0.0.1:${env.PORT}/dev/mailbox.json`;
  await expect.poll(async () => (await fetch(mailbox)).text()).toContain(address);

  expect((await fetch(`http://127.0.0.1:${env.PORT}/readyz`)).status).toBe(200);
  server.kill("SIGTERM");
  expect(await once(server, "exit")).toEqual([0, null]);
  expect(await findServer()).toBeNull();
});

it("starts on the data of a server that was killed", async () => {
  const killed = await startServer();
  await runCli(["create-operator", "olga@example.com"], { env });
  killed.kill("SIGKILL");
  await once(killed, "exit");
  await startServer();
  const { stdout } = await runCli(["create-operator", "olga@example.com"], { env });
  expect(stdout).toContain("olga@example.com is an operator.");
});

it("reports the port that is in use, and stops its database", async () => {
  const squatter = createServer().listen(Number(env.PORT), "127.0.0.1");
  await once(squatter, "listening");
  try {
    const { code, stderr } = await runProgram("main", [], { env });
    expect(code).toBe(1);
    expect(stderr).toBe(
      `Port ${env.PORT} is used by another program. Stop that program, or set PORT to another port.\n`,
    );
    expect(await findServer()).toBeNull();
  } finally {
    squatter.close();
  }
});
