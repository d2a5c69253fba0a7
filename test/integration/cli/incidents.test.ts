import { randomBytes } from "node:crypto";
import { decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { beginLogin, enableTotp } from "../../support/clients/factors.ts";
import { elevate, logIn, REFRESH, signUp } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { runCli } from "../../support/servers/cli.ts";
import { WAIT } from "../../support/timeouts.ts";

const SECRET_KEYS = `k1:${randomBytes(32).toString("base64")}`;
const SESSIONS = "{ sessionHistory { nodes { id endReason } } }";

let app: TestApp;
let env: Record<string, string>;
beforeAll(async () => {
  app = await startTestApp({ settings: { SECRET_KEYS } });
  env = { DATABASE_URL: app.database.url, SECRET_KEYS, PUBLIC_URL: "http://portcullis.test" };
});
afterAll(() => app?.stop());

describe("end-sessions", () => {
  it("ends the sessions that were opened or used since then, and no other", async () => {
    const earlier = await signUp(app);
    app.clock.advance(2 * 3_600_000);
    const alice = await signUp(app);
    const bob = await signUp(app);
    const since = new Date(app.clock.now().getTime() - 3_600_000).toISOString();
    const { code, stdout } = await runCli(["end-sessions", "--since", since], { env });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "2 sessions ended.\n" });
    for (const { client } of [alice, bob]) {
      await expect
        .poll(async () => (await client.send("{ me { id } }")).errors[0]?.extensions.code, WAIT)
        .toBe("UNAUTHENTICATED");
      expect(await app.client().refused(REFRESH, { token: client.refreshToken })).toMatchObject({
        code: "INVALID_REFRESH_TOKEN",
      });
    }
    await app.client().ask(REFRESH, { token: earlier.client.refreshToken });
    await logIn(alice.client, alice.email, alice.password);
    const { sessionHistory } = await alice.client.ask(SESSIONS);
    expect(sessionHistory.nodes).toContainEqual({ id: alice.sessionId, endReason: "ADMIN_REVOKED" });
  });

  it.each([[[]], [["--since", "yesterday"]], [["--since", "2026-01-31T12:00:00"]]])(
    "requires a time with a time zone: %j",
    async (args) => {
      const { code, stderr } = await runCli(["end-sessions", ...args], { env });
      expect(code).toBe(2);
      expect(stderr).toContain("--since requires a time with a time zone");
    },
  );
});

describe("rotate-keys --revoke", () => {
  it("revokes a key on running servers, whose clients refresh", async () => {
    const alice = await signUp(app);
    const kid = decodeProtectedHeader(alice.client.accessToken ?? "").kid ?? "";
    const { code, stdout } = await runCli(["rotate-keys", "--revoke", kid], { env });
    expect(code).toBe(0);
    expect(stdout).toContain(`Revoked: ${kid}.`);
    expect(stdout).toMatch(/New key \S+ is now used for signing\./);
    await expect
      .poll(async () => (await alice.client.send("{ me { id } }")).errors[0]?.extensions.code, WAIT)
      .toBe("UNAUTHENTICATED");
    const { refreshToken } = await app.client().ask(REFRESH, { token: alice.client.refreshToken });
    alice.client.accessToken = refreshToken.tokens.accessToken;
    await alice.client.ask("{ me { id } }");
  });

  it("suspends with --since the changes made since then, also if the key is already revoked", async () => {
    const alice = await signUp(app);
    app.clock.advance(3_600_000);
    const since = app.clock.now().toISOString();
    await logIn(alice.client, alice.email, alice.password);
    await elevate(alice.client, { password: alice.password });
    await enableTotp(app, alice);
    const kid = decodeProtectedHeader(alice.client.accessToken ?? "").kid ?? "";
    const first = await runCli(["rotate-keys", "--revoke", kid, "--since", since], { env });
    expect(first).toMatchObject({ code: 0 });
    expect(first.stdout).toContain(`Revoked: ${kid}.`);
    expect(first.stdout).toContain("Suspended: 2 changes of 1 users");
    await app.mail.waitForMail({ to: alice.email, subject: "Changes to your account need your confirmation" });
    expect(await beginLogin(app.client(), alice)).toMatchObject({ reason: "ENROLMENT_REQUIRED" });
    const second = await runCli(["rotate-keys", "--revoke", kid, "--since", since], { env });
    expect(second).toMatchObject({ code: 0 });
    expect(second.stdout).toContain(`There is no signing key ${kid}.`);
    expect(second.stdout).toContain("Suspended: 0 changes of 0 users");
  });

  it.each([
    [["--since", "2026-01-31T12:00:00Z"], "--since requires --revoke"],
    [["--revoke", "none", "--since", "yesterday"], "--since requires a time with a time zone"],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = await runCli(["rotate-keys", ...args], { env });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });

  it("reports which key does not exist, and accepts no other option", async () => {
    const unknown = await runCli(["rotate-keys", "--revoke", "none"], { env });
    expect(unknown.code).toBe(1);
    expect(unknown.stderr).toContain("The signing key none does not exist.");
    expect((await runCli(["rotate-keys", "--revoke", "none", "--activate-in", "0"], { env })).code).toBe(2);
  });
});
