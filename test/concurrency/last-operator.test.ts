import { sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { UserId } from "#shared/ids";
import { SUSPEND_MEMBER } from "../support/factories/memberships.ts";
import { membershipOf } from "../support/factories/roles.ts";
import { CLIENT, viewerOf } from "../support/factories/stored-users.ts";
import { createMember, createTenant } from "../support/factories/tenants.ts";
import type { SignedInUser } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.stop());

/** Removes the role from the operators of earlier tests. */
beforeEach(async () => {
  await app.app.db.execute(sql`update users set roles = '{USER}' where roles @> '{OPERATOR}'`);
});

const operator = async (): Promise<SignedInUser> => createMember(app, await createTenant(app), "OPERATOR");

const operators = async (): Promise<string[]> => {
  const rows = await app.app.db.execute<{ id: string }>(
    sql`select id from users where roles @> '{OPERATOR}' and status = 'ACTIVE' order by id`,
  );
  return rows.map(({ id }) => id);
};

/** Operators who can log in. */
const usableOperators = () =>
  app.app.db.execute<{ id: string }>(sql`
    select u.id from users u join memberships m on m.user_id = u.id and m.tenant_id = u.tenant_id and m.status = 'ACTIVE'
    join tenants t on t.id = u.tenant_id and t.status = 'ACTIVE' where u.roles @> '{OPERATOR}' and u.status = 'ACTIVE'`);

const SUSPEND_TENANT = "mutation ($id: ID!) { suspendTenant(input: { tenantId: $id }) { tenant { id } } }";

const tenantOf = async ({ client }: SignedInUser): Promise<string> => (await client.ask("{ tenant { id } }")).tenant.id;

const actorOf = async (who: SignedInUser) => ({ viewer: await viewerOf(app, who), client: CLIENT });

const drop = async (by: SignedInUser, target: SignedInUser) =>
  app.app.administration.setRoles(await actorOf(by), target.id as UserId, ["USER"]);
const suspend = async (by: SignedInUser, target: SignedInUser) =>
  app.app.administration.suspend(await actorOf(by), target.id as UserId, null);
const DELETE = "mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { deletedUserId } }";
const remove = ({ client, password }: SignedInUser) => client.ask(DELETE, { input: { password } });

const KEPT = { code: "CONFLICT", reason: "LAST_OPERATOR" };

describe("the last operator", () => {
  it("cannot drop the role or delete the account, and remains an operator", async () => {
    const ada = await operator();
    await expect(drop(ada, ada)).rejects.toMatchObject(KEPT);
    expect(await ada.client.refused(DELETE, { input: { password: ada.password } })).toMatchObject(KEPT);
    expect(await operators()).toEqual([ada.id]);
  });

  it("is the last one although others are suspended, or their tenant is", async () => {
    const [ada, bob, carol] = [await operator(), await operator(), await operator()];
    await suspend(ada, bob);
    await app.app.db.execute(sql`
      update tenants set status = 'SUSPENDED' where id = (select tenant_id from users where id = ${carol.id}::uuid)`);
    await expect(drop(ada, ada)).rejects.toMatchObject(KEPT);
    expect(await operators()).toContain(ada.id);
  });

  it("is the last one although the others may not log in to their home tenant", async () => {
    const [ada, bob, carol] = [await operator(), await operator(), await operator()];
    await app.app.db.execute(sql`update memberships set status = 'SUSPENDED' where user_id = ${bob.id}::uuid`);
    expect(await ada.client.send(SUSPEND_MEMBER, { id: await membershipOf(app, carol) })).toMatchObject({ errors: [] });
    await expect(drop(ada, ada)).rejects.toMatchObject(KEPT);
    expect(await ada.client.refused(DELETE, { input: { password: ada.password } })).toMatchObject(KEPT);
    expect(await operators()).toContain(ada.id);
  });

  it.each([
    ["memberships", SUSPEND_MEMBER, (who: SignedInUser) => membershipOf(app, who)],
    ["tenants", SUSPEND_TENANT, (who: SignedInUser) => tenantOf(who)],
  ])("remains when all suspend each other's %s at the same moment", async (_, mutation, idOf) => {
    for (let round = 0; round < 4; round++) {
      const all = await Promise.all(Array.from({ length: 4 }, operator));
      const ids = await Promise.all(all.map((_each, index) => idOf(all[(index + 1) % all.length] ?? _each)));
      await Promise.all(all.map(({ client }, index) => client.send(mutation, { id: ids[index] })));
      expect((await usableOperators()).length).toBeGreaterThanOrEqual(1);
      await app.app.db.execute(sql`update users set roles = '{USER}' where roles @> '{OPERATOR}'`);
    }
  });

  it("may leave as soon as there is another one", async () => {
    const [ada, bob] = [await operator(), await operator()];
    await drop(ada, ada);
    expect(await operators()).toEqual([bob.id]);
  });

  it("remains when two remove each other at the same moment, by any operation", async () => {
    for (const [one, other] of [
      [drop, drop],
      [suspend, suspend],
      [drop, suspend],
    ] as const) {
      for (let round = 0; round < 5; round++) {
        const [ada, bob] = [await operator(), await operator()];
        await Promise.allSettled([one(ada, bob), other(bob, ada)]);
        expect((await operators()).length, `${one.name}, ${other.name}`).toBeGreaterThanOrEqual(1);
        await app.app.db.execute(sql`update users set roles = '{USER}' where roles @> '{OPERATOR}'`);
      }
    }
  });

  it("remains when many leave at the same moment", async () => {
    const all = await Promise.all(Array.from({ length: 6 }, operator));
    const outcomes = await Promise.allSettled(all.map((each, index) => (index % 2 ? drop(each, each) : remove(each))));
    expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(1);
    expect(await operators()).toHaveLength(1);
  });
});
