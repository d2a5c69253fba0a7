import { like, max } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import { rateLimits } from "#platform/limits/rate-limits.table";
import { userWithHistory } from "../support/clients/confirmations.ts";
import { LOGIN_STEP } from "../support/clients/factors.ts";
import { addressIn } from "../support/factories/places.ts";
import { createTenant } from "../support/factories/tenants.ts";
import { newPassword } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  // Slow hashes, two at the same time, so that concurrent attempts are not verified at the same moment.
  app = await startTestApp({
    settings: { ARGON2_MEMORY_KIB: "19456", ARGON2_PASSES: "12", UV_THREADPOOL_SIZE: "2" },
  });
});
afterAll(() => app?.stop());

/** The number of counted attempts for the attacked pair. */
const uses = async (): Promise<number> => {
  const { key, used } = rateLimits;
  const [row] = await app.app.db
    .select({ used: max(used) })
    .from(rateLimits)
    .where(like(key, "login:pair:%"));
  return row?.used ?? 0;
};

it("a correct password sent together with wrong ones is assessed together with them", async () => {
  const bob = await userWithHistory(app, await createTenant(app));
  // From bob's home address, on an unknown device: 20 points, and 25 for three failures.
  const client = () => app.client({ "x-forwarded-for": addressIn("Kuala Lumpur, Malaysia", app.app.geoip) });
  const guess = (password: string) => client().send(LOGIN_STEP, { input: { identifier: bob.email, password } });
  const wrong = Array.from({ length: 4 }, () => guess(newPassword()));
  // All attempts are counted, and wait for their hashes.
  await expect.poll(uses, { interval: 2 }).toBe(4);
  const right = guess(bob.password);
  for (const { errors } of await Promise.all(wrong)) expect(errors[0]?.extensions.code).toBe("INVALID_CREDENTIALS");
  expect((await right).data?.login).toMatchObject({ __typename: "LoginConfirmationRequired" });
});
