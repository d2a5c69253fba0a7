import { sql } from "drizzle-orm";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { SECOND } from "#shared/durations";
import { connect } from "../../support/clients/live.ts";
import { INVITE } from "../../support/factories/invitations.ts";
import { join } from "../../support/factories/memberships.ts";
import { setRoles } from "../../support/factories/roles.ts";
import { ANONYMOUS } from "../../support/factories/stored-users.ts";
import { createMember, createTenant, createTenantWithUsers } from "../../support/factories/tenants.ts";
import { logIn, newEmail, REFRESH, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
let replica: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  replica = await startTestApp({ replicaOf: app });
});
afterAll(async () => {
  await replica?.stop();
  await app?.stop();
});

const UPDATE = `mutation ($input: UpdateUserInput!) { updateUser(input: $input) { user { id name username locale email } } }`;
const DELETE = "mutation ($input: DeleteUserInput!) { deleteUser(input: $input) { deletedUserId } }";
const PROFILE = "{ me { id name username locale email } }";
const MISSING = { code: "FORBIDDEN", reason: "MISSING_PERMISSION" };
const MUTATIONS = [
  ["updateUser", UPDATE, { name: "Renamed" }],
  ["deleteUser", DELETE, {}],
] as const;

/** Two tenants, and bob of the first one as a member of both. */
const twoTenants = async () => {
  const [home, other] = [await createTenantWithUsers(app, "Home"), await createTenantWithUsers(app, "Other")];
  await join(other.admin, home.bob);
  return { home, other, bob: home.bob };
};

const ownDomain = async (tenant: { readonly id: string }, { id }: Pick<SignedInUser, "id">) => {
  const domain = `${ANONYMOUS.slice(0, 4)}${id}.example`;
  const email = `bob@${domain}`;
  await app.app.db.execute(sql`update users set email = ${email}, email_canonical = ${email} where id = ${id}::uuid`);
  await app.app.db.execute(sql`insert into tenant_domains values (${domain}, ${tenant.id}::uuid, now())`);
};

const stepUp = async ({ client, password }: SignedInUser) => {
  const { reauthenticate } = await client.ask(
    "mutation ($p: String!) { reauthenticate(input: { password: $p }) { accessToken } }",
    { p: password },
  );
  client.accessToken = reauthenticate.accessToken;
};

/** The account is unchanged and still works. */
const expectUntouched = async ({ id, client, email, password }: SignedInUser) => {
  expect((await client.ask(PROFILE)).me).toEqual({ id, name: null, username: null, locale: "en", email });
  await logIn(app.client(), email, password);
};

describe.each(MUTATIONS)("%s", (_, mutation, more) => {
  const refused = (by: Pick<SignedInUser, "client">, userId: string) =>
    by.client.refused(mutation, { input: { ...more, userId } });

  it("is refused to anonymous callers, plain members, and members with other permissions", async () => {
    const { tenant, admin, bob } = await createTenantWithUsers(app);
    const carol = await createMember(app, tenant);
    expect(await refused({ client: app.client() }, bob.id)).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await refused(carol, bob.id)).toMatchObject(MISSING);
    const { createRole } = await admin.client.ask(
      "mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { name } } }",
      { input: { name: "reader", permissions: ["users:read", "members:manage", "sessions:revoke"] } },
    );
    await setRoles(app, admin, carol, createRole.role.name);
    const { refreshToken } = await app.client().ask(REFRESH, { token: carol.client.refreshToken });
    carol.client.accessToken = refreshToken.tokens.accessToken;
    expect(await refused(carol, bob.id)).toMatchObject(MISSING);
    await expectUntouched(bob);
  });

  it("finds no user of another tenant, not even one who is a member", async () => {
    const { other, bob } = await twoTenants();
    const stranger = await createMember(app, await createTenant(app), "ADMIN");
    for (const admin of [stranger, other.admin]) {
      expect(await refused(admin, bob.id)).toMatchObject({ code: "NOT_FOUND", status: 404 });
      expect(await refused(admin, bob.id)).toEqual(await refused(admin, ANONYMOUS));
    }
    await expectUntouched(bob);
  });

  it("is refused to the home tenant's admins once the user is a member elsewhere, unless the home tenant owns the domain", async () => {
    const { home, bob } = await twoTenants();
    expect(await refused(home.admin, bob.id)).toMatchObject({ code: "FORBIDDEN", reason: "OTHER_MEMBERSHIPS" });
    await expectUntouched(bob);
    await ownDomain(home.tenant, bob);
    await home.admin.client.ask(mutation, { input: { ...more, userId: bob.id } });
  });

  it("is allowed to an operator in any tenant", async () => {
    const { bob } = await twoTenants();
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    await operator.client.ask(mutation, { input: { ...more, userId: bob.id } });
  });

  it("is never allowed to an admin for an operator, nor for an admin through a role with users:manage", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    const [operator, carol] = [await createMember(app, tenant, "OPERATOR"), await createMember(app, tenant)];
    const { createRole } = await admin.client.ask(
      "mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { name } } }",
      { input: { name: "clerk", permissions: ["users:read", "users:manage"] } },
    );
    await setRoles(app, admin, carol, createRole.role.name);
    const { refreshToken } = await app.client().ask(REFRESH, { token: carol.client.refreshToken });
    carol.client.accessToken = refreshToken.tokens.accessToken;
    await stepUp(carol);
    expect(await refused(admin, operator.id)).toMatchObject(MISSING);
    expect(await refused(carol, admin.id)).toMatchObject(MISSING);
    expect((await operator.client.ask(PROFILE)).me).toMatchObject({ id: operator.id, name: null });
    await expectUntouched(admin);
  });

  it("is refused for the caller", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    await createMember(app, tenant, "ADMIN");
    expect(await refused(admin, admin.id)).toMatchObject({ code: "BAD_REQUEST" });
    await expectUntouched(admin);
  });
});

describe("updateUser", () => {
  it("changes name, username and language; absent fields stay, and the event says who changed which fields", async () => {
    const { admin, bob } = await createTenantWithUsers(app);
    const username = `bob-${bob.id.slice(-8)}`;
    const input = { userId: bob.id, name: "Bob", username, locale: "de" };
    const { updateUser } = await admin.client.ask(UPDATE, { input });
    expect(updateUser.user).toEqual({ id: bob.id, name: "Bob", username, locale: "de", email: bob.email });
    await logIn(app.client(), username, bob.password);

    await admin.client.ask(UPDATE, { input: { userId: bob.id, name: null, username: null, locale: null } });
    const { me } = await bob.client.ask(PROFILE);
    expect(me).toEqual({ id: bob.id, name: null, username, locale: "de", email: bob.email });
    // Nothing changes, so no event is recorded.
    await admin.client.ask(UPDATE, { input: { userId: bob.id, username } });

    const { securityEvents } = await bob.client.ask(
      "{ securityEvents(filter: { types: [USER_UPDATED] }) { nodes { level ... on UserUpdatedEvent { byUserId profileFields } } } }",
    );
    expect(securityEvents.nodes).toEqual([
      { level: "NOTICE", byUserId: admin.id, profileFields: ["NAME"] },
      { level: "NOTICE", byUserId: admin.id, profileFields: ["NAME", "USERNAME", "LOCALE"] },
    ]);
  });

  it("refuses a taken username and reports all invalid fields of the input together", async () => {
    const { admin, bob, tenant } = await createTenantWithUsers(app);
    const taken = `carol-${bob.id.slice(-8)}`;
    const carol = await createMember(app, tenant);
    await admin.client.ask(UPDATE, { input: { userId: carol.id, username: taken } });
    expect(
      await admin.client.refused(UPDATE, { input: { userId: bob.id, username: taken.toUpperCase() } }),
    ).toMatchObject({ code: "CONFLICT", reason: "USERNAME_TAKEN" });
    const wrong = { userId: bob.id, username: "no spaces", name: "x".repeat(201) };
    const { code, fields } = await admin.client.refused(UPDATE, { input: wrong });
    expect({ code, paths: fields?.map(({ path }) => path) }).toEqual({
      code: "BAD_USER_INPUT",
      paths: ["input.name", "input.username"],
    });
    await expectUntouched(bob);
  });

  it("has no field for the address", async () => {
    const { admin, bob } = await createTenantWithUsers(app);
    const input = { userId: bob.id, email: newEmail() };
    expect(await admin.client.refused(UPDATE, { input })).toMatchObject({ code: "BAD_USER_INPUT" });
    await expectUntouched(bob);
  });
});

describe("deleteUser", () => {
  it("ends sessions and sockets on both replicas, mails the user, and records an event of the admin", async () => {
    const { tenant, admin, bob } = await createTenantWithUsers(app);
    const elsewhere = replica.client();
    elsewhere.accessToken = bob.client.accessToken;
    await elsewhere.ask(PROFILE);
    const sockets = [await connect(app, { client: bob.client }), await connect(replica, { client: elsewhere })];
    const invitation = { email: newEmail(), roleIds: [] };
    await admin.client.ask(INVITE, { input: invitation });

    const { deleteUser } = await admin.client.ask(DELETE, { input: { userId: bob.id } });
    expect(deleteUser).toEqual({ deletedUserId: bob.id });

    for (const socket of sockets) expect(await socket.wait()).toMatchObject({ code: 4401 });
    for (const client of [bob.client, elsewhere])
      expect(await client.refused(PROFILE)).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await app.client().refused(REFRESH, { token: bob.client.refreshToken })).toMatchObject({
      code: "INVALID_REFRESH_TOKEN",
    });
    await expect(logIn(app.client(), bob.email, bob.password)).rejects.toThrow("INVALID_CREDENTIALS");
    const mail = await app.mail.waitForMail({ to: bob.email, subject: /was deleted/ });
    expect(mail.text).toContain("An administrator deleted your");

    const { users, tenant: own } = await admin.client.ask(
      `{ users { nodes { id } } tenant { securityEvents(filter: { types: [ACCOUNT_DELETED] }) { nodes {
        ... on AccountDeletedEvent { byUserId } } } members { nodes { id } } } }`,
    );
    expect(users.nodes).toEqual([{ id: admin.id }]);
    expect(own.securityEvents?.nodes).toEqual([{ byUserId: admin.id }]);
    expect(own.members?.nodes).toHaveLength(1);
    for (const table of ["sessions", "devices", "passwords", "memberships", "login_attempts"])
      expect([...(await app.app.db.execute(sql.raw(`select 1 from ${table} where user_id = '${bob.id}'`)))]).toEqual(
        [],
      );
    expect(await admin.client.refused(DELETE, { input: { userId: bob.id } })).toMatchObject({ code: "NOT_FOUND" });
    expect(tenant.id).toBe(decodeJwt(admin.client.accessToken ?? "").tid);
  });

  it("deletes a suspended user", async () => {
    const { admin, bob } = await createTenantWithUsers(app);
    await admin.client.ask("mutation ($id: ID!) { suspendUser(input: { userId: $id }) { user { id } } }", {
      id: bob.id,
    });
    await admin.client.ask(DELETE, { input: { userId: bob.id } });
    expect((await admin.client.ask("{ users { nodes { id } } }")).users.nodes).toEqual([{ id: admin.id }]);
  });

  it("requires a fresh proof of a credential", async () => {
    const { admin, bob } = await createTenantWithUsers(app);
    app.clock.advance(601 * SECOND);
    expect(await admin.client.refused(DELETE, { input: { userId: bob.id } })).toMatchObject({
      code: "REAUTHENTICATION_REQUIRED",
    });
    await expectUntouched(bob);
  });

  it("does not remove the last admin of any tenant, including tenants other than the home", async () => {
    const { home, other, bob } = await twoTenants();
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    expect(await operator.client.refused(DELETE, { input: { userId: home.admin.id } })).toMatchObject({
      code: "CONFLICT",
      reason: "LAST_ADMIN",
    });
    await app.app.db.execute(sql`
      insert into membership_roles select m.id, r.id from memberships m join roles r on r.tenant_id = m.tenant_id
      where m.user_id = ${bob.id}::uuid and m.tenant_id = ${other.tenant.id}::uuid and r.built_in = 'ADMIN'`);
    await app.app.db.execute(sql`update users set status = 'SUSPENDED' where id = ${other.admin.id}::uuid`);
    expect(await operator.client.refused(DELETE, { input: { userId: bob.id } })).toMatchObject({
      code: "CONFLICT",
      reason: "LAST_ADMIN",
    });
    await logIn(app.client(), bob.email, bob.password);
    await expectUntouched(home.admin);
  });
});
