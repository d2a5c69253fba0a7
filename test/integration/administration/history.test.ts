import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { insertLoginAttempt, type LoginAttempt } from "#features/login/index";
import { deleteUser } from "#features/users/index";
import { timeOfId } from "#platform/ids";
import { ANONYMOUS, type StoredUser } from "../../support/factories/stored-users.ts";
import { createFixtures, type Fixtures } from "./fixtures.ts";

const ALL = { first: 100 };
/** An id whose timestamp is in the year 10889, which Postgres does not accept. */
const FAR_FUTURE = "ffffffff-ffff-7fff-bfff-ffffffffffff";

let fixtures: Fixtures;
beforeAll(async () => {
  fixtures = await createFixtures();
});
afterAll(() => fixtures.close());

const company = async () => {
  const tenant = await fixtures.newTenant();
  return {
    admin: await fixtures.newPerson(tenant, "ADMIN"),
    alice: await fixtures.newPerson(tenant),
    bob: await fixtures.newPerson(tenant),
    stranger: await fixtures.newPerson(await fixtures.newTenant(), "ADMIN"),
    operator: await fixtures.newPerson(await fixtures.newTenant(), "OPERATOR"),
  };
};

const recordFor = async ({ user, client }: StoredUser) => {
  const owner = { userId: user.id, tenantId: user.tenantId };
  await fixtures.record({ ...owner, type: "LOGIN_SUCCEEDED", client }, { ...owner, type: "PASSWORD_CHANGED" });
};

describe("the security history", () => {
  const typesOf = async (
    { viewer }: StoredUser,
    filter: Parameters<Fixtures["history"]["list"]>[1] = {},
    page: Parameters<Fixtures["history"]["list"]>[2] = ALL,
  ) => (await fixtures.history.list(viewer, filter, page)).rows.map(({ type }) => type);

  it("is the viewer's own, newest first", async () => {
    const { alice, bob } = await company();
    await recordFor(alice);
    expect(await typesOf(alice)).toEqual(["PASSWORD_CHANGED", "LOGIN_SUCCEEDED"]);
    expect(await typesOf(alice, { userId: alice.user.id })).toEqual(["PASSWORD_CHANGED", "LOGIN_SUCCEEDED"]);
    expect(await typesOf(bob)).toEqual([]);
  });

  it("is filtered by type and paged", async () => {
    const { alice } = await company();
    await recordFor(alice);
    expect(await typesOf(alice, { types: ["LOGIN_SUCCEEDED", "LOGIN_FAILED"] })).toEqual(["LOGIN_SUCCEEDED"]);
    const page = await fixtures.history.list(alice.viewer, {}, { first: 1 });
    expect(page).toMatchObject({ rows: [{ type: "PASSWORD_CHANGED" }], hasNextPage: true });
  });

  it("of another user can be read by the tenant's admins, and of any user by operators", async () => {
    const { admin, operator, alice, bob } = await company();
    await recordFor(alice);
    for (const reader of [admin, operator]) {
      expect(await typesOf(reader, { userId: alice.user.id })).toEqual(["PASSWORD_CHANGED", "LOGIN_SUCCEEDED"]);
      expect(await typesOf(reader, { userId: bob.user.id })).toEqual([]);
    }
  });

  it("refuses a user without roles who names another user, whether or not that user exists", async () => {
    const { alice, bob, stranger } = await company();
    for (const userId of [bob.user.id, stranger.user.id, ANONYMOUS, "not an id"])
      await expect(typesOf(alice, { userId })).rejects.toMatchObject({
        code: "FORBIDDEN",
        reason: "MISSING_PERMISSION",
      });
  });

  it("shows an admin no events of another tenant's users", async () => {
    const { stranger, alice } = await company();
    await recordFor(alice);
    for (const userId of [alice.user.id, ANONYMOUS, "not an id", ""])
      await expect(typesOf(stranger, { userId })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("of a deleted user stays readable for the tenant's admins", async () => {
    const { admin, stranger, alice } = await company();
    await recordFor(alice);
    await deleteUser(fixtures.db, alice.user.id);
    expect(await typesOf(admin, { userId: alice.user.id })).toEqual(["PASSWORD_CHANGED", "LOGIN_SUCCEEDED"]);
    await expect(typesOf(stranger, { userId: alice.user.id })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("one entry of the security history", () => {
  it("is visible to its user, the tenant's admins and operators, and to no one else", async () => {
    const { admin, operator, stranger, alice, bob } = await company();
    await recordFor(alice);
    const [event] = await fixtures.eventsOf(alice.user);
    if (!event) throw new Error("No event was recorded.");
    for (const { viewer } of [alice, admin, operator])
      expect(await fixtures.history.findVisible(viewer, event.id)).toEqual(event);
    for (const { viewer } of [bob, stranger]) expect(await fixtures.history.findVisible(viewer, event.id)).toBeNull();
  });

  it.each([ANONYMOUS, FAR_FUTURE, "not an id"])("is not found by the id %j", async (id) => {
    const { operator } = await company();
    expect(await fixtures.history.findVisible(operator.viewer, id)).toBeNull();
  });
});

describe("login attempts", () => {
  const attempt = async (owner: StoredUser | null, traits: Partial<LoginAttempt> = {}): Promise<LoginAttempt> => {
    const id = fixtures.ids.next<LoginAttempt["id"]>();
    const row: LoginAttempt = {
      id,
      occurredAt: timeOfId(id),
      tenantId: owner?.user.tenantId ?? null,
      userId: owner?.user.id ?? null,
      identifier: owner?.user.email ?? "nobody@example.com",
      outcome: "FAILED",
      risk: { score: 20, level: "LOW", signals: [{ kind: "NEW_DEVICE", points: 20 }] },
      ipAddress: "198.51.100.9",
      device: { label: "curl", browser: "curl", os: null, type: "OTHER" },
      location: null,
      ...traits,
    };
    await insertLoginAttempt(fixtures.db, row);
    return row;
  };
  const listed = async ({ viewer }: StoredUser, criteria: Parameters<Fixtures["attempts"]["list"]>[1] = {}) =>
    (await fixtures.attempts.list(viewer, criteria, ALL)).rows;

  it("are the tenant's, newest first; those with unknown identifiers are visible to operators only", async () => {
    const { admin, operator, stranger, alice, bob } = await company();
    const first = await attempt(alice);
    const unknown = await attempt(null);
    const second = await attempt(bob);
    expect(await listed(admin)).toEqual([second, first]);
    expect(await listed(stranger)).toEqual([]);
    expect((await listed(operator)).slice(0, 3)).toEqual([second, unknown, first]);
  });

  it("are filtered by user, outcome and address", async () => {
    const { admin, alice, bob } = await company();
    const failed = await attempt(alice);
    const success = await attempt(alice, { outcome: "SUCCESS", ipAddress: "2001:db8::7" });
    const bobs = await attempt(bob);
    expect(await listed(admin, { userId: alice.user.id })).toEqual([success, failed]);
    expect(await listed(admin, { outcome: "SUCCESS" })).toEqual([success]);
    expect(await listed(admin, { ipAddress: "2001:DB8::7" })).toEqual([success]);
    expect(await listed(admin, { userId: bob.user.id, outcome: "FAILED" })).toEqual([bobs]);
    await expect(listed(admin, { ipAddress: "" })).rejects.toMatchObject({ code: "BAD_USER_INPUT" });
  });

  it("of another tenant's user, or of an unknown one, are NOT_FOUND", async () => {
    const { stranger, alice } = await company();
    await attempt(alice);
    for (const userId of [alice.user.id, ANONYMOUS, "not an id", ""])
      await expect(listed(stranger, { userId })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("are each visible to their user, the tenant's admins and operators", async () => {
    const { admin, operator, stranger, alice, bob } = await company();
    const row = await attempt(alice);
    const unknown = await attempt(null);
    for (const { viewer } of [alice, admin, operator])
      expect(await fixtures.attempts.findVisible(viewer, row.id)).toEqual(row);
    for (const { viewer } of [bob, stranger]) expect(await fixtures.attempts.findVisible(viewer, row.id)).toBeNull();
    expect(await fixtures.attempts.findVisible(operator.viewer, unknown.id)).toEqual(unknown);
    expect(await fixtures.attempts.findVisible(admin.viewer, unknown.id)).toBeNull();
    expect(await fixtures.attempts.findVisible(operator.viewer, FAR_FUTURE)).toBeNull();
  });
});
