import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DAY, after as later } from "#shared/durations";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { roleIdsOf } from "../../support/factories/roles.ts";
import { createMember, createTenant, submitRegistration } from "../../support/factories/tenants.ts";
import { LOGIN, logIn, newPassword, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

/** What every connection supports: pages in both directions, counts, periods. The rows of another tenant are never included. */

let app: TestApp;
let admin: SignedInUser;
let people: readonly string[];
beforeAll(async () => {
  app = await startTestApp();
  const [tenant, other] = [await createTenant(app), await createTenant(app)];
  admin = await createMember(app, tenant, "ADMIN");
  people = [admin.id];
  for (let n = 0; n < 4; n++) people = [(await createMember(app, tenant)).id, ...people];
  await createMember(app, other, "ADMIN");
  for (const each of [tenant, tenant, other]) await submitRegistration(app, each);
});
afterAll(() => app.stop());

const USERS = /* GraphQL */ `
  query ($first: Int, $after: String, $last: Int, $before: String, $filter: UserFilter! = {}) {
    users(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
      nodes { id }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      totalCount
      totalCountIsExact
    }
  }
`;
const page = async (variables: object): Promise<UntypedData> => (await admin.client.ask(USERS, { ...variables })).users;
const idsOf = ({ nodes }: UntypedData): string[] => nodes.map(({ id }: { id: string }) => id);

describe("a connection", () => {
  it("is read forward and backward, in the same order", async () => {
    const first = await page({ first: 2 });
    const second = await page({ first: 2, after: first.pageInfo.endCursor });
    expect([...idsOf(first), ...idsOf(second)]).toEqual(people.slice(0, 4));
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    expect(second.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });

    const last = await page({ last: 2 });
    expect(idsOf(last)).toEqual(people.slice(3));
    expect(last.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    const before = await page({ last: 2, before: last.pageInfo.startCursor });
    expect(idsOf(before)).toEqual(people.slice(1, 3));
    expect(before.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: true });
    expect(idsOf(await page({ last: 5, before: before.pageInfo.startCursor }))).toEqual(people.slice(0, 1));
  });

  it("counts all its rows, not those of the page, and only the tenant's", async () => {
    expect(await page({ first: 1 })).toMatchObject({ totalCount: 5, totalCountIsExact: true });
    const [roleId] = await roleIdsOf(app, admin);
    expect(await page({ filter: { roleId } })).toMatchObject({ totalCount: 1, nodes: [{ id: admin.id }] });
    const { me } = await admin.client.ask("{ me { email } }");
    expect(await page({ filter: { search: me.email } })).toMatchObject({ totalCount: 1 });
    expect(await page({ filter: { isOperator: true } })).toMatchObject({ totalCount: 0 });
  });

  it("refuses both directions in one request, and an invalid cursor", async () => {
    for (const [variables, path] of [
      [{ first: 1, last: 1 }, "last"],
      [{ last: 101 }, "last"],
      [{ before: "x" }, "before"],
    ] as const)
      expect(await admin.client.refused(USERS, variables)).toMatchObject({
        code: "BAD_USER_INPUT",
        fields: [{ path }],
      });
  });

  it("filters by a period, including its start and excluding its end", async () => {
    const now = app.clock.now();
    const within = (from: Date, to: Date) => page({ filter: { createdAt: { from, to } } });
    expect(idsOf(await within(later(now, -DAY), later(now, DAY)))).toEqual(people);
    expect(await within(later(now, DAY), later(now, 2 * DAY))).toMatchObject({ nodes: [], totalCount: 0 });
  });
});

describe("the other lists", () => {
  it("count and filter in the same way", async () => {
    await app.client().refused(LOGIN, { input: { identifier: admin.email, password: newPassword() } });
    await logIn(app.client(), admin.email, admin.password);
    const phone = app.client();
    await logIn(phone, admin.email, admin.password);
    await phone.ask("mutation { logout { endedSessionId } }");
    const { attempts } = await admin.client.ask(
      "query ($id: ID!) { attempts: loginAttempts(filter: { userId: $id }) { nodes { risk { level } } } }",
      { id: admin.id },
    );
    const levels: string[] = attempts.nodes.map(({ risk }: { risk: { level: string } }) => risk.level);
    const [level = ""] = levels;
    const now = app.clock.now();
    const period = { from: later(now, -DAY), to: later(now, DAY) };
    const lists = await admin.client.ask(
      `query ($period: DateTimeRange!, $id: ID!, $level: RiskLevel!) {
        registrations(filter: { requestedAt: $period }) { totalCount }
        failed: loginAttempts(filter: { outcome: FAILED, userId: $id, occurredAt: $period }) { totalCount nodes { outcome } }
        risky: loginAttempts(filter: { riskLevel: $level, userId: $id }) { totalCount }
        riskier: loginAttempts(filter: { riskLevel: HIGH, userId: $id }) { totalCount }
        securityEvents(last: 1, filter: { types: [LOGIN_SUCCEEDED], occurredAt: $period }) { totalCount nodes { type } }
        over: allSessions(filter: { active: false, createdAt: $period }) { totalCount }
        live: allSessions(last: 1, filter: { userId: $id, active: true }) { totalCount nodes { endedAt } }
        invitations(filter: { status: PENDING }) { totalCount }
        factorResets(filter: { status: WAITING, requestedAt: $period }) { totalCount }
      }`,
      { period, id: admin.id, level },
    );
    expect(lists).toMatchObject({
      failed: { totalCount: 1, nodes: [{ outcome: "FAILED" }] },
      risky: { totalCount: levels.filter((one) => one === level).length },
      riskier: { totalCount: 0 },
      securityEvents: { totalCount: 2, nodes: [{ type: "LOGIN_SUCCEEDED" }] },
      over: { totalCount: 1 },
      live: { totalCount: 2, nodes: [{ endedAt: null }] },
      invitations: { totalCount: 0 },
      factorResets: { totalCount: 0 },
    });
    expect(lists.registrations.totalCount).toBe(2);
  });

  it("accept any instant for a period: before the first row, and before the epoch", async () => {
    for (const [from, expected] of [
      ["0000-01-01T00:00:00Z", true],
      ["0050-01-01T00:00:00Z", true],
      ["9999-12-31T23:59:59Z", false],
    ] as const) {
      const { loginAttempts, securityEvents, users } = await admin.client.ask(
        `query ($period: DateTimeRange!) {
          loginAttempts(filter: { occurredAt: $period }) { nodes { id } }
          securityEvents(filter: { occurredAt: $period }) { nodes { id } }
          users(filter: { createdAt: $period }) { nodes { id } }
        }`,
        { period: { from } },
      );
      for (const { nodes } of [loginAttempts, securityEvents, users]) expect(nodes.length > 0, from).toBe(expected);
    }
    expect(await page({ filter: { createdAt: { to: "0000-01-01T00:00:00Z" } } })).toMatchObject({ nodes: [] });
  });

  it("of tenants are searched by operators, by part of the name or the slug", async () => {
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    const { slug, id } = await createTenant(app, "Müller_100% & Söhne");
    const search = async (text: string): Promise<UntypedData> =>
      (
        await operator.client.ask(
          "query ($text: String!) { tenants(filter: { search: $text }) { nodes { id } totalCount } }",
          { text },
        )
      ).tenants;
    for (const text of ["ller_100%", "MÜLLER", slug.slice(1)]) expect(idsOf(await search(text))).toContain(id);
    // Pattern characters match literally.
    for (const text of ["M%ller", "Müller-100"]) expect(await search(text)).toMatchObject({ nodes: [], totalCount: 0 });
  });
});
