import { PostgresJsPreparedQuery } from "drizzle-orm/postgres-js";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Tenant } from "#features/tenants/index";
import { type Actor, LOGIN, newAddress, newPassword } from "../../support/factories/actors.ts";
import { addUser, employ, foundTenant } from "../../support/factories/companies.ts";
import { clientAt, signIn } from "../../support/factories/people.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

/** What a page of an admin console costs in questions to Postgres: as many for fifty rows as for two. */

let app: TestApp;
let tenant: Tenant;
let admin: Actor;
let operator: Actor;
beforeAll(async () => {
  app = await startTestApp();
  tenant = await foundTenant(app);
  admin = await employ(app, tenant, "ADMIN");
  operator = await employ(app, await foundTenant(app), "OPERATOR");
  for (let n = 0; n < 60; n++) await addUser(app, tenant, { name: `Without anything ${n}` });
  for (let n = 0; n < 66; n++) {
    // Some of other tenants: for an operator's page.
    const user = await addUser(app, n % 6 ? tenant : await foundTenant(app, `Small ${n}`), { name: `User ${n}` });
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
  "login attempts with their users": `query ($first: Int!) {
    page: loginAttempts(first: $first) { nodes { id identifier device { label } user { ${USER} } } }
  }`,
};

describe.each(Object.entries(PAGES))("a page of %s", (_name, query) => {
  it.each(["an admin", "an operator"])("costs %s as many queries for fifty as for two", async (who) => {
    const { client } = who === "an admin" ? admin : operator;
    const asked = vi.spyOn(PostgresJsPreparedQuery.prototype, "execute");
    // The least of three: what the process does in the background, like noting a session's activity, is counted, too.
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
