import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { tenants } from "#features/tenants/index";
import { findUserByEmail } from "#features/users/index";
import { DAY, HOUR } from "#shared/durations";
import { createMember, createTenant, createUser } from "../../support/factories/tenants.ts";
import {
  challengeOf,
  LOGIN,
  logIn,
  newAddress,
  newEmail,
  newPassword,
  REGISTER,
  register,
  type SignedInUser,
  tokenIn,
  VERIFY,
  verify,
} from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const RESEND =
  "mutation ($email: EmailAddress!, $challenge: String, $tenant: String) { resendVerificationEmail(input: { email: $email, challenge: $challenge, tenant: $tenant }) { accepted } }";
const APPROVE =
  "mutation ($id: ID!) { approveRegistration(input: { registrationId: $id }) { registration { id status } } }";
const PENDING = "{ registrations(filter: { status: PENDING }, first: 10) { nodes { id email } } }";
const EVERY = "{ registrations(first: 10) { nodes { id email status } } }";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.stop());
// Each test starts with an unused hourly registration limit.
beforeEach(() => app.clock.advance(HOUR));

const visitor = () => app.client({ "x-forwarded-for": newAddress() });
const userAt = (email: string) => findUserByEmail(app.app.db, email);
const opens = async (email: string, password: string): Promise<boolean> =>
  (await visitor().send(LOGIN, { input: { identifier: email, password } })).errors.length === 0;

/** The owner of an address, and an attacker who registered it first. */
const attacked = async (tenant?: string) => {
  const email = newEmail("victim");
  const attackers = newPassword();
  const input = { email, password: attackers, name: "Mallory", username: `mallory_${email.slice(7, 15)}`, tenant };
  const { register: planted } = await visitor().ask(REGISTER, { input });
  // In a tenant with approvals, nothing is mailed yet.
  const token = tenant ? "" : tokenIn(await app.mail.waitForMail({ to: email }));
  return { email, attackers, planted: planted.challenge as string, token };
};

describe("a verification link", () => {
  it("asks for a password in another client than the one that registered, and is not used up by that", async () => {
    const [email, typed, chosen] = [newEmail(), newPassword(), newPassword()];
    const token = await register(app, { email, password: typed, name: "Ada", username: `ada_${Date.now()}` });
    const phone = visitor();
    expect(await phone.refused(VERIFY, { input: { token } })).toMatchObject({
      code: "BAD_REQUEST",
      reason: "PASSWORD_REQUIRED",
    });
    expect(await userAt(email)).toBeNull();
    expect(await phone.refused(VERIFY, { input: { token, password: "Passw0rd" } })).toMatchObject({
      reason: "WEAK_PASSWORD",
      fields: [{ path: "input.password" }],
    });
    expect(await userAt(email)).toBeNull();

    const login = await verify(phone, token, { challenge: null, password: chosen, name: "Ada L." });
    expect(login.user).toMatchObject({ email, name: "Ada L.", username: null, emailVerified: true });
    expect(await opens(email, typed)).toBe(false);
    expect(await opens(email, chosen)).toBe(true);
  });

  it("does not accept the challenge of another registration, not even one of the same address", async () => {
    const { email, planted } = await attacked();
    const token = await register(app, { email, password: newPassword() });
    const foreign = await register(app, { email: newEmail(), password: newPassword() });
    for (const challenge of [planted, challengeOf(foreign), token, "", "x".repeat(64)])
      expect(await visitor().refused(VERIFY, { input: { token, challenge } })).toMatchObject({
        reason: "PASSWORD_REQUIRED",
      });
    expect(await userAt(email)).toBeNull();
  });

  it("creates the user without any data of an attacker's registration, whichever link the victim follows", async () => {
    const { email, attackers, token } = await attacked();
    const password = newPassword();
    const login = await verify(visitor(), token, { challenge: null, password });
    expect(login.user).toMatchObject({ email, name: null, username: null });
    expect(await opens(email, attackers)).toBe(false);
    expect(await opens(email, password)).toBe(true);
  });

  it("sent again without the challenge has no registration attached, so the attacker's newer one contributes nothing", async () => {
    const email = newEmail("victim");
    const own = newPassword();
    await register(app, { email, password: own, name: "Victim" });
    const attackers = newPassword();
    const attackersToken = await register(app, { email, password: attackers, name: "Mallory" });
    const attackersChallenge = challengeOf(attackersToken);
    await visitor().ask(RESEND, { email });
    const token = tokenIn(await app.mail.waitForMail({ to: email }));
    for (const challenge of [null, attackersChallenge])
      expect(await visitor().refused(VERIFY, { input: { token, challenge } })).toMatchObject({
        reason: "PASSWORD_REQUIRED",
      });
    const chosen = newPassword();
    expect((await verify(visitor(), token, { challenge: null, password: chosen })).user.name).toBeNull();
    expect([await opens(email, own), await opens(email, attackers), await opens(email, chosen)]).toEqual([
      false,
      false,
      true,
    ]);
  });

  it("of every other registration is void once the user exists, and changes nothing", async () => {
    const { email, attackers, planted, token: attackersToken } = await attacked();
    const password = newPassword();
    await verify(visitor(), await register(app, { email, password }));
    const before = await userAt(email);
    for (const input of [
      { token: attackersToken, challenge: planted },
      { token: attackersToken, password: attackers },
    ])
      expect(await visitor().refused(VERIFY, { input })).toMatchObject({ code: "INVALID_TOKEN" });
    await visitor().ask(RESEND, { email, challenge: planted });
    expect(await userAt(email)).toEqual(before);
    expect([await opens(email, attackers), await opens(email, password)]).toEqual([false, true]);
  });

  it("checks the tenant's policy again, unless an admin has approved", async () => {
    const tenant = await createTenant(app, "Acme");
    const email = newEmail();
    const { register: registered } = await visitor().ask(REGISTER, {
      input: { tenant: tenant.slug, email, password: newPassword() },
    });
    const token = tokenIn(await app.mail.waitForMail({ to: email }));
    await app.app.db.update(tenants).set({ registration: "INVITE_ONLY" }).where(eq(tenants.id, tenant.id));
    expect(await visitor().refused(VERIFY, { input: { token, challenge: registered.challenge } })).toMatchObject({
      code: "FORBIDDEN",
    });
    expect(await userAt(email)).toBeNull();
  });
});

describe("an approved registration", () => {
  const approve = async (email: string, admin: SignedInUser) => {
    const nodes = (await admin.client.ask(PENDING)).registrations.nodes as { id: string; email: string }[];
    const id = nodes.find((each) => each.email === email)?.id;
    expect((await admin.client.ask(APPROVE, { id })).approveRegistration.registration.status).toBe("APPROVED");
    return tokenIn(await app.mail.waitForMail({ to: email, subject: "Your registration was approved" }));
  };

  it("of an attacker lets the owner of the address in, without any data of the attacker", async () => {
    const tenant = await createTenant(app, "Acme", { registration: "APPROVAL" });
    const admin = await createMember(app, tenant, "ADMIN");
    const { email, attackers } = await attacked(tenant.slug);
    const token = await approve(email, admin);
    expect(await userAt(email)).toBeNull();
    expect(await visitor().refused(VERIFY, { input: { token } })).toMatchObject({ reason: "PASSWORD_REQUIRED" });
    const password = newPassword();
    const { user } = await verify(visitor(), token, { challenge: null, password });
    expect(user).toMatchObject({ name: null, username: null, tenant: { id: tenant.id } });
    expect([await opens(email, attackers), await opens(email, password)]).toEqual([false, true]);
  });

  it("has a link of 7 days, which can be sent again without the challenge", async () => {
    const tenant = await createTenant(app, "Acme", { registration: "APPROVAL" });
    const admin = await createMember(app, tenant, "ADMIN");
    const { email } = await attacked(tenant.slug);
    const token = await approve(email, admin);
    app.clock.advance(7 * DAY);
    expect(await visitor().refused(VERIFY, { input: { token, password: newPassword() } })).toMatchObject({
      code: "INVALID_TOKEN",
    });
    await visitor().ask(RESEND, { email, tenant: tenant.slug });
    const again = tokenIn(await app.mail.waitForMail({ to: email, subject: "Your registration was approved" }));
    const { user } = await verify(visitor(), again, { challenge: null, password: newPassword() });
    expect(user.tenant).toEqual({ id: tenant.id });
  });

  it("of an address that has a user gets the same response as any other, and only that user is notified", async () => {
    const owner = await createUser(app);
    const tenant = await createTenant(app, "Spies", { registration: "APPROVAL" });
    const admin = await createMember(app, tenant, "ADMIN");
    const free = newEmail("free");
    for (const email of [free, owner.email])
      await visitor().ask(REGISTER, { input: { tenant: tenant.slug, email, password: newPassword() } });
    const nodes = (await admin.client.ask(PENDING)).registrations.nodes as { id: string; email: string }[];
    expect(nodes.map(({ email }) => email).toSorted()).toEqual([free, owner.email].toSorted());
    for (const { id } of nodes)
      expect((await admin.client.ask(APPROVE, { id })).approveRegistration.registration).toEqual({
        id,
        status: "APPROVED",
      });
    await app.mail.waitForMail({ to: owner.email, subject: "A company wants to add your account" });
    await logIn(visitor(), owner.email, owner.password);
    expect((await userAt(owner.email))?.tenantId).not.toBe(tenant.id);
  });
});

describe("whether an address is free", () => {
  it("is not revealed by registering it and logging in, neither in open tenants nor in those with approvals", async () => {
    const owner = await createUser(app);
    for (const registration of ["OPEN", "APPROVAL"] as const) {
      const { slug: tenant } = await createTenant(app, "Acme", { registration });
      const answers = [];
      for (const email of [newEmail("free"), owner.email]) {
        const password = newPassword();
        await visitor().ask(REGISTER, { input: { tenant, email, password } });
        const { errors, status } = await visitor().send(LOGIN, { input: { identifier: email, password } });
        const { code, reason } = errors[0]?.extensions ?? {};
        answers.push({ status, code, reason, message: errors[0]?.message });
      }
      expect(answers[1]).toEqual(answers[0]);
      expect(answers[0]).toMatchObject({ code: "INVALID_CREDENTIALS" });
    }
  });

  it("is not revealed to an admin by the tenant's list of registrations, before and after the owner has verified it", async () => {
    const tenant = await createTenant(app, "Spies");
    const admin = await createMember(app, tenant, "ADMIN");
    const [taken, later] = [await createUser(app), newEmail("later")];
    for (const email of [taken.email, later])
      await visitor().ask(REGISTER, { input: { tenant: tenant.slug, email, password: newPassword() } });
    const list = async () => (await admin.client.ask(EVERY)).registrations.nodes;
    const before = await list();
    expect(before).toMatchObject([
      { email: later, status: "PENDING_VERIFICATION" },
      { email: taken.email, status: "PENDING_VERIFICATION" },
    ]);
    await app.mail.waitForMail({ to: later });
    await verify(visitor(), await register(app, { email: later, password: newPassword() }));
    expect(await list()).toEqual(before);
  });
});

describe("a login with an unverified address", () => {
  it("mails a reminder, once an hour, whose link has no registration attached", async () => {
    const [email, password] = [newEmail(), newPassword()];
    await register(app, { email, password });
    for (let attempt = 0; attempt < 3; attempt++)
      expect(await visitor().refused(LOGIN, { input: { identifier: email, password } })).toMatchObject({
        code: "INVALID_CREDENTIALS",
      });
    const token = tokenIn(await app.mail.waitForMail({ to: email, subject: "Confirm your e-mail address" }));
    expect(await visitor().refused(VERIFY, { input: { token } })).toMatchObject({ reason: "PASSWORD_REQUIRED" });
    await verify(visitor(), token, { challenge: null, password: newPassword() });
    const limits = await app.app.db.execute("select key from rate_limits where key like 'verification-reminder:%'");
    expect(limits.length).toBeGreaterThan(0);
  });
});
