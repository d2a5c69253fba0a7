import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { userWithHistory } from "../support/clients/confirmations.ts";
import { LOGIN_STEP } from "../support/clients/factors.ts";
import { addressIn } from "../support/factories/places.ts";
import { createTenant } from "../support/factories/tenants.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";

const REMOVE = "mutation ($id: ID!) { removeDevice(input: { knownDeviceId: $id }) { deletedKnownDeviceId } }";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.stop());

const waiters = async (): Promise<number> =>
  (
    await app.app.db.execute(sql`
      select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`)
  ).length;

it("a device is deleted while a login from it evicts its own session: neither waits for the other", async () => {
  const bob = await userWithHistory(app, await createTenant(app, "Acme", { maxSessions: 1 }));
  const [device] = await app.app.db.execute<{ id: string }>(sql`
    update devices set trusted_at = first_seen_at where user_id = ${bob.id}::uuid returning id`);
  const both = await app.app.db.transaction(async (tx) => {
    await tx.execute(sql`select from sessions where user_id = ${bob.id}::uuid for update`);
    const { email: identifier, password } = bob;
    const input = { identifier, password, deviceToken: bob.client.deviceToken };
    const laptop = app.client({ "x-forwarded-for": addressIn("Kuala Lumpur, Malaysia", app.app.geoip) });
    const login = laptop.ask(LOGIN_STEP, { input });
    await expect.poll(waiters, { interval: 10 }).toBe(1);
    const removal = bob.client.ask(REMOVE, { id: device?.id });
    await expect.poll(waiters, { interval: 10 }).toBe(2);
    return { login, removal };
  });
  expect(await both.login).toMatchObject({ login: { __typename: "LoginSuccess" } });
  expect(await both.removal).toEqual({ removeDevice: { deletedKnownDeviceId: device?.id } });
});
