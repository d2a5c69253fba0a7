import { eq, sql } from "drizzle-orm";
import { beforeAll, expect, it } from "vitest";
import { type UserStatus, users } from "#features/users/index";
import type { UserId } from "#shared/ids";
import { SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import { FINISH_PASSKEY_LOGIN } from "../../support/clients/factors.ts";
import { passkeysOf } from "../../support/clients/passkeys.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { sharedTestApp, type TestApp } from "../../support/servers/app.ts";

const ORIGIN = "https://id.example.test";

let app: TestApp;
beforeAll(async () => {
  app = await sharedTestApp({ PUBLIC_URL: ORIGIN });
});

it("a right passkey of a suspended account gets the reason once, and cannot be used again later", async () => {
  const alice = await createUser(app);
  const userId = alice.id as UserId;
  const device = new SoftwareAuthenticator();
  const passkeys = passkeysOf(app);
  await passkeys.enrol(alice, (publicKey) => device.create(publicKey, { origin: ORIGIN }));
  const proof = () => passkeys.prove((publicKey) => device.get(publicKey, { origin: ORIGIN }));
  const setStatus = (status: UserStatus) =>
    app.app.sessions.withSessionInvalidation(userId, (tx) =>
      tx.update(users).set({ status }).where(eq(users.id, userId)),
    );
  const attempts = async () =>
    (await app.app.db.execute(sql`select from login_attempts where user_id = ${alice.id}::uuid`)).length;

  const input = await proof();
  await setStatus("SUSPENDED");
  const before = await attempts();
  const refuse = () => app.client().refused(FINISH_PASSKEY_LOGIN, { input });
  expect(await refuse()).toMatchObject({ code: "FORBIDDEN", reason: "ACCOUNT_SUSPENDED" });
  expect(await refuse()).toMatchObject({ code: "INVALID_CREDENTIALS" });
  expect(await attempts()).toBe(before + 1);

  await setStatus("ACTIVE");
  expect(await refuse()).toMatchObject({ code: "INVALID_CREDENTIALS" });
  expect((await passkeys.finish(await proof())).user.id).toBe(alice.id);
});
