import { randomBytes } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { App } from "#app/app";
import { totpSecrets } from "#features/login/second-factors/totp/totp.table";
import type { User } from "#features/users/index";
import { KeyRing, type RingKey } from "#platform/secrets";
import { DAY, MINUTE } from "#shared/durations";
import { AuthenticatorApp } from "../../support/clients/factors.ts";
import { CLIENT, type StoredUser, signIn } from "../../support/factories/stored-users.ts";
import { addUser, createTenant } from "../../support/factories/tenants.ts";
import { type BuiltApp, buildTestApp } from "../../support/servers/app.ts";

const newKey = (id: string): RingKey => ({ id, secret: randomBytes(32) });

const [old, young] = [newKey("old"), newKey("young")];

let first: BuiltApp & { close(): Promise<void> };
beforeAll(async () => {
  first = await buildTestApp({ settings: { SECRET_KEYS: `${old.id}:${old.secret.toString("base64")}` } });
});
afterAll(() => first?.close());

const on = async <Result>(keys: readonly RingKey[], act: (app: App) => Promise<Result>): Promise<Result> => {
  const replica = await buildTestApp({ replicaOf: { ...first, keyRing: new KeyRing(keys) } });
  return act(replica.app).finally(() => replica.close());
};

it("a rolling exchange of SECRET_KEYS, as in docs/operations.md, logs no user out, and the old key is then not needed", async () => {
  const { user, session } = await signIn(first, await addUser(first, await createTenant(first)));
  let { refreshToken } = await first.app.tokens.issue(session, user);
  const refreshOn = async (...keys: RingKey[]): Promise<void> => {
    ({ refreshToken } = await on(keys, ({ tokens }) =>
      tokens.refresh(refreshToken, { client: CLIENT, deviceToken: null }),
    ));
  };

  // Added last: a process with this setting still signs with the old key, which all processes know.
  await refreshOn(old, young);
  await refreshOn(old);
  // Moved to the front, while other processes have it last.
  await refreshOn(young, old);
  await refreshOn(old, young);
  await refreshOn(young, old);
  await on([young, old], ({ signingKeys: keys }) => keys.rotate());
  await refreshOn(young, old);

  first.clock.advance(30 * DAY);
  const kid = await on([young], async ({ signingKeys: keys }) => (await keys.current()).kid);
  expect(await on([young, old], async ({ signingKeys: keys }) => (await keys.current()).kid)).toBe(kid);
});

describe("secrets at rest", () => {
  interface Owner extends StoredUser {
    readonly authenticator: AuthenticatorApp;
  }

  const newPerson = async () => signIn(first, await addUser(first, await createTenant(first)));

  /** A user who was shown a secret by this app, and may not have confirmed it yet. */
  const shownBy = async ({ totp }: App, person: StoredUser): Promise<Owner> => ({
    ...person,
    authenticator: new AuthenticatorApp((await totp.enable(person.viewer)).secret),
  });

  const confirmOn = ({ totp }: App, { viewer, authenticator }: Owner) =>
    totp.confirm(viewer, CLIENT, authenticator.code(first.clock.now()));

  const ownerBy = async (app: App): Promise<Owner> => {
    const owner = await shownBy(app, await newPerson());
    await confirmOn(app, owner);
    return owner;
  };

  const isRight = async ({ totp }: App, { user, authenticator }: Owner): Promise<boolean> =>
    (await totp.verify(user, authenticator.code(first.clock.now()))) !== null;

  /** Every column of every table that contains a value encrypted with this key. */
  const columnsUnder = async ({ id }: RingKey): Promise<string[]> => {
    const columns = await first.app.db.execute<{ table: string; column: string }>(sql`
      select table_name as table, column_name as column from information_schema.columns
      join information_schema.tables using (table_schema, table_name)
      where table_schema = 'public' and data_type = 'text' and table_type = 'BASE TABLE'`);
    const found = await Promise.all(
      columns.map(async ({ table, column }) => {
        const rows = await first.app.db.execute(
          sql`select 1 from ${sql.identifier(table)} where ${sql.identifier(column)} like ${`${id}.%.%`} limit 1`,
        );
        return rows.length > 0 ? [`${table}.${column}`] : [];
      }),
    );
    return found.flat().toSorted();
  };

  it("are all encrypted with the newest key, so that the old one can be removed", async () => {
    const [alice, bob, carol] = await on([old, young], async (app) => {
      await app.signingKeys.rotate();
      const bob = await ownerBy(app);
      return [await ownerBy(app), await shownBy(app, bob), await shownBy(app, await newPerson())];
    });
    expect(await columnsUnder(old)).toEqual([
      "signing_keys.encrypted_private_jwk",
      "totp_secrets.pending_secret",
      "totp_secrets.secret",
    ]);
    // What the command does; retired signing keys are deleted by the rotation.
    const rekeyed = await on([young, old], async ({ signingKeys: keys, totp }) => {
      await keys.rotate();
      return [await keys.reencrypt(), await totp.reencrypt()];
    });
    expect(rekeyed).toEqual([
      { renewed: 1, unreadable: 0 },
      { renewed: 3, unreadable: 0 },
    ]);
    expect(await columnsUnder(old)).toEqual([]);

    first.clock.advance(MINUTE);
    await on([young], async (app) => {
      expect(await isRight(app, alice)).toBe(true);
      await confirmOn(app, bob);
      await confirmOn(app, carol);
      first.clock.advance(MINUTE);
      for (const owner of [bob, carol]) expect(await isRight(app, owner)).toBe(true);
    });
    expect(await on([young, old], ({ totp }) => totp.reencrypt())).toEqual({ renewed: 0, unreadable: 0 });
  });

  it("are re-encrypted once by two concurrent runs, while users confirm pending ones", async () => {
    const owners = await on([old, young], async (app) => {
      const shown: Owner[] = [];
      for (let count = 0; count < 20; count++) shown.push(await shownBy(app, await newPerson()));
      return shown;
    });
    const [one, other] = await on([young, old], ({ totp }) =>
      on([young, old], async (replica) => {
        const runs = Promise.all([totp.reencrypt(), replica.totp.reencrypt()]);
        // A call between the read and the write finds nothing pending, and its error says to try again.
        const confirmed = await Promise.allSettled(owners.map((owner) => confirmOn(replica, owner)));
        for (const [index, { status }] of confirmed.entries())
          if (status === "rejected") await confirmOn(replica, owners[index] as Owner);
        return runs;
      }),
    );
    expect(one.renewed + other.renewed).toBe(owners.length);
    expect(await columnsUnder(old)).toEqual([]);
    first.clock.advance(MINUTE);
    await on([young], async (app) => {
      for (const owner of owners) expect(await isRight(app, owner)).toBe(true);
    });
  });

  it("that no key can decrypt are counted and not changed", async () => {
    const lost = newKey("lost");
    const { user } = await on([young], ownerBy);
    const rowOf = async ({ id }: User) => first.app.db.select().from(totpSecrets).where(eq(totpSecrets.userId, id));
    const before = await rowOf(user);
    const sealed = new KeyRing([lost]).encrypt(randomBytes(20), "totp:whoever");
    await first.app.db.update(totpSecrets).set({ secret: sealed }).where(eq(totpSecrets.userId, user.id));
    expect(await on([young, old], ({ totp }) => totp.reencrypt())).toEqual({ renewed: 0, unreadable: 1 });
    expect(await rowOf(user)).toEqual(before.map((row) => ({ ...row, secret: sealed })));
  });
});
