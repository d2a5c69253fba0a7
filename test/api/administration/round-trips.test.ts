import { PostgresJsPreparedQuery } from "drizzle-orm/postgres-js";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Tenant } from "#features/tenants/index";
import { clientAt, signIn } from "../../support/factories/stored-users.ts";
import { addUser, createMember, createTenant } from "../../support/factories/tenants.ts";
import { LOGIN, newAddress, newPassword, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

/** Number of Postgres queries for a page of an admin console: as many for fifty rows as for two. */

let app: TestApp;
let tenant: Tenant;
let admin: SignedInUser;
let operator: SignedInUser;
beforeAll(async () => {
  app = await startTestApp();
  tenant = await createTenant(app);
  admin = await createMember(app, tenant, "ADMIN");
  operator = await createMember(app, await createTenant(app), "OPERATOR");
  for (let n = 0; n < 60; n++) await addUser(app, tenant, { name: `Without anything ${n}` });
  for (let n = 0; n < 66; n++) {
    // Some belong to other tenants, for an operator's page.
    const user = await addUser(app, n % 6 ? tenant : await createTenant(app, `Small ${n}`), { name: `User ${n}` });
    for (const address of ["203.0.113.1", "203.0.113.2"]) await signIn(app, user, clientAt(address));
    await app
      .client({ "x-forwarded-for": newAddress() })
      .refused(LOGIN, { input: { identifier: user.email, password: newPassword() } });
  }
});
afterAll(() => app.stop());
afterEach(() => vi.restoreAllMocks());

const USER = /* GraphQL */ `
  id email hasPassword tenant { id name policy { maxSessions } }
  mfa { enabled totpEnabled passkeyCount backupCodesLeft preferredFactor }
  passkeys { id name }
  devices { id device { label } }
`;

const PAGES = {
  "sessions with their users, devices and tenants": `query ($first: Int!) {
    page: allSessions(first: $first) { nodes { id current device { label trusted } location { label } user { ${USER} } } }
  }`,
  "users with their sessions, factors and devices": `query ($first: Int!) {
    page: users(first: $first) { nodes { ${USER} sessions { totalCount nodes { id device { label trusted } } } } }
  }`,
  "users with their ended sessions": `query ($first: Int!) {
    page: users(first: $first) { nodes { id sessionHistory { totalCount nodes { id endReason } } } }
  }`,
  "users with their memberships and roles": `query ($first: Int!) {
    page: users(first: $first) { nodes { id memberships { id isHome tenant { id name } roles { id name } } } }
  }`,
  "users with their events and login attempts": `query ($first: Int!) {
    page: users(first: $first) { nodes { id
      securityEvents { totalCount totalCountIsExact nodes { id type } }
      loginAttempts(filter: { outcome: FAILED }) { totalCount nodes { id outcome } }
    } }
  }`,
  "login attempts with their users": `query ($first: Int!) {
    page: loginAttempts(first: $first) { nodes { id identifier device { label } user { ${USER} } } }
  }`,
};

const OF_TENANTS = `query ($first: Int!) {
  page: tenants(first: $first) { nodes { id
    users(first: 2) { totalCount nodes { id } }
    members(first: 2) { totalCount nodes { id user { id } roles { id } } }
    sessions(first: 2, filter: { active: true }) { totalCount nodes { id user { id } } }
    registrations(first: 2) { totalCount nodes { id } }
    invitations(first: 2) { totalCount nodes { id } }
    securityEvents(first: 2) { totalCount nodes { id } }
    loginAttempts(first: 2) { totalCount nodes { id } }
  } }
}`;

it("a page of tenants with all their lists takes an operator as many queries for twelve as for two", async () => {
  const asked = vi.spyOn(PostgresJsPreparedQuery.prototype, "execute");
  const costOf = async (first: number): Promise<number> => {
    const costs: number[] = [];
    for (let n = 0; n < 3; n++) {
      asked.mockClear();
      const { page } = await operator.client.ask(OF_TENANTS, { first });
      expect(page.nodes).toHaveLength(first);
      costs.push(asked.mock.calls.length);
    }
    return Math.min(...costs);
  };
  expect(await costOf(12)).toBe(await costOf(2));
});

it("the lists of several tenants contain only the rows of each tenant, like those of one tenant", async () => {
  const lists = `users(first: 3) { totalCount nodes { id } } sessions(first: 3) { totalCount nodes { id } }
    members(first: 3) { totalCount nodes { id } } loginAttempts(first: 3) { totalCount nodes { id } }
    securityEvents(first: 3) { totalCount nodes { id } }`;
  const { tenants } = await operator.client.ask<string>(`{ tenants(first: 12) { nodes { id ${lists} } } }`);
  const { tenant: own } = await admin.client.ask<string>(`{ tenant { id ${lists} } }`);
  const QUERY = `query ($id: ID!) { node(id: $id) { ... on Tenant { id ${lists} } } }`;
  for (const seen of tenants.nodes) {
    const { node } = await operator.client.ask<string>(QUERY, { id: seen.id });
    expect(seen).toEqual(node);
  }
  expect((await operator.client.ask<string>(QUERY, { id: own.id })).node).toEqual(own);
  expect(own.users.totalCount).toBe(60 + 55 + 1);
});

describe.each(Object.entries(PAGES))("a page of %s", (_name, query) => {
  it.each(["an admin", "an operator"])("takes %s as many queries for fifty as for two", async (who) => {
    const { client } = who === "an admin" ? admin : operator;
    const asked = vi.spyOn(PostgresJsPreparedQuery.prototype, "execute");
    // The minimum of three runs, because background work, such as recording a session's activity, is counted, too.
    const costOf = async (first: number): Promise<number> => {
      const costs: number[] = [];
      for (let n = 0; n < 3; n++) {
        asked.mockClear();
        const { page } = await client.ask(query, { first });
        expect(page.nodes).toHaveLength(first);
        costs.push(asked.mock.calls.length);
      }
      return Math.min(...costs);
    };
    const [few, many] = [await costOf(2), await costOf(50)];
    expect(few).toBeGreaterThan(1);
    expect(many).toBe(few);
    expect(many).toBeLessThanOrEqual(12);
  });
});
