import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Tenant } from "#features/tenants/index";
import type { User } from "#features/users/index";
import { purposeNamed } from "../../support/factories/links.ts";
import { ANONYMOUS, type StoredUser } from "../../support/factories/stored-users.ts";
import { createFixtures, type Fixtures } from "./fixtures.ts";

let fixtures: Fixtures;
beforeAll(async () => {
  fixtures = await createFixtures();
});
afterAll(() => fixtures.close());

const acme = async () => {
  const tenant = await fixtures.newTenant();
  return { tenant, admin: await fixtures.newPerson(tenant, "ADMIN"), bob: await fixtures.newPerson(tenant) };
};

/** The state that a refused operation must not change. */
const stateOf = async (user: User) => ({
  user: await fixtures.reload(user),
  sessions: await fixtures.sessionsOf(user),
  events: await fixtures.eventsOf(user),
});

const expectRefused = async (user: User, action: () => Promise<unknown>, error: object) => {
  const before = await stateOf(user);
  await expect(action()).rejects.toMatchObject(error);
  expect(await stateOf(user)).toEqual(before);
};

const USE_CASES: [string, (actor: StoredUser, userId: string) => Promise<unknown>][] = [
  ["suspend", (actor, id) => fixtures.administration.suspend(actor, id, null)],
  ["reactivate", (actor, id) => fixtures.administration.reactivate(actor, id)],
  ["revokeSessions", (actor, id) => fixtures.administration.revokeSessions(actor, id)],
  ["requirePasswordReset", (actor, id) => fixtures.administration.requirePasswordReset(actor, id)],
  ["setRoles", (actor, id) => fixtures.administration.setRoles(actor, id, ["ADMIN"])],
];

describe.each(USE_CASES)("%s", (_name, act) => {
  it("finds no user of another tenant", async () => {
    const { admin } = await acme();
    const { bob } = await acme();
    await expectRefused(bob.user, () => act(admin, bob.user.id), { code: "NOT_FOUND" });
  });

  it.each([ANONYMOUS, "not an id", ""])("finds no user with the id %j", async (id) => {
    const { admin } = await acme();
    await expect(act(admin, id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("refuses an admin if the target is an operator", async () => {
    const { tenant, admin } = await acme();
    const operator = await fixtures.newPerson(tenant, "OPERATOR");
    await expectRefused(operator.user, () => act(admin, operator.user.id), {
      code: "FORBIDDEN",
      reason: "MISSING_PERMISSION",
    });
  });

  it("lets an operator act on users of any tenant", async () => {
    const { bob } = await acme();
    const operator = await fixtures.newPerson(await fixtures.newTenant(), "OPERATOR");
    await expect(act(operator, bob.user.id)).resolves.toBeDefined();
  });
});

describe("suspend", () => {
  it("locks the user out, ends every session and records who did it, from where and why", async () => {
    const { admin, bob } = await acme();
    const elsewhere = await fixtures.signIn(bob.user);
    const suspended = await fixtures.administration.suspend(admin, bob.user.id, "  left the company ");

    expect(suspended).toMatchObject({ id: bob.user.id, status: "SUSPENDED" });
    expect(await fixtures.sessionsOf(bob.user)).toEqual([
      expect.objectContaining({ id: bob.session.id, endReason: "ACCOUNT_SUSPENDED", endedAt: expect.any(Date) }),
      expect.objectContaining({ id: elsewhere.session.id, endReason: "ACCOUNT_SUSPENDED", endedAt: expect.any(Date) }),
    ]);
    const events = await fixtures.eventsOf(bob.user);
    expect(events.map(({ type }) => type)).toEqual(["USER_SUSPENDED", "SESSION_ENDED", "SESSION_ENDED"]);
    expect(events[0]).toMatchObject({
      tenantId: bob.user.tenantId,
      ipAddress: admin.client.ipAddress,
      details: { by: admin.user.id, reason: "left the company" },
    });
    expect((await fixtures.sessionsOf(admin.user)).every(({ endedAt }) => endedAt === null)).toBe(true);
  });

  it("does nothing the second time", async () => {
    const { admin, bob } = await acme();
    await fixtures.administration.suspend(admin, bob.user.id, "first");
    const before = await stateOf(bob.user);
    await expect(fixtures.administration.suspend(admin, bob.user.id, "second")).resolves.toMatchObject({
      status: "SUSPENDED",
    });
    expect(await stateOf(bob.user)).toEqual(before);
  });

  it("refuses to suspend the caller, whatever the case of the id", async () => {
    const { tenant, admin } = await acme();
    await fixtures.newPerson(tenant, "ADMIN");
    for (const id of [admin.user.id, admin.user.id.toUpperCase()])
      await expectRefused(admin.user, () => fixtures.administration.suspend(admin, id, null), { code: "BAD_REQUEST" });
  });

  it("refuses to suspend the tenant's last active admin, also to an operator", async () => {
    const { tenant, admin } = await acme();
    await fixtures.newUser(tenant, { roles: ["USER", "ADMIN"], status: "SUSPENDED" });
    await fixtures.newPerson(await fixtures.newTenant(), "ADMIN");
    const operator = await fixtures.newPerson(tenant, "OPERATOR");
    await expectRefused(admin.user, () => fixtures.administration.suspend(operator, admin.user.id, null), {
      code: "CONFLICT",
    });
  });

  it("suspends an admin if another one remains", async () => {
    const { tenant, admin } = await acme();
    const other = await fixtures.newPerson(tenant, "ADMIN");
    await expect(fixtures.administration.suspend(admin, other.user.id, null)).resolves.toMatchObject({
      status: "SUSPENDED",
    });
  });

  it.each(["PENDING_VERIFICATION", "PENDING_APPROVAL", "INVITED"] as const)(
    "does not find a user that an earlier version created for a registration: %s",
    async (status) => {
      const { tenant, admin } = await acme();
      const user = await fixtures.newUser(tenant, { status, emailVerified: false });
      await expectRefused(user, () => fixtures.administration.suspend(admin, user.id, null), { code: "NOT_FOUND" });
      await expectRefused(user, () => fixtures.administration.reactivate(admin, user.id), { code: "NOT_FOUND" });
    },
  );

  it.each(["x".repeat(501), "two\nlines", "nul\u0000"])("refuses a reason like %j", async (reason) => {
    const { admin, bob } = await acme();
    await expectRefused(bob.user, () => fixtures.administration.suspend(admin, bob.user.id, reason), {
      code: "BAD_USER_INPUT",
      detail: { fields: [expect.objectContaining({ path: "input.reason" })] },
    });
  });
});

describe("reactivate", () => {
  it("lets a suspended user log in again; the ended sessions stay ended", async () => {
    const { admin, bob } = await acme();
    await fixtures.administration.suspend(admin, bob.user.id, null);
    await expect(fixtures.administration.reactivate(admin, bob.user.id)).resolves.toMatchObject({ status: "ACTIVE" });
    expect((await fixtures.sessionsOf(bob.user)).map(({ endReason }) => endReason)).toEqual(["ACCOUNT_SUSPENDED"]);
    expect((await fixtures.eventsOf(bob.user)).at(-1)).toMatchObject({
      type: "USER_REACTIVATED",
      details: { by: admin.user.id },
    });
  });

  it("does nothing to an active user", async () => {
    const { admin, bob } = await acme();
    const before = await stateOf(bob.user);
    await expect(fixtures.administration.reactivate(admin, bob.user.id)).resolves.toMatchObject({ status: "ACTIVE" });
    expect(await stateOf(bob.user)).toEqual(before);
  });
});

describe("revokeSessions", () => {
  it("ends all sessions of the user, and no other sessions", async () => {
    const { admin, bob } = await acme();
    await fixtures.signIn(bob.user);
    const ended = await fixtures.administration.revokeSessions(admin, bob.user.id);
    expect(ended).toMatchObject({ user: { id: bob.user.id }, endedSessions: [{ userId: bob.user.id }, {}] });
    expect((await fixtures.sessionsOf(bob.user)).map(({ endReason }) => endReason)).toEqual([
      "ADMIN_REVOKED",
      "ADMIN_REVOKED",
    ]);
    expect((await fixtures.eventsOf(bob.user)).map(({ type }) => type)).toEqual(["SESSION_ENDED", "SESSION_ENDED"]);
    expect((await fixtures.sessionsOf(admin.user)).map(({ endedAt }) => endedAt)).toEqual([null]);
    expect((await fixtures.administration.revokeSessions(admin, bob.user.id)).endedSessions).toEqual([]);
  });
});

describe("requirePasswordReset", () => {
  it("requires a reset, once, and ends the sessions", async () => {
    const { admin, bob } = await acme();
    const changed = await fixtures.administration.requirePasswordReset(admin, bob.user.id);
    expect(changed).toMatchObject({ status: "ACTIVE", passwordResetRequired: true });
    await fixtures.administration.requirePasswordReset(admin, bob.user.id);
    expect((await fixtures.sessionsOf(bob.user)).map(({ endReason }) => endReason)).toEqual(["ADMIN_REVOKED"]);
    const demanded = (await fixtures.eventsOf(bob.user)).filter(({ type }) => type === "PASSWORD_RESET_REQUESTED");
    expect(demanded).toEqual([expect.objectContaining({ details: { by: admin.user.id, required: true } })]);
  });
});

describe("setRoles", () => {
  it("grants exactly these roles and USER, and records the previous ones", async () => {
    const { admin, bob } = await acme();
    const changed = await fixtures.administration.setRoles(admin, bob.user.id, ["ADMIN", "ADMIN"]);
    expect(changed.roles).toEqual(["USER", "ADMIN"]);
    expect(await fixtures.eventsOf(bob.user)).toEqual([
      expect.objectContaining({
        type: "ROLES_CHANGED",
        details: { by: admin.user.id, from: ["USER"], to: ["USER", "ADMIN"] },
      }),
    ]);
    expect((await fixtures.sessionsOf(bob.user)).map(({ endedAt }) => endedAt)).toEqual([null]);
  });

  it("invalidates tokens with the old roles immediately", async () => {
    const { admin, bob } = await acme();
    const { accessToken } = await fixtures.tokens.issue(bob.session, bob.user);
    await expect(fixtures.authenticator.authenticate(accessToken)).resolves.toMatchObject({ userId: bob.user.id });
    await fixtures.administration.setRoles(admin, bob.user.id, ["ADMIN"]);
    await expect(fixtures.authenticator.authenticate(accessToken)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("records nothing if nothing changes", async () => {
    const { admin, bob } = await acme();
    await expect(fixtures.administration.setRoles(admin, bob.user.id, [])).resolves.toMatchObject({ roles: ["USER"] });
    expect(await fixtures.eventsOf(bob.user)).toEqual([]);
  });

  it("refuses the role OPERATOR to an admin, also for themselves", async () => {
    const { admin, bob } = await acme();
    for (const user of [bob.user, admin.user])
      await expectRefused(user, () => fixtures.administration.setRoles(admin, user.id, ["ADMIN", "OPERATOR"]), {
        code: "FORBIDDEN",
        reason: "MISSING_PERMISSION",
      });
  });

  it("lets an operator grant and withdraw the role OPERATOR", async () => {
    const { bob } = await acme();
    const operator = await fixtures.newPerson(await fixtures.newTenant(), "OPERATOR");
    await expect(fixtures.administration.setRoles(operator, bob.user.id, ["OPERATOR"])).resolves.toMatchObject({
      roles: ["USER", "OPERATOR"],
    });
    await expect(fixtures.administration.setRoles(operator, bob.user.id, ["USER"])).resolves.toMatchObject({
      roles: ["USER"],
    });
  });

  it("refuses to withdraw ADMIN from the last active admin", async () => {
    const { admin } = await acme();
    await expectRefused(admin.user, () => fixtures.administration.setRoles(admin, admin.user.id, ["USER"]), {
      code: "CONFLICT",
    });
  });

  it("withdraws ADMIN from a suspended admin, because no active one is needed for that", async () => {
    const { tenant, admin } = await acme();
    const user = await fixtures.newUser(tenant, { roles: ["USER", "ADMIN"], status: "SUSPENDED" });
    await expect(fixtures.administration.setRoles(admin, user.id, ["USER"])).resolves.toMatchObject({
      roles: ["USER"],
    });
  });
});

const SHUTTING_OUT = USE_CASES.filter(([name]) => name === "suspend" || name === "requirePasswordReset");

describe("an action that locks out a user whose account may be stolen", () => {
  it.each(SHUTTING_OUT)("(%s) invalidates the links mailed to this user, and to no other user", async (_name, act) => {
    const { admin, bob } = await acme();
    const pendingOf = ({ user }: StoredUser) =>
      Promise.all(
        ["change-email", "reset-password"].map((name) =>
          fixtures.links.issue(fixtures.db, { user, purpose: purposeNamed(name), payload: {} }),
        ),
      );
    const alive = (links: Awaited<ReturnType<typeof pendingOf>>) =>
      Promise.all(links.map(async ({ id }) => (await fixtures.links.resolve(id)) !== null));
    const [thiefs, admins] = [await pendingOf(bob), await pendingOf(admin)];

    await act(admin, bob.user.id);
    expect(await alive(thiefs)).toEqual([false, false]);
    expect(await alive(admins)).toEqual([true, true]);
    await fixtures.administration.reactivate(admin, bob.user.id);
    expect(await alive(thiefs)).toEqual([false, false]);
  });
});

describe("a tenant's last admins, when all of them leave at the same moment", () => {
  const activeAdminsOf = async (admins: readonly StoredUser[]) =>
    (await Promise.all(admins.map(({ user }) => fixtures.reload(user)))).filter(
      ({ status, roles }) => status === "ACTIVE" && roles.includes("ADMIN"),
    );

  const admins = async (tenant: Tenant, count: number) =>
    Promise.all(Array.from({ length: count }, () => fixtures.newPerson(tenant, "ADMIN")));

  it("keeps exactly one admin when all withdraw their own role", async () => {
    const team = await admins(await fixtures.newTenant(), 6);
    const outcomes = await Promise.allSettled(
      team.map((person) => fixtures.administration.setRoles(person, person.user.id, ["USER"])),
    );
    const refused = outcomes.filter((outcome) => outcome.status === "rejected");
    expect(refused).toEqual([
      { status: "rejected", reason: expect.objectContaining({ code: "CONFLICT", reason: "LAST_ADMIN" }) },
    ]);
    expect(await activeAdminsOf(team)).toHaveLength(1);
  });

  it("keeps one of two who suspend each other", async () => {
    const [alice, bob] = await admins(await fixtures.newTenant(), 2);
    if (!alice || !bob) throw new Error("Two admins are required.");
    const outcomes = await Promise.allSettled([
      fixtures.administration.suspend(alice, bob.user.id, null),
      fixtures.administration.suspend(bob, alice.user.id, null),
    ]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(await activeAdminsOf([alice, bob])).toHaveLength(1);
  });
});
