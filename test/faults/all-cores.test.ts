import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { newAddress, newEmail, newPassword, type SignedInUser, signUp } from "../support/factories/users.ts";
import { createInstallation, type Installation, isReady, type ServerProcess } from "../support/servers/installation.ts";

const ME = "{ me { id } }";
const REGISTER = "mutation ($input: RegisterInput!) { register(input: $input) { next } }";
const PROCESSES = 2;

let installation: Installation;
let server: ServerProcess;
let user: SignedInUser;

beforeEach(async () => {
  installation = await createInstallation();
  server = await installation.start({ WEB_PROCESSES: `${PROCESSES}` });
  await expect.poll(async () => (await webProcesses()).length).toBe(PROCESSES);
  user = await signUp({ client: server.client, mail: installation.mail });
});
afterEach(() => installation.stop());

const webProcesses = async (): Promise<number[]> => {
  const listed = await promisify(execFile)("pgrep", ["-P", `${server.pid}`]).catch(() => ({ stdout: "" }));
  return listed.stdout.split("\n").filter(Boolean).map(Number);
};

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

/** Callers that send one request after the other, until they are stopped. */
const startCallers = (count: number) => {
  let isOver = false;
  let answered = 0;
  const failures: unknown[] = [];
  const callers = Array.from({ length: count }, async (_, n) => {
    const client = server.client();
    client.accessToken = user.client.accessToken;
    while (!isOver) {
      await client.ask(ME).then(
        () => (answered += 1),
        (error: unknown) => failures.push(error),
      );
      // The connections of the later ones are idle from time to time.
      await delay(10 * n);
    }
  });
  return {
    failures,
    async answersMore() {
      const before = answered;
      await expect.poll(() => answered).toBeGreaterThan(before + 50);
    },
    async stop() {
      isOver = true;
      await Promise.all(callers);
    },
  };
};

describe("a server with several processes", () => {
  it("replaces a killed process while requests go on", async () => {
    const callers = startCallers(6);
    await callers.answersMore();
    const [victim = 0, other] = await webProcesses();
    process.kill(victim, "SIGKILL");
    await callers.answersMore();
    await expect
      .poll(async () => (await webProcesses()).filter((pid) => pid !== victim), { interval: 100 })
      .toHaveLength(PROCESSES);
    expect(await webProcesses()).toContain(other);
    await callers.answersMore();
    await callers.stop();
    // Only those that the killed process was answering.
    expect(callers.failures.length).toBeLessThanOrEqual(6);
    expect(server.logs.join("\n")).toContain("ended unexpectedly");
  });

  it("loses no request while SIGHUP replaces its processes", async () => {
    const before = await webProcesses();
    const callers = startCallers(6);
    await callers.answersMore();
    server.signal("SIGHUP");
    await expect.poll(() => server.logs.join("\n"), { interval: 200 }).toContain("all processes are replaced");
    await callers.answersMore();
    await callers.stop();
    expect(callers.failures).toEqual([]);
    const after = await webProcesses();
    expect(after).toHaveLength(PROCESSES);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
    // The thread for jobs was replaced, too, and works.
    const email = newEmail("replaced");
    const client = server.client({ "x-forwarded-for": newAddress() });
    await client.ask(REGISTER, { input: { email, password: newPassword() } });
    await installation.mail.waitForMail({ to: email });
  });

  it.each(["SIGTERM", "SIGKILL"] as const)("leaves no process after %s", async (signal) => {
    const pids = await webProcesses();
    server.signal(signal);
    expect(await server.exit).toBe(signal === "SIGTERM" ? 0 : null);
    await expect.poll(() => pids.filter(isRunning)).toEqual([]);
    expect(await isReady(server.url)).toBe(false);
  });

  it("counts the requests of all processes in /metrics of each of them", async () => {
    const client = server.client();
    client.accessToken = user.client.accessToken;
    const counted = async (): Promise<number> => {
      const metrics = await (await fetch(`${server.url}/metrics`, { headers: { connection: "close" } })).text();
      expect(metrics.match(/^process_resident_memory_bytes /gm)).toHaveLength(1);
      return Number(
        /^portcullis_graphql_field_seconds_count\{field="Query\.me",code="ok"\} (\d+)$/m.exec(metrics)?.[1] ?? 0,
      );
    };
    const before = await counted();
    // Each on its own connection, which the supervising process gives to one process after the other.
    for (let sent = 0; sent < 2 * PROCESSES; sent++) await client.ask(ME);
    for (let asked = 0; asked < PROCESSES; asked++) expect(await counted()).toBe(before + 2 * PROCESSES);
  });
});
