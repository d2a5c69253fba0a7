import { and, eq, sql } from "drizzle-orm";
import { PostgresJsPreparedQuery } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { UserCriteria } from "#features/administration/index";
import { USER_ORDER_FIELDS, type UserOrder } from "#features/administration/user-list.policy";
import { passkeys } from "#features/login/second-factors/passkey/passkeys.table";
import { totpSecrets } from "#features/login/second-factors/totp/totp.table";
import { membershipRoles, memberships, roles } from "#features/memberships/memberships.table";
import { sessions } from "#features/sessions/index";
import type { Tenant } from "#features/tenants/index";
import { type User, users } from "#features/users/index";
import type { MembershipId, PasskeyId, RoleId } from "#shared/ids";
import { encodeCursor, type Page } from "#shared/paging";
import { ANONYMOUS, type StoredUser } from "../../support/factories/stored-users.ts";
import { createFixtures, type Fixtures } from "./fixtures.ts";

const ALL = { first: 100 };

let fixtures: Fixtures;
beforeAll(async () => {
  fixtures = await createFixtures();
});
afterAll(() => fixtures.close());

describe("users", () => {
  let tenant: Tenant;
  let admin: StoredUser;
  beforeAll(async () => {
    tenant = await fixtures.newTenant();
    admin = await fixtures.signIn(
      await fixtures.newUser(tenant, { email: "root@acme.test", roles: ["USER", "ADMIN"], name: "Root" }),
    );
    await fixtures.newUser(tenant, { email: "Alice.Smith@acme.test", username: "Wonder_Land", name: "Ärzte & Söhne" });
    await fixtures.newUser(tenant, { email: "alina@acme.test", username: "wonderxland", name: "50% off\\" });
    await fixtures.newUser(tenant, { email: "bob@acme.test", status: "SUSPENDED", name: "O'Brien" });
    // A user that an earlier version created for a registration is not listed.
    const waiting = { status: "PENDING_VERIFICATION", emailVerified: false } as const;
    await fixtures.newUser(tenant, { ...waiting, email: "alister@acme.test", name: "Al" });
    await fixtures.newUser(await fixtures.newTenant(), { email: "alice@globex.test", name: "Alice of Globex" });
  });

  const emailsOf = async (criteria: UserCriteria, viewer = admin.viewer) =>
    (await fixtures.directory.users(viewer, criteria, ALL)).rows.map(({ email }) => email);

  it("are those of the caller's tenant, newest first", async () => {
    expect(await emailsOf({})).toEqual(["bob@acme.test", "alina@acme.test", "Alice.Smith@acme.test", "root@acme.test"]);
  });

  it.each([
    ["the beginning of an address, in any case", "ALI", ["alina@acme.test", "Alice.Smith@acme.test"]],
    ["the beginning of a username, in any case", "wonder", ["alina@acme.test", "Alice.Smith@acme.test"]],
    ["an underscore as itself", "wonder_", ["Alice.Smith@acme.test"]],
    ["the beginning of a name", "o'b", ["bob@acme.test"]],
    ["a name beyond ASCII as it is written", "Ärz", ["Alice.Smith@acme.test"]],
    ["a percent sign as itself", "50%", ["alina@acme.test"]],
    ["a percent sign as itself, also alone", "%", []],
    ["a backslash as itself", "50% off\\", ["alina@acme.test"]],
    ["the middle of an address", "SMITH", ["Alice.Smith@acme.test"]],
    ["the middle of a username", "derx", ["alina@acme.test"]],
    ["the middle of a name, in any case", "RIEN", ["bob@acme.test"]],
    ["the middle of a name beyond ASCII", "rzte & sö", ["Alice.Smith@acme.test"]],
    ["an underscore in the middle as itself", "nder_lan", ["Alice.Smith@acme.test"]],
    ["a percent sign in the middle as itself", "lic%smith", []],
    ["no text that spans the end of the address and the start of the username", "testwonder", []],
    ["fewer than three letters only at the beginning", "li", []],
    [
      "only spaces as no search",
      "   ",
      ["bob@acme.test", "alina@acme.test", "Alice.Smith@acme.test", "root@acme.test"],
    ],
    ["no user of another tenant", "alice@globex", []],
    ["SQL as text", "' or 1=1 --", []],
  ])("are found by %s", async (_what, search, expected) => {
    expect(await emailsOf({ search })).toEqual(expected);
  });

  it("are filtered by status and by whether they are operators", async () => {
    expect(await emailsOf({ status: "SUSPENDED" })).toEqual(["bob@acme.test"]);
    expect(await emailsOf({ isOperator: false, search: "root" })).toEqual(["root@acme.test"]);
    expect(await emailsOf({ isOperator: true })).toEqual([]);
    expect(await emailsOf({ search: "al", status: "SUSPENDED" })).toEqual([]);
  });

  it("are filtered by e-mail domain, exactly", async () => {
    const { id } = await fixtures.newUser(tenant, { email: "mail@sub.acme.test" });
    const all = ["bob@acme.test", "alina@acme.test", "Alice.Smith@acme.test", "root@acme.test"];
    expect(await emailsOf({ emailDomain: "ACME.test" })).toEqual(all);
    expect(await emailsOf({ emailDomain: "sub.acme.test" })).toEqual(["mail@sub.acme.test"]);
    expect(await emailsOf({ emailDomain: "globex.test" })).toEqual([]);
    await expect(emailsOf({ emailDomain: "%" })).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      detail: { fields: [{ path: "filter.emailDomain" }] },
    });
    await fixtures.db.delete(users).where(eq(users.id, id));
  });

  it("are filtered by a role of the tenant, and not by one of another tenant", async () => {
    const adminRole = async ({ id }: Pick<Tenant, "id">) => {
      const [role] = await fixtures.db
        .select()
        .from(roles)
        .where(and(eq(roles.tenantId, id), eq(roles.builtIn, "ADMIN")));
      return role?.id ?? "";
    };
    expect(await emailsOf({ roleId: await adminRole(tenant) })).toEqual(["root@acme.test"]);
    const other = await fixtures.newTenant();
    const roleId = (await adminRole(other)) as RoleId;
    // This user is also an admin of another tenant, which the admins of this tenant do not see.
    const membership = { id: fixtures.ids.next<MembershipId>(), tenantId: other.id, userId: admin.user.id };
    await fixtures.db.insert(memberships).values({ ...membership, joinedAt: new Date() });
    await fixtures.db.insert(membershipRoles).values({ membershipId: membership.id, roleId });
    expect(await emailsOf({ roleId })).toEqual([]);
    const operator = await fixtures.newPerson(await fixtures.newTenant(), "OPERATOR");
    expect(await emailsOf({ roleId }, operator.viewer)).toEqual(["root@acme.test"]);
    expect(await emailsOf({ roleId: ANONYMOUS })).toEqual([]);
    expect(await emailsOf({ roleId: "no id" })).toEqual([]);
    await fixtures.db.delete(memberships).where(eq(memberships.id, membership.id));
  });

  it("are filtered by second factor", async () => {
    const own = await fixtures.newTenant();
    const root = await fixtures.newPerson(own, "ADMIN");
    const [app, key, both, begun] = [
      await fixtures.newUser(own),
      await fixtures.newUser(own),
      await fixtures.newUser(own),
      await fixtures.newUser(own),
    ];
    for (const { id: userId } of [app, both])
      await fixtures.db
        .insert(totpSecrets)
        .values({ userId, tenantId: own.id, secret: "sealed", enabledAt: new Date() });
    await fixtures.db.insert(totpSecrets).values({ userId: begun.id, tenantId: own.id, pendingSecret: "sealed" });
    for (const { id: userId } of [key, both])
      await fixtures.db.insert(passkeys).values({
        id: fixtures.ids.next<PasskeyId>(),
        tenantId: own.id,
        userId,
        name: "Key",
        credentialId: Buffer.from(userId),
        publicKey: Buffer.from("x"),
        counter: 0,
        transports: [],
        backedUp: false,
        createdAt: new Date(),
      });
    const idsOf = async (factor: UserCriteria["factor"]) =>
      (await fixtures.directory.users(root.viewer, { factor }, ALL)).rows.map(({ id }) => id);
    expect(await idsOf("TOTP")).toEqual([both.id, app.id]);
    expect(await idsOf("PASSKEY")).toEqual([both.id, key.id]);
    expect(await idsOf("NONE")).toEqual([begun.id, root.user.id]);
  });

  it("are filtered by their last login; users without a login are in no period", async () => {
    const own = await fixtures.newTenant();
    const root = await fixtures.newPerson(own, "ADMIN");
    await fixtures.newUser(own);
    const { id } = await fixtures.newUser(own, { lastLoginAt: new Date("2026-03-01T12:00:00Z") });
    const idsOf = async (from: string | null, to: string | null) => {
      const lastLoginAt = { from: from ? new Date(from) : null, to: to ? new Date(to) : null };
      return (await fixtures.directory.users(root.viewer, { lastLoginAt }, ALL)).rows.map((user) => user.id);
    };
    expect(await idsOf("2026-03-01T12:00:00Z", "2026-03-02T00:00:00Z")).toEqual([id]);
    expect(await idsOf("2026-02-01T00:00:00Z", "2026-03-01T12:00:00Z")).toEqual([]);
    expect(await idsOf("0000-01-01T00:00:00Z", "2026-03-02T00:00:00Z")).toEqual([id]);
    expect((await idsOf(null, null)).length).toBe(3);
  });

  it.each(["a\u0000", "x".repeat(255), "line\nbreak"])("cannot be searched for by %j", async (search) => {
    await expect(emailsOf({ search })).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      detail: { fields: [expect.objectContaining({ path: "filter.search" })] },
    });
  });

  it("are paged, each of them returned once", async () => {
    const seen: string[] = [];
    let after: string | undefined;
    for (;;) {
      const page = await fixtures.directory.users(admin.viewer, {}, { first: 3, after });
      expect(page.hasPreviousPage).toBe(after !== undefined);
      seen.push(...page.rows.map(({ email }) => email));
      const last = page.rows.at(-1);
      if (!page.hasNextPage || !last) break;
      after = encodeCursor(last.id);
    }
    expect(seen).toEqual(await emailsOf({}));
  });

  it.each([0, -1, 101])("cannot be requested %d at a time", async (first) => {
    await expect(fixtures.directory.users(admin.viewer, {}, { first })).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
    });
  });

  it("are returned in the same order if thousands match and if few do", async () => {
    const many = await fixtures.newTenant();
    const root = await fixtures.newPerson(many, "ADMIN");
    for (let from = 1; from <= 10_500; from += 500)
      await fixtures.db.execute(sql`
      insert into users (id, tenant_id, email, email_canonical, status, name, created_at)
      select id, ${many.id}::uuid, email, email, 'ACTIVE', case when n <= 30 then 'Early' end, now()
      from generate_series(${from}::int, ${from + 499}::int) as n, lateral (select uuidv7(interval '-1 minute' * (11000 - n)) as id, 'crowd' || n || '@acme.test' as email)`);
    const found = async (search: string, after?: string) =>
      (await fixtures.directory.users(root.viewer, { search }, { first: 20, after })).rows;
    const numbers = (from: number) => Array.from({ length: 20 }, (_, index) => `crowd${from - index}@acme.test`);
    const first = await found("crowd");
    expect(first.map(({ email }) => email)).toEqual(numbers(10500));
    expect((await found("crowd", encodeCursor(first[19]?.id ?? ""))).map(({ email }) => email)).toEqual(numbers(10480));
    // All of them are among the oldest.
    const early = await found("early");
    expect(early.map(({ email }) => email)).toEqual(numbers(30));
    const rest = await found("early", encodeCursor(early[19]?.id ?? ""));
    expect(rest.map(({ email }) => email)).toEqual(numbers(10).slice(0, 10));
  });

  it("of every tenant are visible to an operator", async () => {
    const operator = await fixtures.newPerson(await fixtures.newTenant(), "OPERATOR");
    const emails = await emailsOf({ search: "alice" }, operator.viewer);
    expect(emails).toEqual(["alice@globex.test", "Alice.Smith@acme.test"]);
  });
});

describe("users in an order", () => {
  let root: StoredUser;
  let all: User[];
  beforeAll(async () => {
    const tenant = await fixtures.newTenant();
    root = await fixtures.newPerson(tenant, "ADMIN");
    // Many equal values: only two users have a username, and logins are at two instants or missing.
    const instants = [null, new Date("2026-01-01T00:00:00.123Z"), new Date("2026-02-01T00:00:00Z")];
    for (let n = 0; n < 14; n++)
      await fixtures.newUser(tenant, {
        email: `${"zxyabc"[n % 6]}.order${n}@order.test`,
        username: n % 7 === 3 ? `Orderly${n}` : null,
        lastLoginAt: instants[n % 3] ?? null,
      });
    // Users of another tenant, which sort between them in each order.
    const other = await fixtures.newTenant();
    for (let n = 0; n < 6; n++) await fixtures.newUser(other, { email: `${"zxyabc"[n]}.order0a@order.test` });
    all = (await fixtures.directory.users(root.viewer, {}, ALL)).rows.slice();
  });

  const keyOf = (field: UserOrder["field"], user: User): string =>
    ({
      CREATED_AT: "",
      LAST_LOGIN_AT: user.lastLoginAt?.toISOString() ?? "",
      EMAIL: user.emailCanonical,
      USERNAME: user.usernameCanonical ?? "",
    })[field];
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

  const orders = USER_ORDER_FIELDS.flatMap((field) => [
    { field, direction: "ASC" } as const,
    { field, direction: "DESC" } as const,
  ]);

  it.each(orders)(
    "sorted by $field $direction are paged forward and backward, each of them returned once",
    async (order) => {
      const { field, direction } = order;
      const expected = all
        .toSorted((a, b) => compare(keyOf(field, a), keyOf(field, b)) || compare(a.id, b.id))
        .map(({ email }) => email);
      if (direction === "DESC") expected.reverse();
      for (const criteria of [{}, { search: "order.test" }])
        for (const size of [1, 4]) {
          const wanted = "search" in criteria ? expected.filter((email) => email.endsWith("order.test")) : expected;
          const forward: string[] = [];
          for (let after: string | null = null, more = true; more; ) {
            const page: Page<User> = await fixtures.directory.users(
              root.viewer,
              criteria,
              { first: size, after },
              order,
            );
            const last = page.rows.at(-1);
            forward.push(...page.rows.map(({ email }) => email));
            more = page.hasNextPage;
            after = last ? cursorIn(page, last) : null;
          }
          expect(forward).toEqual(wanted);
          const backward: string[] = [];
          for (let before: string | null = null, more = true; more; ) {
            const page: Page<User> = await fixtures.directory.users(
              root.viewer,
              criteria,
              { last: size, before },
              order,
            );
            const [first] = page.rows;
            backward.unshift(...page.rows.map(({ email }) => email));
            more = page.hasPreviousPage;
            before = first ? cursorIn(page, first) : null;
          }
          expect(backward).toEqual(wanted);
        }
    },
  );

  const cursorIn = (page: Page<User>, user: User): string => page.cursorOf?.(user) ?? "";

  it("keep their place while others are inserted and deleted", async () => {
    const order = { field: "EMAIL", direction: "ASC" } as const;
    const first = await fixtures.directory.users(root.viewer, { search: "order.test" }, { first: 3 }, order);
    const [, , third] = first.rows;
    if (!third) throw new Error("Three users are required.");
    const rest = async () =>
      (
        await fixtures.directory.users(
          root.viewer,
          { search: "order.test" },
          { first: 3, after: cursorIn(first, third) },
          order,
        )
      ).rows;
    const before = await rest();
    const tenant = { id: root.user.tenantId } as Tenant;
    const early = await fixtures.newUser(tenant, { email: "0.order@order.test" });
    // The row that the cursor points to is deleted.
    await fixtures.db.delete(users).where(eq(users.id, third.id));
    expect((await rest()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    await fixtures.db.delete(users).where(eq(users.id, early.id));
  });

  it("refuse a cursor of another order, and a forged one", async () => {
    const cursors = new Map<string, string>();
    for (const order of orders) {
      const page = await fixtures.directory.users(root.viewer, {}, { first: 1 }, order);
      cursors.set(JSON.stringify(order), page.rows[0] ? cursorIn(page, page.rows[0]) : "");
    }
    const refused = async (order: UserOrder, after: string) =>
      expect(fixtures.directory.users(root.viewer, {}, { first: 1, after }, order), after).rejects.toMatchObject({
        code: "BAD_USER_INPUT",
        detail: { fields: [{ path: "after" }] },
      });
    for (const order of orders)
      for (const [other, cursor] of cursors) if (other !== JSON.stringify(order)) await refused(order, cursor);
    const id = root.user.id;
    const made = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString("base64url");
    for (const key of ["x", "0000-01-01T00:00:00.000Z", "2026-02-31T25:00:00.000Z", "infinity"])
      await refused({ field: "LAST_LOGIN_AT", direction: "ASC" }, made("LAST_LOGIN_AT", "ASC", key, id));
    for (const key of ["a\u0000", "\ud800", "x".repeat(1000), 7, null])
      await refused({ field: "EMAIL", direction: "ASC" }, made("EMAIL", "ASC", key, id));
    await refused({ field: "EMAIL", direction: "ASC" }, made("EMAIL", "ASC", "a", "no id"));
    await refused({ field: "EMAIL", direction: "ASC" }, "not a cursor");
    await refused({ field: "CREATED_AT", direction: "ASC" }, made("CREATED_AT", "ASC", "x", id));
  });
});

describe("the search for users", () => {
  it("uses the trigram index for a part of a word, and the prefix indexes for a short beginning", async () => {
    const tenant = await fixtures.newTenant();
    const root = await fixtures.newPerson(tenant, "ADMIN");
    for (let from = 1; from <= 8_000; from += 500)
      await fixtures.db.execute(sql`
      insert into users (id, tenant_id, email, email_canonical, status, name, created_at)
      select uuidv7(), ${tenant.id}::uuid, email, email, 'ACTIVE', 'Plan ' || md5(n::text), now()
      from generate_series(${from}::int, ${from + 499}::int) as n, lateral (select md5(n::text) || '@plan.test' as email)`);
    await fixtures.db.execute(sql`analyze users`);
    const execute = vi.spyOn(PostgresJsPreparedQuery.prototype, "execute");
    const plansOf = async (search: string, order?: UserOrder): Promise<string> => {
      execute.mockClear();
      await fixtures.directory.users(root.viewer, { search }, { first: 50 }, order);
      const asked = execute.mock.contexts.map(
        (query) => query as unknown as { queryString: string; params: unknown[] },
      );
      const plans: string[] = [];
      for (const { queryString, params } of asked) plans.push(await planOf(queryString, params));
      return plans.join("\n");
    };
    const planOf = async (query: string, params: readonly unknown[]): Promise<string> => {
      const client = postgres(fixtures.databaseUrl, { max: 1, onnotice: () => undefined });
      try {
        const rows = await client.unsafe(`explain ${query}`, params as never[]);
        return rows.map((row) => row["QUERY PLAN"]).join("\n");
      } finally {
        await client.end();
      }
    };
    for (const search of ["zeitgeist", "0a1b2c3d"]) {
      expect(await plansOf(search)).toContain(
        "Bitmap Index Scan on users_email_canonical_username_canonical_name_search_idx",
      );
      expect(await plansOf(search, { field: "EMAIL", direction: "ASC" })).toContain("_search_idx");
    }
    expect(await plansOf("zz")).not.toMatch(/Seq Scan on users|_search_idx/);
    execute.mockRestore();
  });
});

describe("user", () => {
  it("is found in the caller's tenant, by an operator in any", async () => {
    const { user: bob } = await fixtures.newPerson(await fixtures.newTenant());
    const admin = await fixtures.newPerson({ id: bob.tenantId } as Tenant, "ADMIN");
    const stranger = await fixtures.newPerson(await fixtures.newTenant(), "ADMIN");
    const operator = await fixtures.newPerson(await fixtures.newTenant(), "OPERATOR");

    await expect(fixtures.directory.user(admin.viewer, bob.id.toUpperCase())).resolves.toEqual(bob);
    await expect(fixtures.directory.user(operator.viewer, bob.id)).resolves.toEqual(bob);
    await expect(fixtures.directory.user(stranger.viewer, bob.id)).resolves.toBeNull();
    await expect(fixtures.directory.user(admin.viewer, "not an id")).resolves.toBeNull();
  });
});

describe("sessions", () => {
  const company = async () => {
    const tenant = await fixtures.newTenant();
    const admin = await fixtures.newPerson(tenant, "ADMIN");
    const bob = await fixtures.signIn(await fixtures.newUser(tenant), "2001:db8::1");
    const idsOf = async (criteria: Parameters<Fixtures["directory"]["sessions"]>[1], { viewer }: StoredUser = admin) =>
      (await fixtures.directory.sessions(viewer, criteria, ALL)).rows.map(({ id }) => id);
    return { tenant, admin, bob, idsOf };
  };

  it("are those of the caller's tenant, newest first; an operator sees all", async () => {
    const { admin, bob, idsOf } = await company();
    const stranger = await fixtures.newPerson(await fixtures.newTenant());
    expect(await idsOf({})).toEqual([bob.session.id, admin.session.id]);
    const operator = await fixtures.newPerson(await fixtures.newTenant(), "OPERATOR");
    expect(await idsOf({}, operator)).toEqual(
      expect.arrayContaining([stranger.session.id, bob.session.id, admin.session.id]),
    );
  });

  it("are filtered by user and by address", async () => {
    const { admin, bob, idsOf } = await company();
    expect(await idsOf({ userId: bob.user.id })).toEqual([bob.session.id]);
    expect(await idsOf({ ipAddress: "2001:DB8::1" })).toEqual([bob.session.id]);
    expect(await idsOf({ ipAddress: "203.0.113.7" })).toEqual([admin.session.id]);
    expect(await idsOf({ ipAddress: "203.0.113.7", userId: bob.user.id })).toEqual([]);
  });

  it("are live or over; an expired one is over before any job has swept it up", async () => {
    const { admin, bob, idsOf } = await company();
    const third = await fixtures.signIn(bob.user);
    await fixtures.administration.revokeSessions(admin, bob.user.id);
    const expired = await fixtures.signIn(bob.user);
    const yesterday = new Date(Date.now() - 86_400_000);
    await fixtures.db.update(sessions).set({ expiresAt: yesterday }).where(eq(sessions.id, expired.session.id));

    expect(await idsOf({ active: true })).toEqual([admin.session.id]);
    expect(await idsOf({ active: false })).toEqual([expired.session.id, third.session.id, bob.session.id]);
    const [shown] = (await fixtures.directory.sessions(admin.viewer, { active: false }, ALL)).rows;
    expect(shown).toMatchObject({ endedAt: yesterday, endReason: "EXPIRED" });
  });

  it("that are over are paged, whether ended or expired, each of them returned once", async () => {
    const { admin, bob, idsOf } = await company();
    const over: string[] = [];
    for (const end of ["expired", "ended", "live", "expired", "expired", "ended", "live", "ended", "expired"]) {
      const { session } = await fixtures.signIn(bob.user);
      if (end !== "live") over.unshift(session.id);
      const past = new Date(Date.now() - 86_400_000);
      const change = end === "ended" ? { endedAt: past } : { expiresAt: past };
      if (end !== "live") await fixtures.db.update(sessions).set(change).where(eq(sessions.id, session.id));
    }
    expect(await idsOf({ active: false })).toEqual(over);
    for (const first of [1, 2, 3, 6, 7]) {
      const seen: string[] = [];
      for (let after: string | null = null, more = true; more; ) {
        const page = await fixtures.directory.sessions(admin.viewer, { active: false }, { first, after });
        seen.push(...page.rows.map(({ id }) => id));
        after = encodeCursor(seen.at(-1) ?? "");
        more = page.hasNextPage;
      }
      expect(seen).toEqual(over);
    }
  });

  it.each(["", "not an id", ANONYMOUS])("of an unknown user with the id %j are NOT_FOUND", async (userId) => {
    const { idsOf } = await company();
    await expect(idsOf({ userId })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("of a user of another tenant are NOT_FOUND", async () => {
    const { idsOf } = await company();
    const stranger = await fixtures.newPerson(await fixtures.newTenant());
    await expect(idsOf({ userId: stranger.user.id })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it.each(["", "localhost", "10.0.0.0/8", "1.2.3.4\u0000"])(
    "cannot be searched by the address %j",
    async (ipAddress) => {
      const { idsOf } = await company();
      await expect(idsOf({ ipAddress })).rejects.toMatchObject({
        code: "BAD_USER_INPUT",
        detail: { fields: [expect.objectContaining({ path: "filter.ipAddress" })] },
      });
    },
  );
});
