import { sql } from "drizzle-orm";
import { beforeAll, expect, it } from "vitest";
import { SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import { FINISH_PASSKEY_LOGIN } from "../../support/clients/factors.ts";
import { passkeysOf } from "../../support/clients/passkeys.ts";
import { createUser } from "../../support/factories/tenants.ts";
import type { SignedInUser } from "../../support/factories/users.ts";
import { sharedTestApp, type TestApp } from "../../support/servers/app.ts";

const ORIGIN = "https://id.example.test";

let app: TestApp;
beforeAll(async () => {
  app = await sharedTestApp({ PUBLIC_URL: ORIGIN });
});

const refusalsTold = async ({ id }: SignedInUser): Promise<number> =>
  (
    await app.app.db.execute(sql`
      select from security_events where user_id = ${id}::uuid and type = 'MFA_VERIFY_FAILED'`)
  ).length;

it("a flood of logins with refused passkeys does not fill the history: only the first are recorded, and the right one still succeeds", async () => {
  const alice = await createUser(app);
  const device = new SoftwareAuthenticator();
  const passkeys = passkeysOf(app);
  await passkeys.enrol(alice, (publicKey) => device.create(publicKey, { origin: ORIGIN }));
  const challenge = await passkeys.passwordGiven(alice);
  const nonsense = { challenge, response: {} };
  for (let round = 0; round < 25; round++) {
    const login = await app.client().refused(FINISH_PASSKEY_LOGIN, { input: nonsense });
    expect(login.code).toBe("INVALID_CREDENTIALS");
  }
  expect(await refusalsTold(alice)).toBe(20);

  const input = await passkeys.prove((publicKey) => device.get(publicKey, { origin: ORIGIN }), challenge);
  expect((await passkeys.finish(input)).user.id).toBe(alice.id);
});
