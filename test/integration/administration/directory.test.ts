import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UserCriteria } from "#features/administration/directory.service";
import { sessions } from "#features/sessions/index";
import type { Tenant } from "#features/tenants/index";
import { encodeCursor } from "#shared/paging";
import { NOBODY, type Person } from "../../support/factories/people.ts";
import { createWorld, type World } from "./world.ts";

const ALL = { first: 100 };

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.close());

describe("users", () => {
  let tenant: Tenant;
  let admin: Person;
  beforeAll(async () => {
    tenant = await world.newTenant();
    admin = await world.signIn(
      await world.newUser(tenant, { email: "root@acme.test", roles: ["USER", "ADMIN"], name: "Root" }),
    );
    await world.newUser(tenant, { email: "Alice.Smith@acme.test", username: "Wonder_Land", name: "Ärzte & Söhne" });
    await world.newUser(tenant, { email: "alina@acme.test", username: "wonderxland", name: "50% off\\" });
    await world.newUser(tenant, { email: "bob@acme.test", status: "SUSPENDED", name: "O'Brien" });
    // What an earlier version made of a registration is not a user.
    const waiting = { status: "PENDING_VERIFICATION", emailVerified: false } as const;
    await world.newUser(tenant, { ...waiting, email: "alister@acme.test", name: "Al" });
    await world.newUser(await world.newTenant(), { email: "alice@globex.test", name: "Alice of Globex" });
  });

  const emailsOf = async (criteria: UserCriteria, viewer = admin.viewer) =>
    (await world.directory.users(viewer, criteria, ALL)).rows.map(({ email }) => email);

  it("are those of the own tenant, newest first", async () => {
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
    ["no middle of anything", "smith", []],
    [
      "nothing but spaces as no search",
      "   ",
      ["bob@acme.test", "alina@acme.test", "Alice.Smith@acme.test", "root@acme.test"],
    ],
    ["nobody of another tenant", "alice@globex", []],
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

  it.each(["a\u0000", "x".repeat(255), "line\nbreak"])("cannot be searched for by %j", async (search) => {
    await expect(emailsOf({ search })).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      detail: { fields: [expect.objectContaining({ path: "filter.search" })] },
    });
  });

  it("come page by page, each of them once", async () => {
    const seen: string[] = [];
    let after: string | undefined;
    for (;;) {
      const page = await world.directory.users(admin.viewer, {}, { first: 3, after });
      expect(page.hasPreviousPage).toBe(after !== undefined);
      seen.push(...page.rows.map(({ email }) => email));
      const last = page.rows.at(-1);
      if (!page.hasNextPage || !last) break;
      after = encodeCursor(last.id);
    }
    expect(seen).toEqual(await emailsOf({}));
  });

  it.each([0, -1, 101])("cannot be asked for %d at a time", async (first) => {
    await expect(world.directory.users(admin.viewer, {}, { first })).rejects.toMatchObject({ code: "BAD_USER_INPUT" });
  });

  it("are found in the same order where thousands match and where few do", async () => {
    const many = await world.newTenant();
    const root = await world.newPerson(many, "ADMIN");
    await world.db.execute(sql`
      insert into users (id, tenant_id, email, email_canonical, status, name, created_at)
      select id, ${many.id}::uuid, email, email, 'ACTIVE', case when n <= 30 then 'Early' end, now()
      from generate_series(1, 10500) as n, lateral (select uuidv7(interval '-1 minute' * (11000 - n)) as id, 'crowd' || n || '@acme.test' as email)`);
    const found = async (search: string, after?: string) =>
      (await world.directory.users(root.viewer, { search }, { first: 20, after })).rows;
    const numbers = (from: number) => Array.from({ length: 20 }, (_, index) => `crowd${from - index}@acme.test`);
    const first = await found("crowd");
    expect(first.map(({ email }) => email)).toEqual(numbers(10500));
    expect((await found("crowd", encodeCursor(first[19]?.id ?? ""))).map(({ email }) => email)).toEqual(numbers(10480));
    // All of them among the oldest.
    const early = await found("early");
    expect(early.map(({ email }) => email)).toEqual(numbers(30));
    const rest = await found("early", encodeCursor(early[19]?.id ?? ""));
    expect(rest.map(({ email }) => email)).toEqual(numbers(10).slice(0, 10));
  });

  it("of every tenant are an operator's to see", async () => {
    const operator = await world.newPerson(await world.newTenant(), "OPERATOR");
    const emails = await emailsOf({ search: "alice" }, operator.viewer);
    expect(emails).toEqual(["alice@globex.test", "Alice.Smith@acme.test"]);
  });
});

describe("user", () => {
  it("is one of the own tenant, for an operator one of any", async () => {
    const { user: bob } = await world.newPerson(await world.newTenant());
    const admin = await world.newPerson({ id: bob.tenantId } as Tenant, "ADMIN");
    const stranger = await world.newPerson(await world.newTenant(), "ADMIN");
    const operator = await world.newPerson(await world.newTenant(), "OPERATOR");

    await expect(world.directory.user(admin.viewer, bob.id.toUpperCase())).resolves.toEqual(bob);
    await expect(world.directory.user(operator.viewer, bob.id)).resolves.toEqual(bob);
    await expect(world.directory.user(stranger.viewer, bob.id)).resolves.toBeNull();
    await expect(world.directory.user(admin.viewer, "not an id")).resolves.toBeNull();
  });
});

describe("sessions", () => {
  const company = async () => {
    const tenant = await world.newTenant();
    const admin = await world.newPerson(tenant, "ADMIN");
    const bob = await world.signIn(await world.newUser(tenant), "2001:db8::1");
    const idsOf = async (criteria: Parameters<World["directory"]["sessions"]>[1], { viewer }: Person = admin) =>
      (await world.directory.sessions(viewer, criteria, ALL)).rows.map(({ id }) => id);
    return { tenant, admin, bob, idsOf };
  };

  it("are those of the own tenant, newest first; an operator sees all", async () => {
    const { admin, bob, idsOf } = await company();
    const stranger = await world.newPerson(await world.newTenant());
    expect(await idsOf({})).toEqual([bob.session.id, admin.session.id]);
    const operator = await world.newPerson(await world.newTenant(), "OPERATOR");
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

  it("are live or over; an expired one is over before anybody has swept it up", async () => {
    const { admin, bob, idsOf } = await company();
    const third = await world.signIn(bob.user);
    await world.administration.revokeSessions(admin, bob.user.id);
    const expired = await world.signIn(bob.user);
    const yesterday = new Date(Date.now() - 86_400_000);
    await world.db.update(sessions).set({ expiresAt: yesterday }).where(eq(sessions.id, expired.session.id));

    expect(await idsOf({ active: true })).toEqual([admin.session.id]);
    expect(await idsOf({ active: false })).toEqual([expired.session.id, third.session.id, bob.session.id]);
    const [shown] = (await world.directory.sessions(admin.viewer, { active: false }, ALL)).rows;
    expect(shown).toMatchObject({ endedAt: yesterday, endReason: "EXPIRED" });
  });

  it("that are over come page by page, whether ended or expired, each of them once", async () => {
    const { admin, bob, idsOf } = await company();
    const over: string[] = [];
    for (const end of ["expired", "ended", "live", "expired", "expired", "ended", "live", "ended", "expired"]) {
      const { session } = await world.signIn(bob.user);
      if (end !== "live") over.unshift(session.id);
      const past = new Date(Date.now() - 86_400_000);
      const change = end === "ended" ? { endedAt: past } : { expiresAt: past };
      if (end !== "live") await world.db.update(sessions).set(change).where(eq(sessions.id, session.id));
    }
    expect(await idsOf({ active: false })).toEqual(over);
    for (const first of [1, 2, 3, 6, 7]) {
      const seen: string[] = [];
      for (let after: string | null = null, more = true; more; ) {
        const page = await world.directory.sessions(admin.viewer, { active: false }, { first, after });
        seen.push(...page.rows.map(({ id }) => id));
        after = encodeCursor(seen.at(-1) ?? "");
        more = page.hasNextPage;
      }
      expect(seen).toEqual(over);
    }
  });

  it.each(["", "not an id", NOBODY])("of nobody with the id %j are NOT_FOUND", async (userId) => {
    const { idsOf } = await company();
    await expect(idsOf({ userId })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("of a user of another tenant are NOT_FOUND", async () => {
    const { idsOf } = await company();
    const stranger = await world.newPerson(await world.newTenant());
    await expect(idsOf({ userId: stranger.user.id })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it.each(["", "localhost", "10.0.0.0/8", "1.2.3.4\u0000"])(
    "cannot be looked for by the address %j",
    async (ipAddress) => {
      const { idsOf } = await company();
      await expect(idsOf({ ipAddress })).rejects.toMatchObject({
        code: "BAD_USER_INPUT",
        detail: { fields: [expect.objectContaining({ path: "filter.ipAddress" })] },
      });
    },
  );
});
