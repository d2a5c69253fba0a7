import { jetstreamManager } from "@nats-io/jetstream";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { EVENT_TYPES } from "#features/messaging/index";
import { employLoggedIn } from "../../support/clients/confirmations.ts";
import { countWaiting, readStream } from "../../support/clients/events.ts";
import { createTenant } from "../../support/factories/tenants.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { describeIf } from "../../support/servers/index.ts";
import { NatsServer } from "../../support/servers/nats.ts";

/** More than one batch. */
const MANY = 1_200;

describeIf("nats-server", "events that no stream stores, however many wait", (program) => {
  let nats: NatsServer;
  let app: TestApp;
  beforeAll(async () => {
    nats = await NatsServer.start(program);
    const connection = await nats.connect();
    const manager = await jetstreamManager(connection);
    // Created by an operator when one type of event did not exist yet.
    const subjects = EVENT_TYPES.filter((type) => type !== "auth.user.changed");
    await manager.streams.add({ name: "PORTCULLIS", subjects });
    await connection.close();
    app = await startTestApp({ settings: { NATS_URL: nats.url } });
  });
  afterAll(async () => {
    await app?.stop();
    await nats?.stop();
  });

  it("do not block the events of other users", async () => {
    const { db, ids } = app.app;
    const entry = { type: "EMAIL_CHANGED", ipAddress: null, device: null, location: null, details: {}, ordinal: 0 };
    await db.execute(sql`
      insert into event_outbox (event_id, tenant_id, user_id, occurred_at, entry)
      select gen_random_uuid(), ${ids.next()}, gen_random_uuid(), now(), ${JSON.stringify(entry)}::jsonb
      from generate_series(1, ${MANY}::int)`);
    const { id } = await employLoggedIn(app, await createTenant(app));
    const told = async () => (await readStream(nats)).filter(({ event }) => event.subject === id);
    await expect.poll(async () => (await told()).length).toBe(1);
    // Published events are deleted a moment later.
    await expect.poll(() => countWaiting(db)).toBe(MANY);
  });
});
