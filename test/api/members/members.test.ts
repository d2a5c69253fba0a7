import { eq, sql } from "drizzle-orm";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tenants } from "#features/tenants/index";
import { SECOND } from "#shared/durations";
import { enableTotp } from "../../support/clients/factors.ts";
import { connect } from "../../support/clients/live.ts";
import { INVITE } from "../../support/factories/invitations.ts";
import {
  ACCEPT_MEMBERSHIP,
  entering,
  ISSUE_ACCESS_TOKEN,
  join,
  REACTIVATE_MEMBER,
  REMOVE_MEMBER,
  SUSPEND_MEMBER,
} from "../../support/factories/memberships.ts";
import { membershipOf, roleIdsOf, rolesInput, SET_MEMBER_ROLES, setRoles } from "../../support/factories/roles.ts";
import { ANONYMOUS } from "../../support/factories/stored-users.ts";
import { createMember, createTenantWithUsers } from "../../support/factories/tenants.ts";
import { REFRESH } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
let replica: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: { PERMISSIONS: "orders:read,orders:write", AUDIENCES: "orders" } });
  replica = await startTestApp({
    settings: { PERMISSIONS: "orders:read,orders:write", AUDIENCES: "orders" },
    replicaOf: app,
  });
});
afterAll(async () => {
  await replica?.stop();
  await app?.stop();
});

const CREATE_ROLE =
  "mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id name permissions isBuiltIn } } }";
const UPDATE_ROLE = "mutation ($input: UpdateRoleInput!) { updateRole(input: $input) { role { id permissions } } }";
const DELETE_ROLE = "mutation ($id: ID!) { deleteRole(input: { roleId: $id }) { deletedRoleId } }";
const OWN = "{ me { id } tenant { id } }";
const MISSING = { code: "FORBIDDEN", reason: "MISSING_PERMISSION" };
const NOT_A_MEMBER = { code: "FORBIDDEN", reason: "NOT_A_MEMBER" };

/** Two tenants, and bob of the first one as a member of both. */
const twoTenants = async () => {
  const home = await createTenantWithUsers(app, "Home");
  const other = await createTenantWithUsers(app, "Other");
  const { bob } = home;
  const membership = await join(other.admin, bob);
  return { home, other, bob, membership };
};

describe("an invitation of a known address", () => {
  it("makes its user a member, who keeps their home", async () => {
    const { home, other, bob, membership } = await twoTenants();
    expect(membership).toEqual({
      id: expect.any(String),
      status: "ACTIVE",
      isHome: false,
      roles: [{ name: "MEMBER" }],
      tenant: { id: other.tenant.id },
      user: { id: bob.id },
    });
    const { me } = await bob.client.ask("{ me { tenant { id } memberships { isHome tenant { id } } } }");
    expect(me).toEqual({
      tenant: { id: home.tenant.id },
      memberships: [
        { isHome: true, tenant: { id: home.tenant.id } },
        { isHome: false, tenant: { id: other.tenant.id } },
      ],
    });
  });

  it("is accepted by no other user, and once", async () => {
    const [home, other] = [await createTenantWithUsers(app), await createTenantWithUsers(app)];
    const { inviteUser } = await other.admin.client.ask(INVITE, { input: { email: home.bob.email, roleIds: [] } });
    const { id } = inviteUser.invitation;
    expect(await home.admin.client.refused(ACCEPT_MEMBERSHIP, { id })).toMatchObject({ code: "NOT_FOUND" });
    expect((await home.admin.client.ask("{ me { memberships { id } } }")).me.memberships).toHaveLength(1);
    await home.bob.client.ask(ACCEPT_MEMBERSHIP, { id });
    expect(await home.bob.client.refused(ACCEPT_MEMBERSHIP, { id })).toMatchObject({ code: "NOT_FOUND" });
    expect((await home.bob.client.ask("{ me { memberships { id } } }")).me.memberships).toHaveLength(2);
  });
});

describe("issueAccessToken", () => {
  it("returns a token for the other tenant that copies expiry, amr and auth_time, and is not elevated", async () => {
    const { other, bob } = await twoTenants();
    const client = await entering(bob, other.tenant.id, app);
    const [own, issued] = [bob.client.accessToken, client.accessToken].map((token) => decodeJwt(token ?? ""));
    expect(own).toHaveProperty("elevated_until");
    expect(issued).toMatchObject({
      tid: other.tenant.id,
      roles: ["MEMBER"],
      scope: "",
      exp: own?.exp,
      amr: own?.amr,
      auth_time: own?.auth_time,
    });
    expect(issued).not.toHaveProperty("elevated_until");
    expect(await client.ask(OWN)).toEqual({ me: { id: bob.id }, tenant: { id: other.tenant.id } });
    expect(await client.refused("mutation { enableTotp { secret } }")).toMatchObject({
      code: "REAUTHENTICATION_REQUIRED",
    });
  });

  it("needs the session's own refresh token, and does not use it up", async () => {
    const { home, other, bob } = await twoTenants();
    const tenantId = other.tenant.id;
    for (const refreshToken of [null, "nonsense", home.admin.client.refreshToken])
      expect(await bob.client.refused(ISSUE_ACCESS_TOKEN, { input: { tenantId, refreshToken } })).toMatchObject({
        code: "INVALID_REFRESH_TOKEN",
      });
    await entering(bob, tenantId, app);
    await app.client().ask(REFRESH, { token: bob.client.refreshToken });
  });

  it("refuses a tenant that the user is not a member of", async () => {
    const [home, other] = [await createTenantWithUsers(app), await createTenantWithUsers(app)];
    const { refreshToken } = home.bob.client;
    for (const tenantId of [other.tenant.id, ANONYMOUS, "x"])
      expect(await home.bob.client.refused(ISSUE_ACCESS_TOKEN, { input: { tenantId, refreshToken } })).toMatchObject(
        NOT_A_MEMBER,
      );
  });

  it("issues tokens for declared services only, and this API refuses them except in validateToken", async () => {
    const { other, bob } = await twoTenants();
    const input = { tenantId: other.tenant.id, refreshToken: bob.client.refreshToken };
    expect(await bob.client.refused(ISSUE_ACCESS_TOKEN, { input: { ...input, audience: "unknown" } })).toMatchObject({
      code: "BAD_USER_INPUT",
    });
    const { issueAccessToken } = await bob.client.ask(ISSUE_ACCESS_TOKEN, { input: { ...input, audience: "orders" } });
    const client = app.client();
    client.accessToken = issueAccessToken.accessToken;
    expect(await client.refused(OWN)).toMatchObject({ code: "UNAUTHENTICATED" });
    const validate =
      "mutation ($token: String!) { validateToken(input: { token: $token }) { valid claims { tenantId } } }";
    expect((await client.ask(validate, { token: issueAccessToken.accessToken })).validateToken).toEqual({
      valid: true,
      claims: { tenantId: other.tenant.id },
    });
  });

  it("checks the tenant's second factor, and admits the session after a step-up with one", async () => {
    const { other, bob } = await twoTenants();
    await app.app.db.update(tenants).set({ secondFactor: "REQUIRED_OWN" }).where(eq(tenants.id, other.tenant.id));
    const input = { tenantId: other.tenant.id, refreshToken: bob.client.refreshToken };
    const refusal = { code: "FORBIDDEN", reason: "TENANT_REQUIRES_SECOND_FACTOR" };
    expect(await bob.client.refused(ISSUE_ACCESS_TOKEN, { input })).toMatchObject(refusal);
    const refresh = `mutation ($input: RefreshTokenInput!) { refreshToken(input: $input) { tokens { accessToken refreshToken } } }`;
    const wanted = { input: { refreshToken: bob.client.refreshToken, tenantId: other.tenant.id } };
    expect(await app.client().refused(refresh, wanted)).toMatchObject(refusal);
    // The refused refresh has not used the refresh token.
    await app.app.db.execute(
      sql`update sessions set authenticated_with = '{PASSWORD,TOTP}' where id = ${bob.sessionId}::uuid`,
    );
    const { refreshToken } = await app.client().ask(refresh, wanted);
    expect(decodeJwt(refreshToken.tokens.accessToken)).toMatchObject({ tid: other.tenant.id });
  });
});

describe("a tenant with REQUIRED", () => {
  it("is entered with a mailed code only by users without a factor of their own", async () => {
    const { other, bob } = await twoTenants();
    await app.app.db.update(tenants).set({ secondFactor: "REQUIRED" }).where(eq(tenants.id, other.tenant.id));
    const restsOn = (methods: string) =>
      app.app.db.execute(sql`
        update sessions set authenticated_with = ${methods}::text[] where id = ${bob.sessionId}::uuid`);
    const input = { tenantId: other.tenant.id, refreshToken: bob.client.refreshToken };
    const refusal = { code: "FORBIDDEN", reason: "TENANT_REQUIRES_SECOND_FACTOR" };
    for (const alone of ["{PASSWORD}", "{EMAIL_CODE}"]) {
      await restsOn(alone);
      expect(await bob.client.refused(ISSUE_ACCESS_TOKEN, { input })).toMatchObject(refusal);
    }
    await restsOn("{PASSWORD,EMAIL_CODE}");
    await entering(bob, other.tenant.id, app);

    await enableTotp(app, bob);
    await restsOn("{PASSWORD,EMAIL_CODE}");
    expect(await bob.client.refused(ISSUE_ACCESS_TOKEN, { input })).toMatchObject(refusal);
    await restsOn("{PASSWORD,TOTP}");
    await entering(bob, other.tenant.id, app);
  });
});

describe("a membership that ends", () => {
  it.each([
    ["is removed", REMOVE_MEMBER],
    ["is suspended", SUSPEND_MEMBER],
  ])(
    "because it %s closes its sockets and ends its tokens on both replicas; the other tenant is not affected",
    async (_, end) => {
      const { home, other, bob, membership } = await twoTenants();
      const there = await entering(bob, other.tenant.id, replica);
      const here = bob.client;
      const live = "subscription { securityEventOccurred { id } }";
      const [socketThere, socketHere] = [
        await connect(replica, { client: there }),
        await connect(app, { client: here }),
      ];
      socketThere.subscribe(live);
      socketHere.subscribe(live);
      await other.admin.client.ask(end, { id: membership.id });
      expect(await socketThere.wait()).toMatchObject({ code: 4401, reason: "Membership ended" });
      expect(await there.refused(OWN)).toMatchObject({ code: "UNAUTHENTICATED" });
      const refresh = { input: { refreshToken: here.refreshToken, tenantId: other.tenant.id } };
      const REFRESH_FOR = `mutation ($input: RefreshTokenInput!) { refreshToken(input: $input) { tokens { accessToken } } }`;
      expect(await app.client().refused(REFRESH_FOR, refresh)).toMatchObject(NOT_A_MEMBER);
      expect(await here.ask(OWN)).toEqual({ me: { id: bob.id }, tenant: { id: home.tenant.id } });
      expect(socketHere.closed).toBeNull();
      await socketHere.stop();
    },
  );

  it("and is reactivated lets the user in again", async () => {
    const { other, bob, membership } = await twoTenants();
    await other.admin.client.ask(SUSPEND_MEMBER, { id: membership.id });
    const input = { tenantId: other.tenant.id, refreshToken: bob.client.refreshToken };
    expect(await bob.client.refused(ISSUE_ACCESS_TOKEN, { input })).toMatchObject(NOT_A_MEMBER);
    await other.admin.client.ask(REACTIVATE_MEMBER, { id: membership.id });
    await entering(bob, other.tenant.id, app);
  });

  it("is left by its user; the home moves to the oldest other membership if it was the home", async () => {
    const { home, other, bob } = await twoTenants();
    await bob.client.ask("mutation ($id: ID!) { leaveTenant(input: { tenantId: $id }) { deletedMembershipId } }", {
      id: home.tenant.id,
    });
    expect(await bob.client.refused(OWN)).toMatchObject({ code: "UNAUTHENTICATED" });
    const { refreshToken } = await app.client().ask(REFRESH, { token: bob.client.refreshToken });
    expect(decodeJwt(refreshToken.tokens.accessToken)).toMatchObject({ tid: other.tenant.id });
    const client = app.client();
    client.accessToken = refreshToken.tokens.accessToken;
    const { me, sessions } = await client.ask("{ me { tenant { id } } sessions { id } }");
    expect(me).toEqual({ tenant: { id: other.tenant.id } });
    expect(sessions).toEqual([{ id: bob.sessionId }]);
  });

  it("cannot be the last admin's", async () => {
    const { admin, tenant } = await createTenantWithUsers(app);
    const leave = "mutation ($id: ID!) { leaveTenant(input: { tenantId: $id }) { deletedMembershipId } }";
    expect(await admin.client.refused(leave, { id: tenant.id })).toMatchObject({
      code: "CONFLICT",
      reason: "LAST_ADMIN",
    });
    expect((await admin.client.ask(OWN)).tenant).toEqual({ id: tenant.id });
  });
});

describe("admins of two tenants", () => {
  it("of another tenant than the home manage the membership only", async () => {
    const { other, bob, membership } = await twoTenants();
    const about = { id: bob.id };
    for (const field of ["suspendUser", "revokeUserSessions", "requirePasswordReset", "resetSecondFactors"])
      expect(
        await other.admin.client.refused(
          `mutation ($id: ID!) { ${field}(input: { userId: $id }) { __typename } }`,
          about,
        ),
        field,
      ).toMatchObject({ code: "NOT_FOUND" });
    expect((await other.admin.client.ask("query ($id: ID!) { user(id: $id) { id } }", about)).user).toBeNull();
    const node =
      "query ($id: ID!) { node(id: $id) { ... on Membership { email user { id sessions { nodes { id } } } } } }";
    expect((await other.admin.client.ask(node, { id: membership.id })).node).toEqual({ email: bob.email, user: null });
    expect(await bob.client.ask(OWN)).toMatchObject({ me: { id: bob.id } });
  });

  it("of the home can no longer manage an account with a second membership, unless the tenant owns the domain", async () => {
    const { home, bob } = await twoTenants();
    const suspend = "mutation ($id: ID!) { suspendUser(input: { userId: $id }) { user { status } } }";
    expect(await home.admin.client.refused(suspend, { id: bob.id })).toMatchObject({
      code: "FORBIDDEN",
      reason: "OTHER_MEMBERSHIPS",
    });
    expect(await bob.client.ask(OWN)).toMatchObject({ me: { id: bob.id } });
    const domain = bob.email.split("@")[1];
    await app.app.db.execute(sql`
      insert into tenant_domains (domain, tenant_id, recorded_at) values (${domain}, ${home.tenant.id}::uuid, now())`);
    try {
      expect((await home.admin.client.ask(suspend, { id: bob.id })).suspendUser.user.status).toBe("SUSPENDED");
    } finally {
      await app.app.db.execute(sql`delete from tenant_domains where domain = ${domain}`);
    }
  });

  it("do not see memberships in each other's tenant", async () => {
    const { home, other, membership } = await twoTenants();
    const node = "query ($id: ID!) { node(id: $id) { id } }";
    expect((await home.admin.client.ask(node, { id: membership.id })).node).toBeNull();
    expect(await home.admin.client.refused(REMOVE_MEMBER, { id: membership.id })).toMatchObject({ code: "NOT_FOUND" });
    const { tenant } = await other.admin.client.ask("{ tenant { members { nodes { id } } } }");
    expect(tenant.members?.nodes).toContainEqual({ id: membership.id });
  });
});

describe("roles", () => {
  const role = (name: string, ...permissions: string[]) => ({ input: { name, permissions } });

  it("that a tenant creates are in the token with their permissions, also those of other services", async () => {
    const { admin, bob } = await createTenantWithUsers(app);
    const { createRole } = await admin.client.ask(CREATE_ROLE, role("clerk", "orders:read", "users:read"));
    expect(createRole.role).toMatchObject({ permissions: ["users:read", "orders:read"], isBuiltIn: false });
    await setRoles(app, admin, bob, "clerk");
    const { refreshToken } = await app.client().ask(REFRESH, { token: bob.client.refreshToken });
    const client = app.client();
    client.accessToken = refreshToken.tokens.accessToken;
    expect(decodeJwt(client.accessToken ?? "")).toMatchObject({
      role: "MEMBER",
      roles: ["MEMBER", "clerk"],
      scope: "users:read orders:read",
    });
    expect((await client.ask("{ users { nodes { id } } }")).users.nodes).toHaveLength(2);
    expect(await client.refused("{ invitations { nodes { id } } }")).toMatchObject(MISSING);

    // A removed permission is refused immediately, on every replica.
    await admin.client.ask(UPDATE_ROLE, { input: { roleId: createRole.role.id, permissions: ["orders:read"] } });
    expect(await client.refused("{ users { nodes { id } } }")).toMatchObject({ code: "UNAUTHENTICATED" });
    await admin.client.ask(DELETE_ROLE, { id: createRole.role.id });
    expect(await client.refused(OWN)).toMatchObject({ code: "UNAUTHENTICATED" });
    expect((await admin.client.ask("{ tenant { roles { name } } }")).tenant.roles).toHaveLength(2);
  });

  it("that change and have very many members cause one event of the tenant, and end the tokens and sockets of all", async () => {
    const { admin, bob, tenant } = await createTenantWithUsers(app);
    const { createRole } = await admin.client.ask(CREATE_ROLE, role("clerk", "orders:read"));
    const roleId = createRole.role.id;
    await setRoles(app, admin, bob, "clerk");
    const { refreshToken } = await app.client().ask(REFRESH, { token: bob.client.refreshToken });
    bob.client.accessToken = refreshToken.tokens.accessToken;
    await app.app.db.execute(sql`
      insert into users (id, tenant_id, email, email_canonical, status, created_at)
      select gen_random_uuid(), ${tenant.id}::uuid, address, address, 'ACTIVE', now()
      from (select ${tenant.id} || n || '@example.com' as address from generate_series(1, 1000) n) addresses`);
    await app.app.db.execute(sql`
      insert into membership_roles select id, ${roleId}::uuid from memberships where tenant_id = ${tenant.id}::uuid
      and user_id <> ${admin.id}::uuid on conflict do nothing`);
    const sockets = [await connect(app, { client: bob.client }), await connect(replica, { client: bob.client })];
    for (const socket of sockets) socket.subscribe("subscription { securityEventOccurred { id } }");
    await admin.client.ask(UPDATE_ROLE, { input: { roleId, permissions: ["orders:write"] } });
    for (const socket of sockets) expect(await socket.wait()).toMatchObject({ code: 4403 });
    expect(await bob.client.refused(OWN)).toMatchObject({ code: "UNAUTHENTICATED" });
    const events = await app.app.db.execute(sql`
      select user_id from security_events where tenant_id = ${tenant.id}::uuid and type = 'ROLE_UPDATED'`);
    expect([...events]).toEqual([{ user_id: null }]);
  });

  it("that change close the sockets of the users who have them, on both replicas, and no others", async () => {
    const { admin, bob, tenant } = await createTenantWithUsers(app);
    const carol = await createMember(app, tenant);
    const { createRole } = await admin.client.ask(CREATE_ROLE, role("clerk, junior", "orders:read"));
    const roleId = createRole.role.id;
    for (const one of [bob, carol]) {
      await setRoles(app, admin, one, "clerk, junior");
      const { refreshToken } = await app.client().ask(REFRESH, { token: one.client.refreshToken });
      one.client.accessToken = refreshToken.tokens.accessToken;
    }
    const sockets = [await connect(app, { client: bob.client }), await connect(replica, { client: carol.client })];
    const uninvolved = await connect(replica, { client: admin.client });
    for (const socket of [...sockets, uninvolved]) socket.subscribe("subscription { securityEventOccurred { id } }");
    await admin.client.ask(UPDATE_ROLE, { input: { roleId, permissions: ["orders:write"] } });
    // Only the tokens are outdated, not the sessions.
    for (const socket of sockets) expect(await socket.wait()).toMatchObject({ code: 4403 });
    expect(uninvolved.closed).toBeNull();
    await uninvolved.stop();
  });

  it("cannot grant more than the caller holds, and only an admin can grant ADMIN", async () => {
    const { admin, bob, tenant } = await createTenantWithUsers(app);
    const carol = await createMember(app, tenant);
    const { createRole } = await admin.client.ask(
      CREATE_ROLE,
      role("lead", "members:manage", "roles:manage", "invitations:manage"),
    );
    await setRoles(app, admin, bob, "lead");
    const { refreshToken } = await app.client().ask(REFRESH, { token: bob.client.refreshToken });
    bob.client.accessToken = refreshToken.tokens.accessToken;
    const step = `mutation ($input: ReauthenticateInput!) { reauthenticate(input: $input) { accessToken } }`;
    bob.client.accessToken = (
      await bob.client.ask(step, { input: { password: bob.password } })
    ).reauthenticate.accessToken;

    expect(await bob.client.refused(CREATE_ROLE, role("more", "policy:edit"))).toMatchObject(MISSING);
    expect(await bob.client.refused(SET_MEMBER_ROLES, await rolesInput(app, carol, "ADMIN"))).toMatchObject(MISSING);
    expect(await bob.client.refused(SET_MEMBER_ROLES, await rolesInput(app, bob))).toMatchObject(MISSING);
    expect(await bob.client.refused(SET_MEMBER_ROLES, await rolesInput(app, admin))).toMatchObject(MISSING);
    expect(await bob.client.refused(REMOVE_MEMBER, { id: await membershipOf(app, admin) })).toMatchObject(MISSING);
    const input = { email: "new@example.com", roleIds: await roleIdsOf(app, bob) };
    expect(await bob.client.refused(INVITE, { input })).toMatchObject(MISSING);
    const foreign = await createTenantWithUsers(app);
    const there = { roleId: (await foreign.admin.client.ask(CREATE_ROLE, role("x"))).createRole.role.id };
    expect(await admin.client.refused(UPDATE_ROLE, { input: there })).toMatchObject({ code: "NOT_FOUND" });
    expect((await carol.client.ask("{ me { memberships { roles { name } } } }")).me.memberships).toEqual([
      { roles: [{ name: "MEMBER" }] },
    ]);
    await setRoles(app, bob, carol, "lead");
    expect(createRole.role.name).toBe("lead");
  });

  it("have unique names, and the built-in ones do not change", async () => {
    const { admin } = await createTenantWithUsers(app);
    await admin.client.ask(CREATE_ROLE, role("Clerk"));
    expect(await admin.client.refused(CREATE_ROLE, role("clerk"))).toMatchObject({
      code: "CONFLICT",
      reason: "ROLE_NAME_TAKEN",
    });
    for (const bad of [role("admin"), role(" "), role("x", "no:such")])
      expect(await admin.client.refused(CREATE_ROLE, bad)).toMatchObject({ code: "BAD_USER_INPUT" });
    const [roleId] = await roleIdsOf(app, admin, ["ADMIN"]);
    expect(await admin.client.refused(DELETE_ROLE, { id: roleId })).toMatchObject({ code: "BAD_REQUEST" });
    expect((await admin.client.ask("{ tenant { roles { name } } }")).tenant.roles).toEqual([
      { name: "MEMBER" },
      { name: "ADMIN" },
      { name: "Clerk" },
    ]);
    app.clock.advance(601 * SECOND);
    expect(await admin.client.refused(CREATE_ROLE, role("late"))).toMatchObject({ code: "REAUTHENTICATION_REQUIRED" });
  });
});
