import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Tenant, tenants } from "../../../src/features/tenants/index.ts";
import { findUserByEmail, type User } from "../../../src/features/users/index.ts";
import { DAY, MINUTE } from "../../../src/shared/durations.ts";
import { logIn, newAddress, newEmail, newPassword, register } from "../../support/actors.ts";
import { startTestApp, type TestApp } from "../../support/app.ts";
import { addUser, employ, foundCompany, foundTenant } from "../../support/companies.ts";
import { ACCEPT, accept, INVITE, invite } from "../../support/invitations.ts";
import { CLIENT, eventsOf, viewerOf } from "../../support/people.ts";
import { standingOf } from "../../support/standing.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.stop());

const VERIFY = "mutation ($token: String!) { verifyEmail(token: $token) { email } }";
const TOKEN_STATUS = "query ($token: String!) { passwordResetToken(token: $token) { valid } }";

const holderOf = (email: string): Promise<User | null> => findUserByEmail(app.app.db, email);
const idOf = (user: { readonly id: string }) => ({ id: user.id as User["id"] });
const set = (tenant: Tenant, policy: Partial<Tenant>) =>
  app.app.db.update(tenants).set(policy).where(eq(tenants.id, tenant.id));
const invalid = { code: "INVALID_TOKEN" };

describe("an invitation", () => {
  it("becomes a user of the admin's tenant, who chooses a password and is signed in", async () => {
    const { admin, tenant } = await foundCompany(app, "Müller & <b>Söhne</b>");
    const email = newEmail("Ivy");
    const { user, token, mail } = await invite(app, admin, { email, name: " Ivy ", roles: ["ADMIN"] });
    expect(user).toEqual({
      id: user.id,
      email,
      emailVerified: false,
      name: "Ivy",
      status: "INVITED",
      roles: ["USER", "ADMIN"],
      locale: "en",
      tenant: { id: tenant.id },
    });
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
      user: { id: user.id, status: "ACTIVE", emailVerified: true, roles: ["USER", "ADMIN"], hasPassword: true },
      session: { authenticatedWith: ["PASSWORD"], device: { label: "Ivy's laptop" } },
      mfaRecommended: true,
    });
    expect((await client.ask("{ users(first: 10) { nodes { id } } }")).users.nodes).toContainEqual({ id: user.id });
    for (const identifier of [email, accepted.user.username]) await logIn(app.client(), identifier, password);

    const events = await eventsOf(app, idOf(user));
    expect(events.slice(0, 4).map(({ type, details }) => [type, details])).toEqual([
      ["USER_REGISTERED", { invitedBy: admin.id }],
      ["EMAIL_VERIFIED", {}],
      ["LOGIN_SUCCEEDED", { sessionId: accepted.session.id, methods: ["PASSWORD"], newDevice: true }],
      ["NEW_DEVICE", { sessionId: accepted.session.id }],
    ]);
  });

  it("sent once more has another link, and the newer name and roles; the older link is dead", async () => {
    const { admin } = await foundCompany(app);
    const email = newEmail();
    const first = await invite(app, admin, { email, name: "Iwy", roles: ["ADMIN"] });
    const second = await invite(app, admin, { email: email.toUpperCase(), name: "Ivy" });
    expect(second.user).toMatchObject({ id: first.user.id, name: "Ivy", roles: ["USER"], status: "INVITED" });

    expect(
      await app.client().refused(ACCEPT, { input: { token: first.token, password: newPassword() } }),
    ).toMatchObject(invalid);
    expect((await accept(app.client(), second.token)).user.roles).toEqual(["USER"]);
    expect((await eventsOf(app, idOf(first.user))).map(({ type }) => type).slice(0, 2)).toEqual([
      "USER_REGISTERED",
      "ROLES_CHANGED",
    ]);
  });

  it("is good once, and for seven days", async () => {
    const { admin } = await foundCompany(app);
    const { token } = await invite(app, admin);
    app.clock.advance(7 * DAY - MINUTE);
    expect(await app.client().ask(TOKEN_STATUS, { token })).toEqual({ passwordResetToken: { valid: true } });
    await accept(app.client(), token);
    expect(await app.client().refused(ACCEPT, { input: { token, password: newPassword() } })).toMatchObject(invalid);

    const late = await invite(app, await employ(app, await foundTenant(app), "ADMIN"));
    app.clock.advance(7 * DAY);
    expect(await app.client().ask(TOKEN_STATUS, { token: late.token })).toEqual({
      passwordResetToken: { valid: false },
    });
    expect(await app.client().refused(ACCEPT, { input: { token: late.token, password: newPassword() } })).toMatchObject(
      invalid,
    );
    expect(await holderOf(late.user.email)).toMatchObject({ status: "INVITED", emailVerified: false });
  });

  it("opens nothing else, and nothing else opens it", async () => {
    const { admin } = await foundCompany(app);
    const { token, user } = await invite(app, admin);
    const reset = "mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessions } }";
    expect(await app.client().refused(VERIFY, { token })).toMatchObject(invalid);
    expect(await app.client().refused(reset, { input: { token, newPassword: newPassword() } })).toMatchObject(invalid);
    const verification = await register(app, { email: newEmail(), password: newPassword() });
    for (const other of [verification, "", "x", `${token}A`])
      expect(await app.client().refused(ACCEPT, { input: { token: other, password: newPassword() } })).toMatchObject(
        invalid,
      );
    expect(await holderOf(user.email)).toMatchObject({ status: "INVITED" });
    await accept(app.client(), token);
  });

  it("waits while what is chosen cannot be used", async () => {
    const { admin, bob, tenant } = await foundCompany(app);
    await set(tenant, { passwordMinLength: 20 });
    const name = `bob_${newPassword().slice(8, 14).replaceAll(/\W/g, "x")}`;
    const rename = "mutation ($input: ChangeUsernameInput!) { changeUsername(input: $input) { user { id } } }";
    await bob.client.ask(rename, { input: { username: name, password: bob.password } });
    const { token, user } = await invite(app, admin);
    const before = await standingOf(app, [user]);
    const choose = (input: object) =>
      app.client().refused(ACCEPT, { input: { token, password: `${newPassword()} of twenty`, ...input } });
    expect(await choose({ password: "short but strange" })).toMatchObject({
      code: "BAD_REQUEST",
      reason: "WEAK_PASSWORD",
      fields: [{ path: "input.password" }],
    });
    expect(await choose({ password: user.email })).toMatchObject({ reason: "WEAK_PASSWORD" });
    expect(await choose({ username: "a b" })).toMatchObject({
      code: "BAD_USER_INPUT",
      fields: [{ path: "input.username" }],
    });
    expect(await choose({ username: name.toUpperCase() })).toMatchObject({
      code: "CONFLICT",
      reason: "USERNAME_TAKEN",
    });
    expect(await standingOf(app, [user])).toEqual(before);
    await accept(app.client(), token, { password: `${newPassword()} of twenty` });
  });

  it("needs no code and no confirmation: the mail was the proof", async () => {
    const { admin, tenant } = await foundCompany(app);
    await set(tenant, { requireSecondFactor: true, confirmLoginAtRisk: 0, secondFactorAtRisk: 0 });
    const { token } = await invite(app, admin);
    const client = app.client({ "x-forwarded-for": newAddress() });
    expect(await accept(client, token)).toMatchObject({ __typename: "LoginSuccess" });
    expect((await client.ask("{ me { status } }")).me.status).toBe("ACTIVE");
  });

  it("hands the tokens over as a login does", async () => {
    const { admin } = await foundCompany(app);
    const { token } = await invite(app, admin);
    const client = app.client();
    const { acceptInvitation } = await client.ask(ACCEPT, {
      input: { token, password: newPassword(), transport: "COOKIE" },
    });
    expect(acceptInvitation).toMatchObject({ tokens: { refreshToken: null }, deviceToken: null });
    expect([...client.cookies.keys()].toSorted()).toEqual(["__Host-portcullis_device", "__Host-portcullis_refresh"]);
  });

  it("speaks the language of who invites", async () => {
    const { admin } = await foundCompany(app);
    await admin.client.ask('mutation { updateProfile(input: { locale: "de-CH" }) { user { id } } }');
    const email = newEmail();
    await admin.client.ask(INVITE, { input: { email } });
    expect((await app.mail.waitForMail({ to: email })).subject).toMatch(/^Sie sind zu .* eingeladen$/);
  });

  it("is dead while the tenant is suspended", async () => {
    const { admin, tenant } = await foundCompany(app);
    const { token } = await invite(app, admin);
    await set(tenant, { status: "SUSPENDED" });
    expect(await app.client().refused(ACCEPT, { input: { token, password: newPassword() } })).toMatchObject(invalid);
    await set(tenant, { status: "ACTIVE" });
    await accept(app.client(), token);
  });
});

describe("who may be invited", () => {
  it("as more than a plain user is nobody by a session that has proved nothing lately", async () => {
    const { admin } = await foundCompany(app);
    const email = newEmail();
    app.clock.advance(10 * MINUTE + 1);
    const refusal = await admin.client.refused(INVITE, { input: { email, roles: ["ADMIN"] } });
    expect(refusal).toMatchObject({ code: "REAUTHENTICATION_REQUIRED" });
    expect(await holderOf(email)).toBeNull();
    expect((await invite(app, admin, { email })).user).toMatchObject({ roles: ["USER"] });
  });

  it("is nobody whose address another user has proved, wherever and however that one is", async () => {
    const { admin, bob, tenant } = await foundCompany(app);
    const elsewhere = await foundCompany(app);
    const suspended = await addUser(app, tenant, { status: "SUSPENDED" });
    for (const holder of [bob, elsewhere.bob, suspended]) {
      const before = await standingOf(app, [holder]);
      const input = { email: holder.email, roles: ["ADMIN"] };
      expect(await admin.client.refused(INVITE, { input })).toMatchObject({ code: "CONFLICT", reason: "EMAIL_TAKEN" });
      expect(await standingOf(app, [holder])).toEqual(before);
    }
  });

  it.each(["here", "elsewhere"] as const)(
    "is whoever waits in another tenant: nothing changes there, and the link that is followed (%s) gives what it says",
    async (followed) => {
      const [here, elsewhere] = [await foundCompany(app), await foundCompany(app)];
      const there = await invite(app, elsewhere.admin, { name: "Ivy There" });
      const { email } = there.user;
      const before = await holderOf(email);
      const wanted = { email, name: "Ivy Here", roles: ["ADMIN"] };
      const older = await invite(app, here.admin, wanted);
      const newer = await invite(app, here.admin, wanted);
      expect(newer.user).toMatchObject({ status: "INVITED", roles: ["USER", "ADMIN"], tenant: { id: here.tenant.id } });
      expect(newer.user.id).not.toBe(there.user.id);
      expect(await holderOf(email)).toEqual(before);
      expect(await app.client().ask(TOKEN_STATUS, { token: older.token })).toEqual({
        passwordResetToken: { valid: false },
      });

      const [good, dead] = followed === "here" ? [newer, there] : [there, newer];
      const client = app.client();
      await accept(client, good.token);
      const { me } = await client.ask("{ me { id name roles status emailVerified tenant { id } } }");
      expect(me).toEqual({
        id: there.user.id,
        name: good.user.name,
        roles: good.user.roles,
        status: "ACTIVE",
        emailVerified: true,
        tenant: good.user.tenant,
      });
      expect((await client.ask("{ sessions { current } }")).sessions).toEqual([{ current: true }]);
      expect(
        await app.client().refused(ACCEPT, { input: { token: dead.token, password: newPassword() } }),
      ).toMatchObject(invalid);
      const joined = (await eventsOf(app, idOf(me))).filter(
        ({ type, tenantId }) => type === "USER_REGISTERED" && tenantId === here.tenant.id,
      );
      expect(joined.map(({ details }) => details)).toEqual(followed === "here" ? [{ invitedBy: here.admin.id }] : []);
    },
  );

  it("is whoever has an address that a stranger registered and nobody proved: the stranger's link and password die then", async () => {
    const { admin } = await foundCompany(app);
    const [email, password] = [newEmail(), newPassword()];
    const planted = await register(app, { email, password });
    const stranger = await holderOf(email);
    const { user, token } = await invite(app, admin, { email });
    expect(user.id).not.toBe(stranger?.id);
    expect(await holderOf(email)).toEqual(stranger);

    await accept(app.client(), token);
    expect(await app.client().refused(VERIFY, { token: planted })).toMatchObject(invalid);
    const login = "mutation ($input: LoginInput!) { login(input: $input) { __typename } }";
    expect(await app.client().refused(login, { input: { identifier: email, password } })).toMatchObject({
      code: "INVALID_CREDENTIALS",
    });
  });

  it("may register all the same, or be made a member by the invitation: each link gives what it says", async () => {
    const { admin, tenant } = await foundCompany(app);
    for (const followed of ["registration", "invitation"]) {
      const { token, user } = await invite(app, admin, { name: "Ivy", roles: ["ADMIN"] });
      const before = await holderOf(user.email);
      const registration = await register(app, { email: user.email, password: newPassword(), name: "Ivy herself" });
      expect(await holderOf(user.email)).toEqual(before);
      if (followed === "registration") {
        await app.client().ask(VERIFY, { token: registration });
        expect(await app.client().refused(ACCEPT, { input: { token, password: newPassword() } })).toMatchObject(
          invalid,
        );
        const holder = await holderOf(user.email);
        expect(holder).toMatchObject({ id: user.id, status: "ACTIVE", name: "Ivy herself", roles: ["USER"] });
        expect(holder?.tenantId).not.toBe(tenant.id);
      } else {
        await accept(app.client(), token);
        expect(await app.client().refused(VERIFY, { token: registration })).toMatchObject(invalid);
        expect(await holderOf(user.email)).toMatchObject({
          tenantId: tenant.id,
          name: "Ivy",
          roles: ["USER", "ADMIN"],
        });
      }
    }
  });

  it("is no operator, unless an operator invites", async () => {
    const { admin, tenant } = await foundCompany(app);
    const email = newEmail();
    const insufficient = { code: "FORBIDDEN", reason: "INSUFFICIENT_ROLE" };
    const input = { email, roles: ["OPERATOR"] };
    expect(await admin.client.refused(INVITE, { input })).toMatchObject(insufficient);
    expect(await holderOf(email)).toBeNull();

    const operator = await employ(app, tenant, "OPERATOR");
    const { token, user } = await invite(app, operator, input);
    expect(await admin.client.refused(INVITE, { input: { email } })).toMatchObject(insufficient);
    expect((await accept(app.client(), token)).user).toMatchObject({ id: user.id, roles: ["USER", "OPERATOR"] });
  });

  it("has an address and a name that can be", async () => {
    const { admin } = await foundCompany(app);
    for (const [input, path] of [
      [{ email: ".x@example.com" }, "input.email"],
      [{ email: newEmail(), name: "a\r\nBcc: b" }, "input.name"],
    ] as const)
      expect(await admin.client.refused(INVITE, { input })).toMatchObject({
        code: "BAD_USER_INPUT",
        fields: [{ path }],
      });
  });

  it("gets no more than ten mails an hour, whoever invites", async () => {
    const { admin } = await foundCompany(app);
    const input = { email: newEmail() };
    for (let i = 0; i < 10; i++) await admin.client.ask(INVITE, { input });
    expect(await admin.client.refused(INVITE, { input })).toMatchObject({ code: "RATE_LIMITED" });
    await admin.client.ask(INVITE, { input: { email: newEmail() } });
  });
});

describe("an admin", () => {
  it("invites 100 people a day, and after a day again", async () => {
    const [{ admin }, other] = [await foundCompany(app), await foundCompany(app)];
    const actor = { viewer: await viewerOf(app, admin), client: CLIENT };
    const another = () => ({ email: newEmail(), roles: ["USER"] as const });
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

describe("an invitation that nobody accepts", () => {
  it("is forgotten 30 days after its link has expired, and the address is free again", async () => {
    const { admin } = await foundCompany(app);
    const { user } = await invite(app, admin);
    const sweep = async () => {
      await app.app.links.sweep();
      await app.app.account.sweep();
    };
    app.clock.advance(36 * DAY);
    await sweep();
    expect(await holderOf(user.email)).toMatchObject({ id: user.id });
    app.clock.advance(2 * DAY);
    await sweep();
    expect(await holderOf(user.email)).toBeNull();
  });
});
