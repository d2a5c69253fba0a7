import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { jetstreamManager } from "@nats-io/jetstream";
import { type NatsConnection, PermissionViolationError } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { REQUESTS } from "#features/messaging/requests/request-definitions";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { untilAnswered } from "../../support/clients/transports.ts";
import { newAddress, signUp } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { describeIf } from "../../support/servers/index.ts";
import { NatsServer } from "../../support/servers/nats.ts";

/** The code shown in the guide. */
interface Shown {
  open(servers: string, user: string, password: string): Promise<NatsConnection>;
  ask(connection: NatsConnection, subject: string, request: object): Promise<UntypedData>;
}

const section = async (): Promise<string> => {
  return readFile(new URL("../../../docs/nats.md", import.meta.url), "utf8");
};

const blockOf = async (language: string): Promise<string> =>
  new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "m").exec(await section())?.[1] ?? "";

it("names every request subject, and no other", async () => {
  const subjects = [...(await section()).matchAll(/^\| (`auth\.[^|]+) \|/gm)].flatMap(([, cell = ""]) =>
    cell.split(", "),
  );
  expect(subjects.map((subject) => subject.replaceAll("`", "")).toSorted()).toEqual(Object.keys(REQUESTS).toSorted());
});

const PASSWORDS = { PORTCULLIS_PASSWORD: "p-secret", GATEWAY_PASSWORD: "g-secret", ORDERS_PASSWORD: "o-secret" };

describeIf("nats-server", "with the permissions in the guide", (program) => {
  let nats: NatsServer;
  let app: TestApp;
  let directory: string;
  let shown: Shown;
  let gateway: NatsConnection;
  let orders: NatsConnection;
  beforeAll(async () => {
    const passwords = Object.entries(PASSWORDS).map(([name, value]) => `${name}: ${value}`);
    const configuration = [...passwords, await blockOf("conf")].join("\n");
    nats = await NatsServer.start(program, { configuration });
    const url = nats.url.replace("nats://", `nats://portcullis:${PASSWORDS.PORTCULLIS_PASSWORD}@`);
    app = await startTestApp({ settings: { NATS_URL: url } });
    // Next to the packages that it imports.
    directory = await mkdtemp(fileURLToPath(new URL("./.guide-asking-", import.meta.url)));
    await writeFile(`${directory}/asking.mjs`, await blockOf("js"));
    shown = await import(`${directory}/asking.mjs`);
    gateway = await shown.open(nats.url, "gateway", PASSWORDS.GATEWAY_PASSWORD);
    orders = await shown.open(nats.url, "orders", PASSWORDS.ORDERS_PASSWORD);
    await untilAnswered(gateway);
  });
  afterAll(async () => {
    await orders?.close();
    await gateway?.close();
    if (directory) await rm(directory, { recursive: true });
    await app?.stop();
    await nats?.stop();
  });

  const refusal = async (attempt: Promise<unknown>): Promise<unknown> => {
    const error = await attempt.then(
      () => null,
      (reason: unknown) => reason,
    );
    return error instanceof Error && error.cause ? error.cause : error;
  };

  it("a gateway may send every request, and a service that may only validate tokens gets no further", async () => {
    const { ask } = shown;
    const alice = await signUp(app);
    const client = { ipAddress: newAddress(), userAgent: "" };
    const check = { input: { token: alice.client.accessToken } };
    const login = { client, input: { identifier: alice.email, password: alice.password } };
    expect(await ask(orders, "auth.validate", check)).toMatchObject({ valid: true, claims: { userId: alice.id } });
    expect(await refusal(ask(orders, "auth.login", login))).toBeInstanceOf(PermissionViolationError);
    const signOut = { client, accessToken: alice.client.accessToken };
    expect(await refusal(ask(orders, "auth.logout_all", signOut))).toBeInstanceOf(PermissionViolationError);
    expect(await ask(orders, "auth.validate", check)).toMatchObject({ valid: true });

    expect(await ask(gateway, "auth.login", login)).toMatchObject({ __typename: "LoginSuccess" });
    const wrong = { ...login, input: { ...login.input, password: "x" } };
    expect(await refusal(ask(gateway, "auth.login", wrong))).toMatchObject({ code: "INVALID_CREDENTIALS" });
    expect(await ask(gateway, "auth.logout_all", signOut)).toEqual({
      endedSessionIds: [expect.any(String), expect.any(String)],
    });
    expect(await ask(orders, "auth.validate", check)).toMatchObject({ valid: false, reason: "REVOKED" });
  });

  it.each(["auth.login", "auth.*", "_INBOX_gateway.>", "_INBOX.>", ">"])(
    "a client may not subscribe to %s",
    async (subject) => {
      const heard = new Promise<unknown>((resolve) => {
        orders.subscribe(subject, { callback: (error, message) => resolve(error ?? message) });
      });
      expect(await heard).toBeInstanceOf(PermissionViolationError);
    },
  );

  it("a client cannot publish events in the name of Portcullis, whose own events are published", async () => {
    const violations: string[] = [];
    const watch = (async () => {
      for await (const status of gateway.status()) if (status.type === "error") violations.push(status.error.message);
    })();
    gateway.publish("auth.user.deleted", "{}");
    await expect.poll(() => violations.join()).toMatch(/auth\.user\.deleted/);
    const portcullis = await nats.connect({ user: "portcullis", pass: PASSWORDS.PORTCULLIS_PASSWORD });
    const manager = await jetstreamManager(portcullis, { checkAPI: false });
    const subjects = async (): Promise<Record<string, number>> =>
      (await manager.streams.info("PORTCULLIS", { subjects_filter: ">" })).state.subjects ?? {};
    await signUp(app);
    await expect.poll(async () => Object.keys(await subjects())).toContain("auth.user.login");
    expect(Object.keys(await subjects())).not.toContain("auth.user.deleted");
    await portcullis.close();
    await gateway.close();
    await watch;
  });

  it("a client without a login is refused, and Portcullis's own credentials are not logged", async () => {
    await expect(nats.connect({ maxReconnectAttempts: 0, reconnect: false })).rejects.toThrow(/authorization/i);
    expect(app.logs.join("")).not.toContain(PASSWORDS.PORTCULLIS_PASSWORD);
  });
});
