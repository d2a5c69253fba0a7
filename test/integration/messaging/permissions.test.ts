import { type NatsConnection, PermissionViolationError } from "@nats-io/transport-node";
import { afterAll, beforeAll, expect, it } from "vitest";
import { newAddress, signUp } from "../../support/actors.ts";
import { startTestApp, type TestApp } from "../../support/app.ts";
import { overNats, untilAnswered } from "../../support/doors.ts";
import { describeNeeding } from "../../support/servers/index.ts";
import { NatsServer } from "../../support/servers/nats.ts";

/** As README has it. */
const CONFIGURATION = `
authorization {
  users: [
    { user: portcullis, password: p, permissions: {
        publish: ["auth.>", "$JS.API.>", "_INBOX.>"]
        subscribe: ["auth.*", "_INBOX.>"] } }
    { user: gateway, password: g, permissions: {
        publish: ["auth.register", "auth.login", "auth.validate", "auth.refresh", "auth.logout", "auth.logout_all", "auth.change_password"]
        subscribe: ["_INBOX.>"] } }
    { user: orders, password: o, permissions: {
        publish: ["auth.validate"]
        subscribe: ["_INBOX.>"] } }
  ]
}`;

describeNeeding("nats-server", "who may ask over NATS", (program) => {
  let nats: NatsServer;
  let app: TestApp;
  let gateway: NatsConnection;
  let orders: NatsConnection;
  beforeAll(async () => {
    nats = await NatsServer.start(program, { configuration: CONFIGURATION });
    const url = nats.url.replace("nats://", "nats://portcullis:p@");
    app = await startTestApp({ settings: { NATS_URL: url } });
    gateway = await nats.connect({ user: "gateway", pass: "g" });
    orders = await nats.connect({ user: "orders", pass: "o" });
    await untilAnswered(gateway);
  });
  afterAll(async () => {
    await orders?.close();
    await gateway?.close();
    await app?.stop();
    await nats?.stop();
  });

  it("is for NATS to say: a service that may only check tokens gets no further", async () => {
    const alice = await signUp(app);
    const client = { ipAddress: newAddress() };
    const accessToken = alice.client.accessToken;
    const token = { client, input: { token: accessToken } };
    for (const connection of [gateway, orders])
      expect(await overNats(connection).ask("auth.validate", token)).toMatchObject({ data: { valid: true } });

    const refusal = await overNats(orders)
      .ask("auth.logout_all", { client, accessToken })
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Error);
    expect((refusal as Error).cause).toBeInstanceOf(PermissionViolationError);
    expect(await overNats(gateway).ask("auth.validate", token)).toMatchObject({ data: { valid: true } });

    expect(await overNats(gateway).ask("auth.logout_all", { client, accessToken })).toEqual({
      data: { endedSessions: 1 },
    });
    expect(await overNats(orders).ask("auth.validate", token)).toMatchObject({ data: { reason: "REVOKED" } });
  });

  it("lets nobody in who has no login there", async () => {
    await expect(nats.connect({ maxReconnectAttempts: 0, reconnect: false })).rejects.toThrow(/authorization/i);
    expect(app.logs.some((line) => line.includes("portcullis:p"))).toBe(false);
  });
});
