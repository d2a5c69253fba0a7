import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { employLoggedIn } from "../../support/clients/confirmations.ts";
import { countWaiting } from "../../support/clients/events.ts";
import { createTenant } from "../../support/factories/tenants.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { describeIf } from "../../support/servers/index.ts";
import { NatsServer } from "../../support/servers/nats.ts";

describeIf("nats-server", "a process that is stopped while many events wait", (program) => {
  let nats: NatsServer;
  let app: TestApp;
  beforeAll(async () => {
    nats = await NatsServer.start(program);
    app = await startTestApp({ settings: { NATS_URL: nats.url, WORKER_CONCURRENCY: "0" } });
  });
  afterAll(async () => {
    await app?.stop();
    await nats?.stop();
  });

  it("exits in time, and leaves the unpublished events to other processes", async () => {
    await employLoggedIn(app, await createTenant(app));
    // In portions, because the statement timeout is a few seconds.
    for (let portion = 0; portion < 20; portion++)
      await app.app.db.execute(sql`
        insert into event_outbox (event_id, tenant_id, user_id, occurred_at, entry)
        select gen_random_uuid(), tenant_id, gen_random_uuid(), occurred_at, entry
        from (select * from event_outbox limit 1) one, generate_series(1, 10000)`);
    const gathered = await countWaiting(app.app.db);
    const replica = await startTestApp({ settings: { NATS_URL: nats.url }, replicaOf: app });
    await expect.poll(() => countWaiting(app.app.db)).toBeLessThan(gathered);
    await replica.stop();
    expect(await countWaiting(app.app.db)).toBeGreaterThan(0);
  });
});
