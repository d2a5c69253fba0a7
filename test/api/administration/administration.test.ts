import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SECOND } from "#shared/durations";
import { holding, rolesInput, SET_MEMBER_ROLES, setRoles } from "../../support/factories/roles.ts";
import { endedSessions } from "../../support/factories/session-ends.ts";
import { ANONYMOUS } from "../../support/factories/stored-users.ts";
import { createMember, createTenant, createTenantWithUsers } from "../../support/factories/tenants.ts";
import { logIn, REFRESH, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const company = () => createTenantWithUsers(app);

const ME = "{ me { id status isOperator memberships { roles { name } } } }";
const SUSPEND =
  "mutation ($id: ID!, $reason: String) { suspendUser(input: { userId: $id, reason: $reason }) { user { id status } } }";
const REACTIVATE = "mutation ($id: ID!) { reactivateUser(input: { userId: $id }) { user { id status } } }";
const REVOKE = "mutation ($id: ID!) { revokeUserSessions(input: { userId: $id }) { endedSessions { id } } }";
const REQUIRE_RESET =
  "mutation ($id: ID!) { requirePasswordReset(input: { userId: $id }) { user { passwordResetRequired } } }";
const MUTATIONS = [
  ["suspendUser", SUSPEND],
  ["reactivateUser", REACTIVATE],
  ["revokeUserSessions", REVOKE],
  ["requirePasswordReset", REQUIRE_RESET],
] as const;

/** The user is unaffected: their session, status and password still work. */
const expectUntouched = async ({ id, client, email, password }: SignedInUser) => {
  expect((await client.ask(ME)).me).toEqual({ id, status: "ACTIVE", isOperator: false, ...holding() });
  await logIn(app.client(), email, password);
};

describe.each(MUTATIONS)("%s", (_name, mutation) => {
  it("is refused to anonymous callers and plain users", async () => {
    const { tenant, bob } = await company();
    const carol = await createMember(app, tenant);
    expect(await app.client().refused(mutation, { id: bob.id })).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await carol.client.refused(mutation, { id: bob.id })).toMatchObject({
      code: "FORBIDDEN",
      reason: "MISSING_PERMISSION",
    });
    await expectUntouched(bob);
  });

  it("does not find users of another tenant", async () => {
    const { bob } = await company();
    const { admin } = await company();
    expect(await admin.client.refused(mutation, { id: bob.id })).toEqual(
      await admin.client.refused(mutation, { id: ANONYMOUS }),
    );
    expect(await admin.client.refused(mutation, { id: bob.id })).toMatchObject({ code: "NOT_FOUND", status: 404 });
    await expectUntouched(bob);
  });

  it("does not affect an operator", async () => {
    const { tenant, admin } = await company();
    const operator = await createMember(app, tenant, "OPERATOR");
    expect(await admin.client.refused(mutation, { id: operator.id })).toMatchObject({
      code: "FORBIDDEN",
      reason: "MISSING_PERMISSION",
    });
    expect((await operator.client.ask(ME)).me).toMatchObject({ status: "ACTIVE", isOperator: true });
  });
});

describe("a suspended user", () => {
  it("loses access immediately: access token, refresh token and password are refused until reactivation", async () => {
    const { admin, bob } = await company();
    const { suspendUser } = await admin.client.ask(SUSPEND, { id: bob.id, reason: "left" });
    expect(suspendUser.user).toEqual({ id: bob.id, status: "SUSPENDED" });

    expect(await bob.client.refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await app.client().refused(REFRESH, { token: bob.client.refreshToken })).toMatchObject({
      code: "INVALID_REFRESH_TOKEN",
    });
    await expect(logIn(app.client(), bob.email, bob.password)).rejects.toThrow("ACCOUNT_SUSPENDED");

    await admin.client.ask(REACTIVATE, { id: bob.id });
    expect(await bob.client.refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });
    const again = app.client();
    await logIn(again, bob.email, bob.password);
    const { securityEvents, sessionHistory } = await again.ask(
      "{ securityEvents(filter: { types: [USER_SUSPENDED] }) { nodes { ... on UserSuspendedEvent { byUserId reason } } } sessionHistory { nodes { id endReason } } }",
    );
    expect(securityEvents.nodes).toEqual([{ byUserId: admin.id, reason: "left" }]);
    expect(sessionHistory.nodes).toContainEqual({ id: bob.sessionId, endReason: "ACCOUNT_SUSPENDED" });
  });

  it("cannot be the caller", async () => {
    const { tenant, admin } = await company();
    await createMember(app, tenant, "ADMIN");
    expect(await admin.client.refused(SUSPEND, { id: admin.id })).toMatchObject({ code: "BAD_REQUEST" });
    expect((await admin.client.ask(ME)).me.status).toBe("ACTIVE");
  });
});

describe("revokeUserSessions", () => {
  it("ends every session of the user immediately; the password still opens new ones", async () => {
    const { admin, bob } = await company();
    const phone = app.client();
    await logIn(phone, bob.email, bob.password);
    expect((await admin.client.ask(REVOKE, { id: bob.id })).revokeUserSessions).toEqual({
      endedSessions: endedSessions(2),
    });
    for (const client of [bob.client, phone]) {
      expect(await client.refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });
      expect(await app.client().refused(REFRESH, { token: client.refreshToken })).toMatchObject({
        code: "INVALID_REFRESH_TOKEN",
      });
    }
    await logIn(app.client(), bob.email, bob.password);
  });
});

describe("requirePasswordReset", () => {
  it("ends the sessions and refuses logins with the old password", async () => {
    const { admin, bob } = await company();
    const { requirePasswordReset } = await admin.client.ask(REQUIRE_RESET, { id: bob.id });
    expect(requirePasswordReset.user).toEqual({ passwordResetRequired: true });
    expect(await bob.client.refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });
    await expect(logIn(app.client(), bob.email, bob.password)).rejects.toThrow("PASSWORD_RESET_REQUIRED");
  });
});

describe("setMemberRoles", () => {
  it("takes effect immediately: the old token is refused, and a refresh returns the new roles", async () => {
    const { admin, bob } = await company();
    const { membership } = await setRoles(app, admin, bob, "ADMIN");
    expect(membership.roles).toEqual([{ name: "MEMBER" }, { name: "ADMIN" }]);

    expect(await bob.client.refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });
    const { refreshToken } = await app.client().ask(REFRESH, { token: bob.client.refreshToken });
    bob.client.accessToken = refreshToken.tokens.accessToken;
    expect((await bob.client.ask("{ users { nodes { id } } }")).users.nodes).toHaveLength(2);
  });

  it("requires a fresh proof of a credential", async () => {
    const { admin, bob } = await company();
    app.clock.advance(601 * SECOND);
    const variables = await rolesInput(app, bob, "ADMIN");
    expect(await admin.client.refused(SET_MEMBER_ROLES, variables)).toMatchObject({
      code: "REAUTHENTICATION_REQUIRED",
    });
    await expectUntouched(bob);
  });

  it("never changes the caller's own roles", async () => {
    const { admin } = await company();
    expect(await admin.client.refused(SET_MEMBER_ROLES, await rolesInput(app, admin))).toMatchObject({
      code: "FORBIDDEN",
      reason: "MISSING_PERMISSION",
    });
    expect((await admin.client.ask(ME)).me).toMatchObject(holding("ADMIN"));
  });

  it("does not remove the last admin of a tenant, even for an operator", async () => {
    const { admin } = await company();
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    expect(await operator.client.refused(SET_MEMBER_ROLES, await rolesInput(app, admin))).toMatchObject({
      code: "CONFLICT",
      reason: "LAST_ADMIN",
    });
    expect((await admin.client.ask(ME)).me).toMatchObject(holding("ADMIN"));
  });

  it("does not let an operator suspend the last admin of a tenant", async () => {
    const { admin } = await company();
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    expect(await operator.client.refused(SUSPEND, { id: admin.id })).toMatchObject({
      code: "CONFLICT",
      reason: "LAST_ADMIN",
    });
    expect((await admin.client.ask(ME)).me).toMatchObject({ status: "ACTIVE", ...holding("ADMIN") });
  });
});
