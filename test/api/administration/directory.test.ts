import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { present } from "../../support/clients/narrow.ts";
import { setRoles } from "../../support/factories/roles.ts";
import { ANONYMOUS } from "../../support/factories/stored-users.ts";
import { addUser, createMember, createTenant, createTenantWithUsers } from "../../support/factories/tenants.ts";
import { logIn, REFRESH, type SignedInUser } from "../../support/factories/users.ts";
import { sharedTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await sharedTestApp();
});

const company = () => createTenantWithUsers(app);

describe.each([
  ["users", "{ users { nodes { id } } }", {}],
  ["user", "query ($id: ID!) { user(id: $id) { id } }", { id: ANONYMOUS }],
  ["allSessions", "{ allSessions { nodes { id } } }", {}],
  ["loginAttempts", "{ loginAttempts { nodes { id } } }", {}],
])("%s", (_name, query, variables) => {
  it("is refused to anonymous callers and plain users", async () => {
    const { bob } = await company();
    expect(await app.client().refused(query, variables)).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await bob.client.refused(query, variables)).toMatchObject({
      code: "FORBIDDEN",
      reason: "MISSING_PERMISSION",
    });
  });
});

describe("users", () => {
  it("are filtered by the risk of their login attempts in the last 30 days, only within the tenant", async () => {
    const [one, other] = [await company(), await company()];
    for (const { email, password } of [one.admin, one.bob, other.bob]) await logIn(app.client(), email, password);
    const assess = (id: string, level: string) =>
      app.app.db.execute(sql`update login_attempts set risk = jsonb_build_object('score', 90, 'level', ${level}::text, 'signals', '[]'::jsonb)
        where user_id = ${id}::uuid`);
    await assess(one.bob.id, "HIGH");
    await assess(one.admin.id, "ELEVATED");
    await assess(other.bob.id, "HIGH");
    const RISKY = `query ($risk: UserRisk!) { users(filter: { risk: $risk }) { totalCount nodes { id } } }`;
    const found = async ({ client }: Pick<SignedInUser, "client">, risk: string) =>
      (await client.ask(RISKY, { risk })).users.nodes.map(({ id }: UntypedData) => id).toSorted();
    expect(await found(one.admin, "HIGH")).toEqual([one.bob.id]);
    expect(await found(one.admin, "ELEVATED")).toEqual([one.admin.id, one.bob.id].toSorted());
    expect(await found(other.admin, "ELEVATED")).toEqual([other.bob.id]);
    // A caller who may not read login attempts learns nothing about them here either.
    const clerk = await createMember(app, one.tenant);
    await one.admin.client.ask("mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }", {
      input: { name: "Clerk", permissions: ["users:read"] },
    });
    await setRoles(app, one.admin, clerk, "Clerk");
    const { refreshToken } = await app.client().ask(REFRESH, { token: clerk.client.refreshToken });
    clerk.client.accessToken = refreshToken.tokens.accessToken;
    for (const query of [RISKY, RISKY.replace("users(", "tenant { users(").replace(/}$/, "} }")]) {
      const { data, errors } = await clerk.client.send(query, { risk: "HIGH" });
      expect(errors[0]?.extensions).toMatchObject({ code: "FORBIDDEN", reason: "MISSING_PERMISSION" });
      expect(JSON.stringify(data)).not.toContain("nodes");
    }
    await app.app.db.execute(
      sql`update login_attempts set occurred_at = occurred_at - interval '31 days' where user_id = ${one.bob.id}::uuid`,
    );
    expect(await found(one.admin, "HIGH")).toEqual([]);
  });

  const USERS = /* GraphQL */ `
    query ($filter: UserFilter, $first: Int! = 50, $after: String) {
      users(filter: $filter, first: $first, after: $after) {
        edges { cursor node { id } }
        nodes { id email isOperator tenant { id } sessions { nodes { id user { id } } } }
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }
  `;

  it("are the tenant's, with the objects that belong to them", async () => {
    const { tenant, admin, bob } = await company();
    await company();
    const { users } = await admin.client.ask(USERS);
    expect(users.nodes).toEqual([
      {
        id: bob.id,
        email: bob.email,
        isOperator: false,
        tenant: { id: tenant.id },
        sessions: { nodes: [{ id: bob.sessionId, user: { id: bob.id } }] },
      },
      {
        id: admin.id,
        email: admin.email,
        isOperator: false,
        tenant: { id: tenant.id },
        sessions: { nodes: [{ id: admin.sessionId, user: { id: admin.id } }] },
      },
    ]);
  });

  it("are returned page by page", async () => {
    const { tenant, admin, bob } = await company();
    const carol = await addUser(app, tenant, { name: "Carol" });
    const { users: first } = await admin.client.ask(USERS, { first: 2 });
    expect(first.nodes.map(({ id }: { id: string }) => id)).toEqual([carol.id, bob.id]);
    expect(first.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: present(first.edges[0]).cursor,
      endCursor: present(first.edges[1]).cursor,
    });
    const { users: second } = await admin.client.ask(USERS, { first: 2, after: first.pageInfo.endCursor });
    expect(second.nodes.map(({ id }: { id: string }) => id)).toEqual([admin.id]);
    expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
  });

  it("are filtered by search, status and operator flag together", async () => {
    const { tenant, admin } = await company();
    const carol = await addUser(app, tenant, { name: "Carol", status: "SUSPENDED" });
    await addUser(app, tenant, { name: "Carola" });
    const { users } = await admin.client.ask(USERS, {
      filter: { search: "cAR", status: "SUSPENDED", isOperator: false },
    });
    expect(users.nodes.map(({ id }: { id: string }) => id)).toEqual([carol.id]);
  });

  it("are ordered, and a cursor of another order is refused", async () => {
    const { tenant, admin } = await company();
    // The test's own prefix; users of the same tenant differ in the rest.
    const own = tenant.id.replaceAll("-", "").slice(-10);
    for (const first of ["b", "c", "a"]) await addUser(app, tenant, { email: `${first}.${own}@order.test` });
    await addUser(app, (await company()).tenant, { email: `aa.${own}@order.test` });
    const query = `query ($orderBy: UserOrder!, $after: String) {
      users(filter: { search: "${own}" }, orderBy: $orderBy, first: 2, after: $after) { nodes { email } pageInfo { endCursor } totalCount }
    }`;
    const orderBy = { field: "EMAIL", direction: "ASC" };
    const { users: first } = await admin.client.ask(query, { orderBy });
    expect(first.nodes.map(({ email }: { email: string }) => email[0])).toEqual(["a", "b"]);
    expect(first.totalCount).toBe(3);
    const after = first.pageInfo.endCursor;
    const { users: second } = await admin.client.ask(query, { orderBy, after });
    expect(second.nodes).toEqual([{ email: `c.${own}@order.test` }]);
    for (const other of [{ field: "EMAIL" }, { field: "USERNAME", direction: "ASC" }, { field: "CREATED_AT" }])
      expect(await admin.client.refused(query, { orderBy: other, after })).toMatchObject({
        code: "BAD_USER_INPUT",
        fields: [{ path: "after" }],
      });
  });

  it.each(["Zoë", "Zoe\u0308"])("are found by a name in the other Unicode normal form, too: %j", async (name) => {
    const { tenant, admin } = await company();
    const zoe = await addUser(app, tenant, { name });
    for (const search of ["ZOË", "zoe\u0308"]) {
      const { users } = await admin.client.ask(USERS, { filter: { search } });
      expect(users.nodes.map(({ id }: { id: string }) => id)).toEqual([zoe.id]);
    }
  });

  it.each([{ first: 0 }, { first: 101 }, { after: "not a cursor" }, { filter: { search: "a\u0000" } }])(
    "cannot be requested with %j",
    async (variables) => {
      const { admin } = await company();
      expect(await admin.client.refused(USERS, variables)).toMatchObject({ code: "BAD_USER_INPUT", status: 400 });
    },
  );

  it.each([{ tenantId: ANONYMOUS }, { search: "x", email: "x" }])("have no filter %j", async (filter) => {
    const { admin } = await company();
    expect((await admin.client.refused(USERS, { filter })).status).toBe(400);
  });
});

describe("user", () => {
  const USER = "query ($id: ID!) { user(id: $id) { id email } }";

  it("is a user of the tenant, for an operator any user; otherwise null", async () => {
    const { admin, bob } = await company();
    const { admin: stranger } = await company();
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    for (const { client } of [admin, operator])
      expect((await client.ask(USER, { id: bob.id })).user).toEqual({ id: bob.id, email: bob.email });
    for (const id of [bob.id, ANONYMOUS, "not an id"])
      expect(await stranger.client.ask(USER, { id })).toEqual({ user: null });
  });
});

describe("allSessions", () => {
  const SESSIONS = /* GraphQL */ `
    query ($filter: SessionFilter) {
      allSessions(filter: $filter) { nodes { id current endReason user { id } device { label trusted } } }
    }
  `;

  it("are the tenant's, active or ended, depending on the filter", async () => {
    const { admin, bob } = await company();
    await bob.client.ask("mutation { logout { endedSessionId } }");
    const over = await admin.client.ask(SESSIONS, { filter: { active: false } });
    expect(over.allSessions.nodes).toMatchObject([
      { id: bob.sessionId, endReason: "LOGGED_OUT", user: { id: bob.id } },
    ]);
    const live = await admin.client.ask(SESSIONS, { filter: { active: true } });
    expect(live.allSessions.nodes).toMatchObject([{ id: admin.sessionId, current: true, endReason: null }]);
  });

  it("of a user in another tenant are NOT_FOUND", async () => {
    const { bob } = await company();
    const { admin } = await company();
    expect(await admin.client.refused(SESSIONS, { filter: { userId: bob.id } })).toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("loginAttempts", () => {
  const ATTEMPTS = /* GraphQL */ `
    query ($filter: LoginAttemptFilter) {
      loginAttempts(filter: $filter) {
        nodes { id identifier outcome ipAddress occurredAt user { id } device { label } location { label } risk { score level signals { kind points } } }
      }
    }
  `;

  it("show the tenant's admin who tried to log in as which user", async () => {
    const { admin, bob } = await company();
    await logIn(app.client(), bob.email, bob.password);
    await app.client().refused("mutation ($input: LoginInput!) { login(input: $input) { __typename } }", {
      input: { identifier: bob.email.toUpperCase(), password: "not the password" },
    });
    const { loginAttempts } = await admin.client.ask(ATTEMPTS, { filter: { userId: bob.id } });
    expect(loginAttempts.nodes).toMatchObject([
      {
        identifier: bob.email,
        outcome: "FAILED",
        user: { id: bob.id },
        risk: { score: 20, level: "LOW", signals: [{ kind: "NEW_DEVICE", points: 20 }] },
      },
      { identifier: bob.email, outcome: "SUCCESS", user: { id: bob.id } },
    ]);
    const failed = await admin.client.ask(ATTEMPTS, { filter: { outcome: "FAILED" } });
    expect(failed.loginAttempts.nodes).toHaveLength(1);
  });

  it("with unknown identifiers belong to no tenant and are visible to operators only", async () => {
    const { admin } = await company();
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    const identifier = "nobody-at-all@example.com";
    await app.client().refused("mutation ($input: LoginInput!) { login(input: $input) { __typename } }", {
      input: { identifier, password: "whatever it is" },
    });
    const filter = { outcome: "FAILED" };
    expect((await admin.client.ask(ATTEMPTS, { filter })).loginAttempts.nodes).toEqual([]);
    const [attempt] = (await operator.client.ask(ATTEMPTS, { filter })).loginAttempts.nodes;
    expect(attempt).toMatchObject({ identifier: expect.any(String), user: null });
    // It may be a password typed into the wrong field, so only a digest is stored.
    expect(present(attempt).identifier).not.toContain("nobody");
  });
});
