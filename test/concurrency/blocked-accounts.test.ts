import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { userWithHistory } from "../support/clients/confirmations.ts";
import { LOGIN_STEP } from "../support/clients/factors.ts";
import { createTenant } from "../support/factories/tenants.ts";
import { newAddress } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";

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

it.each([
  ["PASSWORD_RESET_REQUIRED", sql`password_reset_required = true`],
  ["ACCOUNT_SUSPENDED", sql`status = 'SUSPENDED'`],
])("sends no confirmation mail for a login that is refused by the time of sending (%s)", async (reason, change) => {
  const bob = await userWithHistory(app, await createTenant(app));
  const login = await app.app.db.transaction(async (tx) => {
    await tx.execute(sql`select from users where id = ${bob.id}::uuid for update`);
    const input = { identifier: bob.email, password: bob.password };
    const refused = app.client({ "x-forwarded-for": newAddress() }).refused(LOGIN_STEP, { input });
    // The login has read an account that may log in, and a risk that requires confirmation.
    await expect.poll(waiters, { interval: 10 }).toBeGreaterThan(0);
    await tx.execute(sql`update users set ${change} where id = ${bob.id}::uuid`);
    return { refused };
  });
  expect(await login.refused).toMatchObject({ code: "FORBIDDEN", reason });
  const begun = await app.app.db.execute(sql`
    select from login_challenges where user_id = ${bob.id}::uuid
    union all select from links where user_id = ${bob.id}::uuid and purpose = 'confirm-login'`);
  expect(begun).toHaveLength(0);
});
