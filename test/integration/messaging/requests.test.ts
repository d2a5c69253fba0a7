import type { Msg, NatsConnection } from "@nats-io/transport-node";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { REQUESTS, type RequestSubject } from "#features/messaging/requests/request-definitions";
import { accountsOf } from "../../support/clients/factors.ts";
import { askNats, type Reply, untilAnswered } from "../../support/clients/transports.ts";
import { newAddress, newEmail, newPassword, type SignedInUser, signUp } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { describeIf } from "../../support/servers/index.ts";
import { NatsServer } from "../../support/servers/nats.ts";
import { WAIT } from "../../support/timeouts.ts";

const SUBJECTS = Object.keys(REQUESTS) as RequestSubject[];
const CLIENT = { ipAddress: "203.0.113.7", userAgent: "curl/8.5.0" };

describeIf("nats-server", "a request over NATS", (program) => {
  let nats: NatsServer;
  let connection: NatsConnection;
  let app: TestApp;
  let alice: SignedInUser;
  beforeAll(async () => {
    nats = await NatsServer.start(program);
    app = await startTestApp({ settings: { NATS_URL: nats.url, LOG_LEVEL: "trace" } });
    connection = await nats.connect();
    await untilAnswered(connection);
    alice = await signUp(app);
  });
  afterAll(async () => {
    await connection?.close();
    await app?.stop();
    await nats?.stop();
  });

  const ask = (subject: string, message: unknown): Promise<Reply> =>
    askNats(connection, subject, JSON.stringify(message));
  const refusal = async (subject: string, message: string | Uint8Array): Promise<Reply["error"]> => {
    const { error, ...more } = await askNats(connection, subject, message);
    expect(more).toEqual({});
    return error;
  };
  const dealtWith = async (subject: string, outcome: string): Promise<number> => {
    const text = await (await fetch(`${app.url}/metrics`)).text();
    const line = `portcullis_nats_request_seconds_count{subject="${subject}",outcome="${outcome}"} `;
    return Number(
      text
        .split("\n")
        .find((each) => each.startsWith(line))
        ?.slice(line.length) ?? 0,
    );
  };

  it.each([
    ["nothing", ""],
    ["a truncated text", '{"client":'],
    ["a word", "validate"],
    ["not UTF-8", Uint8Array.of(0x22, 0xff, 0x22)],
    ["JSON with a comment", "{} // all"],
  ])("that is %s is BAD_REQUEST, whatever the subject", async (_, message) => {
    for (const subject of SUBJECTS)
      expect(await refusal(subject, message)).toEqual({
        code: "BAD_REQUEST",
        status: 400,
        message: "The request is not JSON.",
      });
  });

  it.each([
    ["null", "null"],
    ["a list", "[]"],
    ["a text", '"auth"'],
    ["a number", "7"],
  ])("that is %s is BAD_USER_INPUT", async (_, message) => {
    for (const subject of SUBJECTS)
      expect(await refusal(subject, message)).toMatchObject({ code: "BAD_USER_INPUT", fields: [{ path: "" }] });
  });

  it.each<[title: string, envelope: Record<string, unknown>, path: string]>([
    ["no client", {}, "client"],
    ["no address", { client: { userAgent: "curl/8.5.0" } }, "client.ipAddress"],
    ["a name for an address", { client: { ipAddress: "localhost" } }, "client.ipAddress"],
    ["a list of addresses", { client: { ipAddress: "203.0.113.7, 203.0.113.8" } }, "client.ipAddress"],
    ["a number for an address", { client: { ipAddress: 3_405_803_783 } }, "client.ipAddress"],
    ["a user agent of two lines", { client: { ...CLIENT, userAgent: "curl\r\nx: y" } }, "client.userAgent"],
    ["a user agent with half a character", { client: { ...CLIENT, userAgent: "\ud800" } }, "client.userAgent"],
    ["a user agent without end", { client: { ...CLIENT, userAgent: "x".repeat(20_000) } }, "client.userAgent"],
    ["an access token that is not a string", { client: CLIENT, accessToken: { sub: "x" } }, "accessToken"],
    ["an additional viewer", { client: CLIENT, viewer: { userId: "x", roles: ["OPERATOR"] } }, "viewer"],
    ["a user in its client", { client: { ...CLIENT, userId: "x" } }, "client.userId"],
    ["a prototype", JSON.parse('{"client":{"ipAddress":"203.0.113.7"},"__proto__":{"accessToken":"x"}}'), "__proto__"],
    [
      "a prototype in its client",
      { client: JSON.parse('{"ipAddress":"203.0.113.7","__proto__":{}}') },
      "client.__proto__",
    ],
  ])("with %s is refused, and does nothing", async (_, envelope, path) => {
    const before = await accountsOf(app, alice);
    for (const subject of ["auth.logout", "auth.logout_all", "auth.refresh"]) {
      const message = { accessToken: alice.client.accessToken, ...envelope };
      const { error } = await ask(subject, message);
      expect(error).toMatchObject({ code: "BAD_USER_INPUT", status: 400 });
      expect(error.fields.map((fault: { path: string }) => fault.path)).toContain(path);
    }
    expect(await accountsOf(app, alice)).toEqual(before);
  });

  it("reports unknown fields of its input, which the schema does not see", async () => {
    const accessToken = alice.client.accessToken;
    const told = [
      await ask("auth.validate", { input: { token: accessToken, userId: "x" } }),
      await ask("auth.validate", { input: JSON.parse(`{"token":"${accessToken}","__proto__":{"x":1}}`) }),
      await ask("auth.logout", { client: CLIENT, accessToken, input: { all: true } }),
    ];
    expect(told.map(({ error }) => error.fields[0].path)).toEqual(["input.userId", "input.__proto__", "input.all"]);
    expect(await ask("auth.validate", { input: { token: accessToken } })).toMatchObject({ data: { valid: true } });
  });

  it("does not pass a prototype to the schema", async () => {
    const input = JSON.parse(`{"identifier":"${alice.email}","__proto__":{"password":"${alice.password}"}}`);
    const { error } = await ask("auth.login", { client: CLIENT, input });
    expect(error).toMatchObject({ code: "BAD_USER_INPUT" });
    expect(error.fields.map(({ path }: { path: string }) => path)).toEqual(["input.password", "input.__proto__"]);
  });

  it("may omit the client for token operations, because it makes no difference", async () => {
    const input = { token: alice.client.accessToken };
    expect(await ask("auth.validate", { input })).toEqual(await ask("auth.validate", { client: CLIENT, input }));
  });

  it("of 64 KiB is accepted, and a larger one is refused", async () => {
    const ofLength = (length: number): string => {
      const text = JSON.stringify({ input: { token: "" } });
      return text.replace('""', `"${"x".repeat(length - text.length)}"`);
    };
    expect(await askNats(connection, "auth.validate", ofLength(65_536))).toMatchObject({
      data: { reason: "MALFORMED" },
    });
    for (const length of [65_537, 1_000_000])
      expect(await refusal("auth.validate", ofLength(length))).toEqual({
        code: "BAD_REQUEST",
        status: 400,
        message: "The request is too large.",
      });
  });

  it("of any JSON is answered with data or a typed refusal, never with silence or an internal error", async () => {
    const client = fc.oneof(fc.constant(CLIENT), fc.jsonValue());
    const input = fc.oneof(
      fc.jsonValue({ noUnicodeString: false }),
      fc.record(
        { identifier: fc.jsonValue(), password: fc.jsonValue(), token: fc.jsonValue(), refreshToken: fc.jsonValue() },
        { requiredKeys: [] },
      ),
    );
    const accessToken = fc.oneof(fc.constant(alice.client.accessToken), fc.string({ unit: "binary" }), fc.jsonValue());
    const envelope = fc.record({ client, input, accessToken }, { requiredKeys: [] });
    const subject = fc.constantFrom(...SUBJECTS.filter((each) => !each.startsWith("auth.logout")));
    await fc.assert(
      fc.asyncProperty(subject, fc.oneof(envelope, fc.jsonValue()), async (asked, message) => {
        const told = await ask(asked, message);
        expect(Object.keys(told)).toHaveLength(1);
        if (told.error)
          expect(told.error).toMatchObject({ code: expect.stringMatching(/^[A-Z_]+$/), message: expect.any(String) });
        if (told.error) expect(told.error.status, JSON.stringify(told)).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
  });

  it("without an inbox for its response is dropped: it does nothing, and its response cannot pass for something else", async () => {
    const before = await accountsOf(app, alice);
    const request = JSON.stringify({ client: CLIENT, accessToken: alice.client.accessToken });
    const manager = await (await import("@nats-io/jetstream")).jetstreamManager(connection);
    await manager.streams.add({ name: "BYSTANDER", subjects: ["bystander"] });
    const strays: Msg[] = [];
    for (const subject of ["auth.user.deleted", "anything"])
      connection.subscribe(subject, { callback: (_, message) => void strays.push(message) });
    const dropped = await dealtWith("auth.logout", "dropped");
    connection.publish("auth.logout", request);
    for (const reply of ["auth.user.deleted", "anything", "auth.logout", "$JS.API.STREAM.DELETE.BYSTANDER"])
      connection.publish("auth.logout", request, { reply });
    await expect.poll(() => dealtWith("auth.logout", "dropped")).toBe(dropped + 5);
    // Messages published before this response have arrived.
    await ask("auth.validate", { input: { token: "x" } });
    expect(strays).toEqual([]);
    expect((await manager.streams.info("BYSTANDER")).config.name).toBe("BYSTANDER");
    expect(await accountsOf(app, alice)).toEqual(before);
  });

  it("is counted by subject and outcome, and by nothing else", async () => {
    const [ok, refused] = [
      await dealtWith("auth.validate", "ok"),
      await dealtWith("auth.login", "INVALID_CREDENTIALS"),
    ];
    await ask("auth.validate", { input: { token: "x" } });
    const input = { identifier: newEmail(), password: newPassword() };
    await ask("auth.login", { client: { ipAddress: newAddress() }, input });
    expect(await dealtWith("auth.validate", "ok")).toBe(ok + 1);
    expect(await dealtWith("auth.login", "INVALID_CREDENTIALS")).toBe(refused + 1);
  });

  it("is logged with its id, which the error response contains, and without its secrets", async () => {
    const canary = `canary-${newPassword()}`.replaceAll(" ", "-");
    const spoiled = `${alice.client.accessToken}${canary}`;
    const secrets = {
      identifier: newEmail(),
      email: newEmail(),
      password: canary,
      refreshToken: canary,
      token: canary,
    };
    for (const subject of SUBJECTS) {
      await ask(subject, { client: CLIENT, accessToken: spoiled, input: secrets });
      await ask(subject, { client: CLIENT, input: { ...secrets, password: [canary], token: { canary }, [canary]: 1 } });
      await ask(subject, { client: { ...CLIENT, userAgent: canary, ipAddress: canary }, [canary]: canary });
      await askNats(connection, subject, `{"client": ${canary}`);
    }
    const { password, identifier } = { ...secrets, identifier: alice.email };
    const login = await ask("auth.login", { client: CLIENT, input: { identifier, password } });
    expect(login.error).toMatchObject({ code: "INVALID_CREDENTIALS" });

    const { headers, ...answer } = await connection.request("auth.login", "{", WAIT);
    expect(answer).toBeDefined();
    const reqId = headers?.get("x-request-id") ?? "";
    expect(reqId).toMatch(/^[\w-]{36}$/);
    await expect.poll(() => app.logs.some((line) => line.includes(reqId))).toBe(true);
    const metrics = await (await fetch(`${app.url}/metrics`)).text();
    for (const text of [...app.logs, metrics]) {
      expect(text).not.toContain(canary);
      expect(text).not.toContain(alice.client.accessToken);
    }
  });
});
