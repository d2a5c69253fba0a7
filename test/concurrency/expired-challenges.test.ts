import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { MINUTE } from "#shared/durations";
import { beginLogin, CHALLENGE_EXPIRED, enableTotp, VERIFY_TOTP, waitForNewCode } from "../support/clients/factors.ts";
import { createUser } from "../support/factories/tenants.ts";
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

it("verifies no code of a login that expired while it waited for the lock, because the failure would not count", async () => {
  const alice = await createUser(app);
  const { authenticator } = await enableTotp(app, alice);
  waitForNewCode(app);
  const { challenge } = await beginLogin(app.client(), alice);
  const wrong = { input: { challenge, code: authenticator.wrongCode(app.clock.now()) } };
  expect(await app.client().refused(VERIFY_TOTP, wrong)).toMatchObject({ attemptsLeft: 4 });

  const weigh = vi.spyOn(app.app.totp, "verify");
  const counter = `codes:${alice.id}`;
  const late = await app.app.db.transaction(async (tx) => {
    await tx.execute(sql`select from rate_limits where key = ${counter} for update`);
    const guess = app.client().refused(VERIFY_TOTP, wrong);
    // The call has already found the login alive.
    await expect.poll(waiters, { interval: 10 }).toBeGreaterThan(0);
    app.clock.advance(11 * MINUTE);
    return { guess };
  });
  expect(await late.guess).toMatchObject(CHALLENGE_EXPIRED);
  expect(weigh).not.toHaveBeenCalled();
});
