import bcrypt from "@node-rs/bcrypt";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createUser } from "../../support/factories/tenants.ts";
import { LOGIN, logIn, newAddress, newEmail, newPassword } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.stop());

/** How many hashes were computed, and how many refused logins waited, from the metrics. */
const counted = async () => {
  const text = await (await fetch(`${app.url}/metrics`)).text();
  const count = (pattern: RegExp) => Number(pattern.exec(text)?.[1] ?? 0);
  return {
    hashes: count(/portcullis_password_hash_seconds_count\{phase="running"\} (\d+)/),
    delays: count(/portcullis_login_refusal_delay_seconds_count (\d+)/),
  };
};

/** The work that a login with a wrong password for this name causes. */
const workOfGuess = async (identifier: string) => {
  const before = await counted();
  const client = app.client({ "x-forwarded-for": newAddress() });
  expect(await client.refused(LOGIN, { input: { identifier, password: newPassword() } })).toEqual({
    code: "INVALID_CREDENTIALS",
    status: 401,
  });
  const after = await counted();
  return { hashes: after.hashes - before.hashes, delays: after.delays - before.delays };
};

const importUser = async (password: string): Promise<string> => {
  const email = newEmail();
  const line = { email, emailVerified: true, passwordHash: await bcrypt.hash(password, 8) };
  const counts = await app.app.userImport.import(
    (async function* () {
      yield JSON.stringify(line);
    })(),
  );
  expect(counts).toMatchObject({ imported: 1 });
  return email;
};

describe("a refused login", () => {
  it("does not wait if all hashes are our own; after an import it waits, for any name, without hashing", async () => {
    const alice = await createUser(app);
    await app.app.schemes.survey();
    for (const identifier of [alice.email, newEmail()])
      expect(await workOfGuess(identifier)).toEqual({ hashes: 1, delays: 0 });

    const password = newPassword();
    const imported = await importUser(password);
    await app.app.schemes.survey();
    for (const identifier of [alice.email, newEmail()])
      expect(await workOfGuess(identifier)).toEqual({ hashes: 1, delays: 1 });
    // Most of that time is the imported hash itself.
    expect(await workOfGuess(imported)).toMatchObject({ hashes: 1 });

    const before = await counted();
    await logIn(app.client(), alice.email, alice.password, { deviceToken: String(alice.client.deviceToken) });
    expect((await counted()).delays).toBe(before.delays);

    // The first login replaces the last hash of that kind. After thirty days, no link can restore another one.
    await logIn(app.client(), imported, password);
    await app.app.schemes.survey();
    expect(await workOfGuess(newEmail())).toEqual({ hashes: 1, delays: 1 });
    app.clock.advance(31 * 86_400_000);
    await app.app.schemes.survey();
    expect(await workOfGuess(newEmail())).toEqual({ hashes: 1, delays: 0 });
  });

  it("waits on a replica that did not import, once it has read the list again", async () => {
    await importUser(newPassword());
    const replica = await startTestApp({ replicaOf: app });
    const delays = async () =>
      Number(
        /portcullis_login_refusal_delay_seconds_count (\d+)/.exec(
          await (await fetch(`${replica.url}/metrics`)).text(),
        )?.[1],
      );
    const guess = () =>
      replica
        .client({ "x-forwarded-for": newAddress() })
        .refused(LOGIN, { input: { identifier: newEmail(), password: newPassword() } });
    await guess();
    expect(await delays()).toBe(1);
    await replica.stop();
  });
});
