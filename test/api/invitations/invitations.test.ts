import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Tenant, tenants } from "#features/tenants/index";
import { findUserByEmail, type User } from "#features/users/index";
import { DAY, MINUTE } from "#shared/durations";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { ACCEPT, accept, INVITE, invite } from "../../support/factories/invitations.ts";
import { holding, roleIdsOf, setRoles } from "../../support/factories/roles.ts";
import { CLIENT, eventsOf, viewerOf } from "../../support/factories/stored-users.ts";
import { addUser, createMember, createTenant, createTenantWithUsers } from "../../support/factories/tenants.ts";
import {
  challengeOf,
  logIn,
  newAddress,
  newEmail,
  newPassword,
  register,
  type SignedInUser,
  VERIFY,
  verify,
} from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.stop());

const FIELDS = "id email name roles { name } status invitedAt expiresAt invitedBy { id }";
const LIST = `query ($status: InvitationStatus) { invitations(filter: { status: $status }, first: 20) { nodes { ${FIELDS} } } }`;
const NODE = `query ($id: ID!) { node(id: $id) { __typename ... on Invitation { ${FIELDS} } } }`;
const REVOKE = `mutation ($id: ID!) { revokeInvitation(input: { invitationId: $id }) { invitation { ${FIELDS} } } }`;
const verifying = (token: string) => ({ input: { token, challenge: challengeOf(token), password: newPassword() } });
const TOKEN_STATUS = "mutation ($token: String!) { checkPasswordResetToken(input: { token: $token }) { valid } }";

const holderOf = (email: string): Promise<User | null> => findUserByEmail(app.app.db, email);
const idOf = (user: { readonly id: string }) => ({ id: user.id as User["id"] });
const set = (tenant: Tenant, policy: Partial<Tenant>) =>
  app.app.db.update(tenants).set(policy).where(eq(tenants.id, tenant.id));
const invalid = { code: "INVALID_TOKEN" };

describe("an invitation", () => {
  it("creates a user of the admin's tenant, who chooses a password and is signed in", async () => {
    const { admin, tenant } = await createTenantWithUsers(app, "Müller & <b>Söhne</b>");
    const email = newEmail("Ivy");
    const { invitation, token, mail } = await invite(app, admin, { email, name: " Ivy ", roles: ["ADMIN"] });
    expect(invitation).toEqual({
      id: expect.any(String),
      email,
      name: "Ivy",
      status: "PENDING",
      roles: [{ name: "MEMBER" }, { name: "ADMIN" }],
      invitedAt: expect.any(String),
      expiresAt: expect.any(String),
    });
    expect(await holderOf(email)).toBeNull();
    expect(mail.text).toContain("“Müller & <b>Söhne</b>” invites you");
    expect(mail.html).toContain("“Müller &amp; &lt;b&gt;Söhne&lt;/b&gt;” invites you");

    const client = app.client();
    const password = newPassword();
    const accepted = await accept(client, token, {
      password,
      username: `ivy_${Date.now()}`,
      deviceName: "Ivy's laptop",
    });
    expect(accepted).toMatchObject({
      __typename: "LoginSuccess",
      user: { status: "ACTIVE", emailVerified: true, ...holding("ADMIN"), hasPassword: true },
      session: { authenticatedWith: ["PASSWORD"], device: { label: "Ivy's laptop" } },
      mfaRecommended: true,
    });
    const { user } = accepted;
    const colleagues = (await client.ask("{ users(first: 10) { nodes { id tenant { id } } } }")).users.nodes;
    expect(colleagues).toContainEqual({ id: user.id, tenant: { id: tenant.id } });
    for (const identifier of [email, accepted.user.username]) await logIn(app.client(), identifier, password);

    const events = await eventsOf(app, idOf(user));
    expect(events.slice(0, 4).map(({ type, details }) => [type, details])).toEqual([
      ["USER_REGISTERED", { invitedBy: admin.id }],
      ["EMAIL_VERIFIED", {}],
      ["LOGIN_SUCCEEDED", { sessionId: accepted.session.id, methods: ["PASSWORD"], newDevice: true }],
      ["NEW_DEVICE", { sessionId: accepted.session.id }],
    ]);
  });

  it("that is sent again has a new link, and the newer name and roles; the older link is void", async () => {
    const { admin } = await createTenantWithUsers(app);
    const email = newEmail();
    const first = await invite(app, admin, { email, name: "Iwy", roles: ["ADMIN"] });
    const second = await invite(app, admin, { email: email.toUpperCase(), name: "Ivy" });
    const { id } = first.invitation;
    expect(second.invitation).toMatchObject({ id, name: "Ivy", roles: [{ name: "MEMBER" }], status: "PENDING" });

    expect(
      await app.client().refused(ACCEPT, { input: { token: first.token, password: newPassword() } }),
    ).toMatchObject(invalid);
    expect((await accept(app.client(), second.token)).user).toMatchObject(holding());
    expect((await admin.client.ask(LIST)).invitations.nodes).toMatchObject([{ id, status: "ACCEPTED" }]);
  });

  it("can be used once, and for seven days", async () => {
    const { admin } = await createTenantWithUsers(app);
    const { token } = await invite(app, admin);
    app.clock.advance(7 * DAY - MINUTE);
    expect(await app.client().ask(TOKEN_STATUS, { token })).toEqual({ checkPasswordResetToken: { valid: true } });
    await accept(app.client(), token);
    expect(await app.client().refused(ACCEPT, { input: { token, password: newPassword() } })).toMatchObject(invalid);

    const late = await invite(app, await createMember(app, await createTenant(app), "ADMIN"));
    app.clock.advance(7 * DAY);
    expect(await app.client().ask(TOKEN_STATUS, { token: late.token })).toEqual({
      checkPasswordResetToken: { valid: false },
    });
    expect(await app.client().refused(ACCEPT, { input: { token: late.token, password: newPassword() } })).toMatchObject(
      invalid,
    );
    expect(await holderOf(late.invitation.email)).toBeNull();
  });

  it("is accepted by no other field, and accepts no other token", async () => {
    const { admin } = await createTenantWithUsers(app);
    const { token, invitation } = await invite(app, admin);
    const reset = "mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessionIds } }";
    expect(await app.client().refused(VERIFY, verifying(token))).toMatchObject(invalid);
    expect(await app.client().refused(reset, { input: { token, newPassword: newPassword() } })).toMatchObject(invalid);
    const verification = await register(app, { email: newEmail(), password: newPassword() });
    for (const other of [verification, "", "x", `${token}A`])
      expect(await app.client().refused(ACCEPT, { input: { token: other, password: newPassword() } })).toMatchObject(
        invalid,
      );
    expect(await holderOf(invitation.email)).toBeNull();
    await accept(app.client(), token);
  });

  it("stays valid if the chosen username or password is not accepted", async () => {
    const { admin, bob, tenant } = await createTenantWithUsers(app);
    await set(tenant, { passwordMinLength: 20 });
    const name = `bob_${newPassword().slice(8, 14).replaceAll(/\W/g, "x")}`;
    const rename = "mutation ($input: ChangeUsernameInput!) { changeUsername(input: $input) { user { id } } }";
    await bob.client.ask(rename, { input: { username: name, password: bob.password } });
    const { token, invitation } = await invite(app, admin);
    const choose = (input: object) =>
      app.client().refused(ACCEPT, { input: { token, password: `${newPassword()} of twenty`, ...input } });
    expect(await choose({ password: "short but strange" })).toMatchObject({
      code: "BAD_REQUEST",
      reason: "WEAK_PASSWORD",
      fields: [{ path: "input.password" }],
    });
    expect(await choose({ password: invitation.email })).toMatchObject({ reason: "WEAK_PASSWORD" });
    expect(await choose({ username: "a b" })).toMatchObject({
      code: "BAD_USER_INPUT",
      fields: [{ path: "input.username" }],
    });
    // All errors of the input are reported together.
    expect(await choose({ username: "a b", deviceName: "x".repeat(1_000) })).toMatchObject({
      fields: [{ path: "input.username" }, { path: "input.deviceName" }],
    });
    expect(await choose({ username: name.toUpperCase() })).toMatchObject({
      code: "CONFLICT",
      reason: "USERNAME_TAKEN",
    });
    expect(await holderOf(invitation.email)).toBeNull();
    await accept(app.client(), token, { password: `${newPassword()} of twenty` });
  });

  it("needs no code and no confirmation, because the mail was the proof", async () => {
    const { admin, tenant } = await createTenantWithUsers(app);
    await set(tenant, { requireSecondFactor: true, confirmLoginAtRisk: 0, secondFactorAtRisk: 0 });
    const { token } = await invite(app, admin);
    const client = app.client({ "x-forwarded-for": newAddress() });
    expect(await accept(client, token)).toMatchObject({ __typename: "LoginSuccess" });
    expect((await client.ask("{ me { status } }")).me.status).toBe("ACTIVE");
  });

  it("returns the tokens as a login does", async () => {
    const { admin } = await createTenantWithUsers(app);
    const { token } = await invite(app, admin);
    const client = app.client();
    const { acceptInvitation } = await client.ask(ACCEPT, {
      input: { token, password: newPassword(), transport: "COOKIE" },
    });
    expect(acceptInvitation).toMatchObject({ tokens: { refreshToken: null }, deviceToken: null });
    expect([...client.cookies.keys()].toSorted()).toEqual(["__Host-portcullis_device", "__Host-portcullis_refresh"]);
  });

  it("uses the language of the inviting user", async () => {
    const { admin } = await createTenantWithUsers(app);
    await admin.client.ask('mutation { updateProfile(input: { locale: "de-CH" }) { user { id } } }');
    const email = newEmail();
    await admin.client.ask(INVITE, { input: { email } });
    expect((await app.mail.waitForMail({ to: email })).subject).toMatch(/^Sie sind zu .* eingeladen$/);
  });

  it("is void while the tenant is suspended", async () => {
    const { admin, tenant } = await createTenantWithUsers(app);
    const { token } = await invite(app, admin);
    await set(tenant, { status: "SUSPENDED" });
    expect(await app.client().refused(ACCEPT, { input: { token, password: newPassword() } })).toMatchObject(invalid);
    await set(tenant, { status: "ACTIVE" });
    await accept(app.client(), token);
  });
});

describe("inviting a user", () => {
  it("requires a fresh proof of a credential to grant more than the plain user's role", async () => {
    const { admin } = await createTenantWithUsers(app);
    const email = newEmail();
    app.clock.advance(10 * MINUTE + 1);
    const refusal = await admin.client.refused(INVITE, { input: { email, roleIds: await roleIdsOf(app, admin) } });
    expect(refusal).toMatchObject({ code: "REAUTHENTICATION_REQUIRED" });
    expect(await holderOf(email)).toBeNull();
    expect((await invite(app, admin, { email })).invitation).toMatchObject({ roles: [{ name: "MEMBER" }] });
  });

  it("works for any address, with the same response for one that already has a user; only that user is notified", async () => {
    const { admin, bob, tenant } = await createTenantWithUsers(app, "Spies");
    const elsewhere = await createTenantWithUsers(app);
    const suspended = await addUser(app, tenant, { status: "SUSPENDED" });
    const free = newEmail("free");
    const invitations = [];
    for (const email of [free, bob.email, elsewhere.bob.email, suspended.email]) {
      const holder = await holderOf(email);
      const { inviteUser } = await admin.client.ask(INVITE, { input: { email, name: "Ivy" } });
      const { id, email: invited, invitedAt, expiresAt, ...told } = inviteUser.invitation;
      invitations.push(told);
      expect(invited).toBe(email);
      expect([id, invitedAt, expiresAt]).toEqual(Array(3).fill(expect.any(String)));
      expect(await holderOf(email)).toEqual(holder);
    }
    expect(new Set(invitations.map((told) => JSON.stringify(told))).size).toBe(1);
    const mail = await app.mail.waitForMail({
      to: elsewhere.bob.email,
      subject: "You are invited to a company on Portcullis",
    });
    expect(mail.text).not.toMatch(/https?:/);
    expect(mail.text).toContain("“Spies”");
    const { nodes } = (await admin.client.ask(LIST)).invitations;
    expect(new Set(nodes.map(({ status }: UntypedData) => status))).toEqual(new Set(["PENDING"]));
  });

  it("has no effect once the address has a user, and the link's error gives the reason", async () => {
    const { admin } = await createTenantWithUsers(app);
    const { token, invitation } = await invite(app, admin);
    const { email } = invitation;
    await verify(app.client(), await register(app, { email, password: newPassword() }));
    const before = await holderOf(email);
    const { errors } = await app.client().send(ACCEPT, { input: { token, password: newPassword() } });
    expect(errors).toMatchObject([
      { message: expect.stringContaining("has an account already"), extensions: { code: "INVALID_TOKEN" } },
    ]);
    expect(await holderOf(email)).toEqual(before);
    expect((await admin.client.ask(LIST)).invitations.nodes).toMatchObject([{ email, status: "PENDING" }]);
  });

  it.each(["here", "elsewhere"] as const)(
    "is also possible for another tenant: the link that is used (%s) grants its own roles, and the other is void",
    async (followed) => {
      const [here, elsewhere] = [await createTenantWithUsers(app), await createTenantWithUsers(app)];
      const there = await invite(app, elsewhere.admin, { name: "Ivy There" });
      const { email } = there.invitation;
      const wanted = { email, name: "Ivy Here", roles: ["ADMIN"] };
      const older = await invite(app, here.admin, wanted);
      const newer = await invite(app, here.admin, wanted);
      expect(newer.invitation).toMatchObject({ status: "PENDING", roles: [{ name: "MEMBER" }, { name: "ADMIN" }] });
      expect(newer.invitation.id).not.toBe(there.invitation.id);
      expect(await app.client().ask(TOKEN_STATUS, { token: older.token })).toEqual({
        checkPasswordResetToken: { valid: false },
      });

      const [good, dead, tenant] = followed === "here" ? [newer, there, here.tenant] : [there, newer, elsewhere.tenant];
      const client = app.client();
      await accept(client, good.token);
      const { me } = await client.ask(
        "{ me { name memberships { roles { name } } status emailVerified tenant { id } } }",
      );
      expect(me).toEqual({
        name: good.invitation.name,
        memberships: [{ roles: good.invitation.roles }],
        status: "ACTIVE",
        emailVerified: true,
        tenant: { id: tenant.id },
      });
      expect(
        await app.client().refused(ACCEPT, { input: { token: dead.token, password: newPassword() } }),
      ).toMatchObject(invalid);
    },
  );

  it("works for an address that another person registered but never verified; their link and password are void then", async () => {
    const { admin } = await createTenantWithUsers(app);
    const [email, password] = [newEmail(), newPassword()];
    const planted = await register(app, { email, password });
    const { token } = await invite(app, admin, { email });
    await accept(app.client(), token);
    expect(await app.client().refused(VERIFY, verifying(planted))).toMatchObject(invalid);
    const login = "mutation ($input: LoginInput!) { login(input: $input) { __typename } }";
    expect(await app.client().refused(login, { input: { identifier: email, password } })).toMatchObject({
      code: "INVALID_CREDENTIALS",
    });
  });

  it("requires a valid address, and a valid name if given", async () => {
    const { admin } = await createTenantWithUsers(app);
    for (const [input, path] of [
      [{ email: ".x@example.com" }, "input.email"],
      [{ email: newEmail(), name: "a\r\nBcc: b" }, "input.name"],
    ] as const)
      expect(await admin.client.refused(INVITE, { input })).toMatchObject({
        code: "BAD_USER_INPUT",
        fields: [{ path }],
      });
  });

  it("is limited to ten mails an hour for one recipient, from all inviters together", async () => {
    const { admin } = await createTenantWithUsers(app);
    const input = { email: newEmail() };
    for (let i = 0; i < 10; i++) await admin.client.ask(INVITE, { input });
    expect(await admin.client.refused(INVITE, { input })).toMatchObject({ code: "RATE_LIMITED" });
    await admin.client.ask(INVITE, { input: { email: newEmail() } });
  });
});

describe("an admin", () => {
  it("can invite 100 people a day, and again after a day", async () => {
    const [{ admin }, other] = [await createTenantWithUsers(app), await createTenantWithUsers(app)];
    const actor = { viewer: await viewerOf(app, admin), client: CLIENT };
    const another = () => ({ email: newEmail() });
    for (let i = 0; i < 100; i++) await app.app.invitations.invite(actor, another());
    const input = { email: newEmail() };
    const refusal = await admin.client.refused(INVITE, { input });
    expect(refusal).toMatchObject({ code: "RATE_LIMITED", retryAfter: expect.any(Number) });
    expect(await holderOf(input.email)).toBeNull();
    await other.admin.client.ask(INVITE, { input });
    app.clock.advance(DAY);
    await app.app.invitations.invite(actor, another());
  });
});

describe("the invitations of a tenant", () => {
  it("are listed with their status, for its admins and for operators only", async () => {
    const { admin, bob } = await createTenantWithUsers(app);
    const stranger = await createTenantWithUsers(app);
    const expired = await invite(app, admin);
    app.clock.advance(7 * DAY);
    for (const { client, email, password } of [admin, bob, stranger.admin]) await logIn(client, email, password);
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    const [accepted, pending] = [await invite(app, admin), await invite(app, admin, { name: "Ivy" })];
    await accept(app.client(), accepted.token);
    const list = async (status?: string) => (await admin.client.ask(LIST, { status })).invitations.nodes;
    expect(await list()).toMatchObject([
      { id: pending.invitation.id, name: "Ivy", status: "PENDING", invitedBy: { id: admin.id } },
      { id: accepted.invitation.id, status: "ACCEPTED" },
      { id: expired.invitation.id, status: "EXPIRED" },
    ]);
    for (const status of ["PENDING", "ACCEPTED", "EXPIRED"])
      expect((await list(status)).map((each: UntypedData) => each.status)).toEqual([status]);
    const { id } = pending.invitation;
    expect((await admin.client.ask(NODE, { id })).node).toMatchObject({ __typename: "Invitation", status: "PENDING" });
    expect((await operator.client.ask(NODE, { id })).node).toMatchObject({ id });
    for (const { client } of [bob, stranger.admin]) expect(await client.ask(NODE, { id })).toEqual({ node: null });
    expect((await stranger.admin.client.ask(LIST)).invitations.nodes).toEqual([]);
    expect(await bob.client.refused(LIST)).toMatchObject({ reason: "MISSING_PERMISSION" });
  });

  it("can be revoked: the link is void then, and the address can be invited again", async () => {
    const { admin, bob } = await createTenantWithUsers(app);
    const stranger = await createTenantWithUsers(app);
    const { invitation, token } = await invite(app, admin, { roles: ["ADMIN"] });
    const { id, email } = invitation;
    expect(await stranger.admin.client.refused(REVOKE, { id })).toMatchObject({ code: "NOT_FOUND" });
    expect(await bob.client.refused(REVOKE, { id })).toMatchObject({ reason: "MISSING_PERMISSION" });
    expect((await admin.client.ask(LIST, { status: "PENDING" })).invitations.nodes).toHaveLength(1);
    for (let time = 0; time < 2; time++)
      expect((await admin.client.ask(REVOKE, { id })).revokeInvitation.invitation).toMatchObject({
        id,
        status: "REVOKED",
      });
    expect(await app.client().refused(ACCEPT, { input: { token, password: newPassword() } })).toMatchObject(invalid);
    expect(await app.client().ask(TOKEN_STATUS, { token })).toEqual({ checkPasswordResetToken: { valid: false } });
    expect(await holderOf(email)).toBeNull();

    const again = await invite(app, admin, { email });
    expect(again.invitation.id).not.toBe(id);
    await accept(app.client(), again.token);
    expect(await admin.client.refused(REVOKE, { id: again.invitation.id })).toMatchObject({ code: "CONFLICT" });
  });

  const SUSPEND = "mutation ($id: ID!) { suspendUser(input: { userId: $id }) { user { status } } }";
  const REACTIVATE = "mutation ($id: ID!) { reactivateUser(input: { userId: $id }) { user { status } } }";
  const DELETE = "mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { deletedUserId } }";
  it.each<[string, (inviter: SignedInUser, boss: SignedInUser) => Promise<unknown>]>([
    ["is suspended", ({ id }, boss) => boss.client.ask(SUSPEND, { id })],
    [
      "was suspended and reactivated",
      async ({ id }, boss) => {
        await boss.client.ask(SUSPEND, { id });
        await boss.client.ask(REACTIVATE, { id });
      },
    ],
    ["is no longer an admin", ({ id }, boss) => setRoles(app, boss, { id })],
    ["has deleted the account", ({ client, password }) => client.ask(DELETE, { input: { password } })],
  ])("are void if the inviter %s", async (_, happens) => {
    const { tenant, admin: boss } = await createTenantWithUsers(app);
    const inviter = await createMember(app, tenant, "ADMIN");
    const { invitation, token } = await invite(app, inviter, { roles: ["ADMIN"] });
    await happens(inviter, boss);
    expect(await app.client().refused(ACCEPT, { input: { token, password: newPassword() } })).toMatchObject(invalid);
    expect(await holderOf(invitation.email)).toBeNull();
    expect((await boss.client.ask(LIST)).invitations.nodes).toMatchObject([{ id: invitation.id, status: "VOID" }]);
    // Another admin may invite.
    await accept(app.client(), (await invite(app, boss, { email: invitation.email })).token);
  });

  it("are deleted 90 days after they expired", async () => {
    const { admin } = await createTenantWithUsers(app);
    const { invitation } = await invite(app, admin);
    const actor = await viewerOf(app, admin);
    const list = async () => (await app.app.invitationLists.list(actor, {}, { first: 10 })).rows.map(({ id }) => id);
    app.clock.advance(96 * DAY);
    await app.app.invitations.sweep();
    expect(await list()).toEqual([invitation.id]);
    app.clock.advance(2 * DAY);
    await app.app.invitations.sweep();
    expect(await list()).toEqual([]);
  });
});
