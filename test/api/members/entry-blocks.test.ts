import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { User } from "#features/users/index";
import { DAY, HOUR, MINUTE, SECOND } from "#shared/durations";
import { beginLogin, enableTotp } from "../../support/clients/factors.ts";
import type { GraphQLClient } from "../../support/clients/graphql.ts";
import { connect, eventually, followEvents } from "../../support/clients/live.ts";
import { INVITE } from "../../support/factories/invitations.ts";
import { ACCEPT_MEMBERSHIP, entering, ISSUE_ACCESS_TOKEN, join } from "../../support/factories/memberships.ts";
import { membershipOf, setRoles } from "../../support/factories/roles.ts";
import { signIn } from "../../support/factories/stored-users.ts";
import {
  createMember,
  createTenant,
  createTenantWithUsers,
  submitRegistration,
} from "../../support/factories/tenants.ts";
import { elevate, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

/** After a reset of the second factors, tenants other than the home refuse entry for 72 hours. */

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.stop());

const ALLOW =
  "mutation ($id: ID!) { allowMemberEntry(input: { membershipId: $id }) { membership { id entryBlockedUntil } } }";
const REFRESH =
  "mutation ($input: RefreshTokenInput!) { refreshToken(input: $input) { tokens { accessToken refreshToken } } }";
const RESET = "mutation ($id: ID!) { resetSecondFactors(input: { userId: $id }) { factorReset { id } } }";
const REQUEST = "mutation ($challenge: String!) { requestFactorReset(input: { challenge: $challenge }) { dueAt } }";
const OWN = "{ me { id } tenant { id } }";
const BLOCKED = { code: "FORBIDDEN", reason: "FACTORS_RESET_RECENTLY" };

/** Bob of one tenant, who is a member of two others and has an authenticator app. */
const threeTenants = async () => {
  const [home, other, third] = [
    await createTenantWithUsers(app, "Home"),
    await createTenantWithUsers(app),
    await createTenantWithUsers(app),
  ];
  const bob = home.bob;
  const membership = await join(other.admin, bob);
  await join(third.admin, bob);
  await enableTotp(app, bob);
  return { home, other, third, bob, id: membership.id as string };
};

const reset = ({ email }: Pick<SignedInUser, "email">) => app.app.factorResets.resetNow(email);

/** The user, logged in again. */
const again = async ({ id, email, password }: SignedInUser): Promise<SignedInUser> => {
  const [user] = await app.app.db.execute(sql`select id, tenant_id as "tenantId", email, username, roles,
    is_operator as "isOperator" from users where id = ${id}::uuid`);
  const { session } = await signIn(app, user as unknown as User);
  const issued = await app.app.tokens.issue(session, user as unknown as User);
  const client = app.client();
  client.accessToken = issued.accessToken;
  client.refreshToken = issued.refreshToken;
  return { id, email, password, client, sessionId: session.id };
};

const expectRefused = async ({ client }: Pick<SignedInUser, "client">, tenantId: string) => {
  const { refreshToken } = client;
  const refused = await client.refused(ISSUE_ACCESS_TOKEN, { input: { tenantId, refreshToken } });
  expect(refused).toMatchObject(BLOCKED);
  expect(refused.retryAfter).toBeGreaterThan(0);
  expect(refused.retryAfter).toBeLessThanOrEqual((72 * HOUR) / SECOND);
  expect(await app.client().refused(REFRESH, { input: { refreshToken, tenantId } })).toMatchObject(BLOCKED);
};

const blocksOf = async ({ client }: { readonly client: GraphQLClient }) =>
  (await client.ask("{ me { memberships { isHome entryBlockedUntil } } }")).me.memberships;

describe("after a reset of the second factors", () => {
  it.each([
    ["by the command line", async (bob: SignedInUser) => reset(bob)],
    [
      "by an operator, after a day",
      async (bob: SignedInUser) => {
        const operator = await createMember(app, await createTenant(app), "OPERATOR");
        await operator.client.ask(RESET, { id: bob.id });
        app.clock.advance(DAY + MINUTE);
        await app.app.factorResets.handleDue();
      },
    ],
    [
      "by the user, after three days",
      async (bob: SignedInUser) => {
        const { challenge } = await beginLogin(app.client(), bob);
        await app.client().ask(REQUEST, { challenge });
        app.clock.advance(3 * DAY + MINUTE);
        await app.app.factorResets.handleDue();
      },
    ],
  ])("%s, the other tenants refuse entry, and the home does not", async (_, carryOut) => {
    const { home, other, third, bob } = await threeTenants();
    const there = await entering(bob, other.tenant.id, app);
    await carryOut(bob);
    // Tokens issued before are no longer accepted.
    for (const client of [bob.client, there])
      expect(await client.refused(OWN)).toMatchObject({ code: "UNAUTHENTICATED" });

    const back = await again(bob);
    for (const { tenant } of [other, third]) await expectRefused(back, tenant.id);
    expect(await back.client.ask(OWN)).toEqual({ me: { id: bob.id }, tenant: { id: home.tenant.id } });
    const until = new Date(app.clock.now().getTime() + 72 * HOUR);
    const blocks = await blocksOf(back);
    expect(blocks.map(({ isHome }) => isHome)).toEqual([true, false, false]);
    expect(blocks[0]?.entryBlockedUntil).toBeNull();
    for (const { entryBlockedUntil } of blocks.slice(1))
      expect(Math.abs(new Date(entryBlockedUntil ?? 0).getTime() - until.getTime())).toBeLessThan(MINUTE);
    // The refused refresh has not used the refresh token.
    await app.client().ask(REFRESH, { input: { refreshToken: back.client.refreshToken } });
  });

  it("the home cannot move to a tenant that refuses entry", async () => {
    const { home, other, bob } = await threeTenants();
    await reset(bob);
    const back = await again(bob);
    await elevate(back.client, { password: bob.password });
    const SET_HOME = "mutation ($id: ID!) { setHomeTenant(input: { tenantId: $id }) { user { id } } }";
    expect(await back.client.refused(SET_HOME, { id: other.tenant.id })).toMatchObject(BLOCKED);
    expect((await back.client.ask(OWN)).tenant).toEqual({ id: home.tenant.id });
    const blocks = await blocksOf(back);
    expect(blocks.map(({ isHome }) => isHome)).toEqual([true, false, false]);
  });

  it("an approved registration does not shorten the wait, whenever it was approved", async () => {
    const { other, bob } = await threeTenants();
    await app.app.db.execute(sql`update tenants set registration = 'APPROVAL' where id = ${other.tenant.id}::uuid`);
    await reset(bob);
    const back = await again(bob);
    await back.client.ask("mutation ($id: ID!) { leaveTenant(input: { tenantId: $id }) { deletedMembershipId } }", {
      id: other.tenant.id,
    });
    const registrationId = await submitRegistration(app, other.tenant, { email: bob.email });
    await other.admin.client.ask(
      "mutation ($id: ID!) { approveRegistration(input: { registrationId: $id }) { registration { id } } }",
      { id: registrationId },
    );
    const { membershipInvitations } = await back.client.ask("{ membershipInvitations { id } }");
    await back.client.ask(ACCEPT_MEMBERSHIP, { id: membershipInvitations[0]?.id });
    await expectRefused(back, other.tenant.id);
  });

  it("a token that another replica issued concurrently is refused, and its socket does not stay open", async () => {
    const { other, bob } = await threeTenants();
    const there = await entering(bob, other.tenant.id, app);
    await app.app.db.execute(sql`
      update memberships set entry_blocked_until = ${new Date(app.clock.now().getTime() + HOUR).toISOString()}::timestamptz
      where user_id = ${bob.id}::uuid and tenant_id = ${other.tenant.id}::uuid`);
    expect(await there.refused(OWN)).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await (await connect(app, { client: there })).wait()).toMatchObject({ code: 4401 });
    expect((await bob.client.ask(OWN)).me).toEqual({ id: bob.id });
  });

  it("entry is possible after the 72 hours", async () => {
    const { other, bob } = await threeTenants();
    await reset(bob);
    app.clock.advance(72 * HOUR - MINUTE);
    const back = await again(bob);
    await expectRefused(back, other.tenant.id);
    app.clock.advance(2 * MINUTE);
    await entering(back, other.tenant.id, app);
  });

  it("an invitation from before the reset does not shorten the wait; one from after it does", async () => {
    const { bob } = await threeTenants();
    const [before, after] = [await createTenantWithUsers(app), await createTenantWithUsers(app)];
    const invite = async ({ admin }: typeof before) =>
      (await admin.client.ask(INVITE, { input: { email: bob.email, roleIds: [] } })).inviteUser.invitation.id;
    const early = await invite(before);
    app.clock.advance(MINUTE);
    await reset(bob);
    app.clock.advance(MINUTE);
    const late = await invite(after);
    const back = await again(bob);
    for (const id of [early, late]) await back.client.ask(ACCEPT_MEMBERSHIP, { id });
    await expectRefused(back, before.tenant.id);
    await entering(back, after.tenant.id, app);
  });
});

describe("allowMemberEntry", () => {
  it("lets the user into the admin's tenant, and into no other; the user and the tenant get an event", async () => {
    const { other, third, bob, id } = await threeTenants();
    await reset(bob);
    const back = await again(bob);
    const { allowMemberEntry } = await other.admin.client.ask(ALLOW, { id });
    expect(allowMemberEntry.membership).toEqual({ id, entryBlockedUntil: null });
    await entering(back, other.tenant.id, app);
    await expectRefused(back, third.tenant.id);
    // A second call changes nothing.
    await other.admin.client.ask(ALLOW, { id });

    const { tenant } =
      await other.admin.client.ask(`{ tenant { securityEvents(filter: { types: [MEMBERSHIP_CHANGED] }) {
      nodes { ipAddress ... on MembershipChangedEvent { membershipId byUserId entryAllowed entryBlockedUntil } } } } }`);
    expect(tenant.securityEvents?.nodes).toEqual([
      {
        ...{ membershipId: id, byUserId: other.admin.id, entryAllowed: true, entryBlockedUntil: null },
        ipAddress: expect.any(String),
      },
      {
        ...{ membershipId: id, byUserId: null, entryAllowed: false, entryBlockedUntil: expect.any(String) },
        ipAddress: null,
      },
    ]);
  });

  it("is reported to the user by membershipChanged", async () => {
    const { other, bob, id } = await threeTenants();
    await reset(bob);
    const back = await again(bob);
    const live = await connect(app, { client: back.client });
    const followed = await followEvents(
      app,
      live,
      "subscription { membershipChanged { kind membershipId membership { entryBlockedUntil } } }",
    );
    await other.admin.client.ask(ALLOW, { id });
    await eventually(() => followed.results.length > 0, "the event");
    expect(followed.results[0]?.data.membershipChanged).toEqual({
      ...{ kind: "CHANGED", membershipId: id, membership: { entryBlockedUntil: null } },
    });
    await live.stop();
  });

  it("is refused to admins of other tenants, to members, without a step-up, and for the caller", async () => {
    const { home, other, bob, id } = await threeTenants();
    const carol = await createMember(app, other.tenant);
    await reset(bob);
    const back = await again(bob);
    await elevate(back.client, { password: back.password });
    for (const client of [home.admin.client, (await createTenantWithUsers(app)).admin.client])
      expect(await client.refused(ALLOW, { id })).toMatchObject({ code: "NOT_FOUND" });
    for (const { client } of [carol, back])
      expect(await client.refused(ALLOW, { id })).toMatchObject({ code: "FORBIDDEN", reason: "MISSING_PERMISSION" });
    const own = await membershipOf(app, other.admin);
    expect(await other.admin.client.refused(ALLOW, { id: own })).toMatchObject({ code: "BAD_REQUEST" });
    app.clock.advance(601 * SECOND);
    expect(await other.admin.client.refused(ALLOW, { id })).toMatchObject({ code: "REAUTHENTICATION_REQUIRED" });
    await expectRefused(await again(bob), other.tenant.id);
  });

  it("is never allowed to operators for their own entry, nor to admins for an operator", async () => {
    const { other, bob, id } = await threeTenants();
    await app.app.db.execute(sql`update users set is_operator = true where id = ${bob.id}::uuid`);
    await reset(bob);
    const back = await again(bob);
    await elevate(back.client, { password: back.password });
    expect(await back.client.refused(ALLOW, { id })).toMatchObject({ code: "BAD_REQUEST" });
    expect(await other.admin.client.refused(ALLOW, { id })).toMatchObject({
      code: "FORBIDDEN",
      reason: "MISSING_PERMISSION",
    });
    await expectRefused(back, other.tenant.id);
  });

  it("is not allowed for an admin through a role with members:manage", async () => {
    const { other, bob, id } = await threeTenants();
    const carol = await createMember(app, other.tenant);
    const { createRole } = await other.admin.client.ask(
      "mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { name } } }",
      { input: { name: "steward", permissions: ["members:manage"] } },
    );
    await setRoles(app, other.admin, carol, createRole.role.name);
    await app.app.db.execute(sql`
      insert into membership_roles select m.id, r.id from memberships m join roles r on r.tenant_id = m.tenant_id
      where m.id = ${id}::uuid and r.built_in = 'ADMIN'`);
    await reset(bob);
    const { refreshToken } = await app.client().ask(REFRESH, { input: { refreshToken: carol.client.refreshToken } });
    carol.client.accessToken = refreshToken.tokens.accessToken;
    await elevate(carol.client, { password: carol.password });
    expect(await carol.client.refused(ALLOW, { id })).toMatchObject({
      code: "FORBIDDEN",
      reason: "MISSING_PERMISSION",
    });
    await expectRefused(await again(bob), other.tenant.id);
  });
});
