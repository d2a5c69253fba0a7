import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DAY, HOUR } from "#shared/durations";
import { CLIENT } from "../../support/factories/stored-users.ts";
import { createTenant } from "../../support/factories/tenants.ts";
import { newEmail } from "../../support/factories/users.ts";
import {
  type AccountServices,
  PASSWORD,
  startAccountServices,
  verification,
} from "../../support/servers/account-services.ts";

let services: AccountServices;
beforeAll(async () => {
  services = await startAccountServices();
});
afterAll(() => services?.close());

const OTHER = "a quite different passphrase";
const CHOSEN = "what the owner has chosen 41";

const register = (
  email: string,
  more: { tenant?: string; password?: string; username?: string; name?: string; locale?: string } = {},
) => services.registration.register({ email, password: PASSWORD, ...more }, CLIENT);

/** Follows the link in the client that registered, or in another one, which has to choose a password. */
const verify = (token: string, given: Parameters<typeof verification>[1] = { password: CHOSEN }) =>
  services.emailVerification.verify(verification(token, given), CLIENT);

const registrationsOf = (email: string) =>
  services.query(sql`select status, tenant_id as "tenantId", password_hash as hash, closed_at as "closedAt"
    from registrations where email_canonical = ${email.toLowerCase()} order by id`);

describe("registering", () => {
  it("creates the user with all requested data, once the address is verified", async () => {
    const email = newEmail();
    const wanted = { username: `Ada.${Date.now()}`, name: "  Ada Lovelace ", locale: "de-AT" };
    const { next, challenge } = await register(email, wanted);
    expect(next).toBe("VERIFY_EMAIL");

    await expect(services.userOf(email)).rejects.toThrow();
    const [mail] = await services.mailsTo(email);
    expect(mail).toMatchObject({
      template: "verify-email",
      locale: "de",
      data: { at: expect.any(String), place: null },
    });

    const { user } = await verify(await services.mailedToken(email, "verify-email"), { challenge });
    expect(await services.userOf(email)).toMatchObject({
      id: user.id,
      status: "ACTIVE",
      emailVerified: true,
      username: wanted.username,
      name: "Ada Lovelace",
      locale: "de-AT",
      roles: ["USER"],
    });
    expect(await services.verifies(user, PASSWORD)).toBe(true);
    expect((await services.eventsOf(user.id)).slice(0, 3)).toEqual([
      "USER_REGISTERED",
      "EMAIL_VERIFIED",
      "LOGIN_SUCCEEDED",
    ]);
    expect(await registrationsOf(email)).toEqual([]);
  });

  it("reports every invalid field at the same time, and changes nothing", async () => {
    const email = `dots..${newEmail()}`;
    const request = register(email, { username: "a b", name: "line\nbreak" });
    await expect(request).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      detail: {
        fields: [{ path: "input.email" }, { path: "input.username" }, { path: "input.name" }],
      },
    });
    await expect(services.userOf(email)).rejects.toThrow();
  });

  it("refuses a weak password and names its field", async () => {
    const email = newEmail();
    await expect(register(email, { password: email })).rejects.toMatchObject({
      code: "BAD_REQUEST",
      reason: "WEAK_PASSWORD",
      detail: { fields: [{ path: "input.password" }] },
    });
    await expect(services.userOf(email)).rejects.toThrow();
  });

  it("answers a taken address like a free one, and notifies its user", async () => {
    const owner = await services.newUser();
    expect((await register(owner.email.toUpperCase(), { password: OTHER })).next).toBe("VERIFY_EMAIL");
    expect((await services.mailsTo(owner.email)).at(-1)).toMatchObject({ template: "already-registered" });
    expect(await services.userOf(owner.email)).toEqual(owner);
    expect(await services.verifies(owner, PASSWORD)).toBe(true);
  });

  it("refuses a username that is taken, in any case", async () => {
    const username = `taken_${Date.now()}`;
    await services.newUser({ username });
    const email = newEmail();
    await expect(register(email, { username: username.toUpperCase() })).rejects.toMatchObject({
      code: "CONFLICT",
      reason: "USERNAME_TAKEN",
    });
    await expect(services.userOf(email)).rejects.toThrow();
  });

  it("reserves no username before the address is verified", async () => {
    const username = `squat_${Date.now()}`;
    const squatter = newEmail("squatter");
    const { challenge } = await register(squatter, { username });
    const owner = await services.newUser({ username });
    expect(owner.username).toBe(username);

    await verify(await services.mailedToken(squatter, "verify-email"), { challenge });
    expect(await services.userOf(squatter)).toMatchObject({ status: "ACTIVE", username: null });
  });

  it("is refused if registration is by invitation only, and stores nothing", async () => {
    const { slug: tenant } = await createTenant(services.test, "Closed", { registration: "INVITE_ONLY" });
    const email = newEmail();
    await expect(register(email, { tenant })).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(services.userOf(email)).rejects.toThrow();
  });

  it("registers users in the named tenant, or else in the default one", async () => {
    const { id, slug: tenant } = await createTenant(services.test);
    const [named, unnamed] = [newEmail(), newEmail()];
    await register(named, { tenant });
    await register(unnamed);
    for (const email of [named, unnamed]) await verify(await services.mailedToken(email, "verify-email"));
    expect((await services.userOf(named)).tenantId).toBe(id);
    expect((await services.userOf(unnamed)).tenantId).toBe((await services.tenants.default()).id);
  });

  it("answers for a suspended tenant as for an unknown one", async () => {
    const { id, slug } = await createTenant(services.test);
    await services.db.execute(sql`update tenants set status = 'SUSPENDED' where id = ${id}`);
    const refusalBy = (tenant: string) =>
      register(newEmail(), { tenant }).catch(({ code, message }) => ({ code, message }));
    expect(await refusalBy(slug)).toEqual({ code: "NOT_FOUND", message: "There is no such tenant." });
    for (const unknown of ["nobody's", "", id.toUpperCase()])
      expect(await refusalBy(unknown)).toEqual(await refusalBy(slug));
  });
});

describe("registering an address with a pending verification", () => {
  it("uses the data of the registration whose link and challenge are used", async () => {
    const email = newEmail("victim");
    const attacker = await register(email, { password: OTHER, name: "Attacker" });
    const attackers = await services.mailedToken(email, "verify-email");
    const victim = await register(email, { name: "Victim" });
    const victims = await services.mailedToken(email, "verify-email");

    await verify(victims, { challenge: victim.challenge });
    const user = await services.userOf(email);
    expect(user.name).toBe("Victim");
    expect(await services.verifies(user, PASSWORD)).toBe(true);
    expect(await services.verifies(user, OTHER)).toBe(false);

    await expect(verify(attackers, { challenge: attacker.challenge })).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect(await services.verifies(user, PASSWORD)).toBe(true);
  });

  it("deletes the data of the other registrations in all tenants, including hashes and usernames", async () => {
    const [theirs, ours] = [await createTenant(services.test), await createTenant(services.test)];
    const email = newEmail();
    await register(email, { tenant: theirs.slug, password: OTHER, username: `other_${Date.now()}` });
    await register(email, { tenant: ours.slug });
    await verify(await services.mailedToken(email, "verify-email"));
    expect(await services.userOf(email)).toMatchObject({ tenantId: ours.id, roles: ["USER"], username: null });
    expect(await registrationsOf(email)).toMatchObject([
      { tenantId: theirs.id, hash: null, closedAt: expect.anything() },
    ]);
    expect(
      await services.query(sql`select from address_links where email_canonical = ${email} and used_at is null`),
    ).toEqual([]);
  });
});

const resend = async (email: string, challenge: string | null = null, tenant: string | null = null): Promise<void> => {
  await services.verificationMails.request({ email, challenge, tenant }, CLIENT);
  await services.runJobs();
};

describe("a verification link", () => {
  it("works once", async () => {
    const email = newEmail();
    await register(email);
    const token = await services.mailedToken(email, "verify-email");
    await verify(token);
    await expect(verify(token)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
  });

  it("expires after 24 hours, and a new one has the same effect", async () => {
    const email = newEmail();
    const { challenge } = await register(email, { username: `late_${Date.now()}`, name: "Late" });
    const token = await services.mailedToken(email, "verify-email");
    services.clock.advance(24 * HOUR);
    await services.addressLinks.sweep();
    await expect(verify(token, { challenge })).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    await expect(services.userOf(email)).rejects.toThrow();

    await resend(email.toUpperCase(), challenge);
    await verify(await services.mailedToken(email, "verify-email"), { challenge });
    const user = await services.userOf(email);
    expect(user).toMatchObject({ status: "ACTIVE", name: "Late", username: expect.stringMatching(/^late_/) });
    expect(await services.verifies(user, PASSWORD)).toBe(true);
  });

  it("sent again without a challenge is attached to no registration", async () => {
    const email = newEmail("victim");
    const { challenge } = await register(email, { password: OTHER, name: "Mallory" });
    services.clock.advance(5 * DAY);
    await resend(email);
    const token = await services.mailedToken(email, "verify-email");
    await expect(verify(token, { challenge })).rejects.toMatchObject({ reason: "PASSWORD_REQUIRED" });
    await verify(token);
    const user = await services.userOf(email);
    expect(user.name).toBeNull();
    expect([await services.verifies(user, OTHER), await services.verifies(user, CHOSEN)]).toEqual([false, true]);
  });

  it("can be sent again for 30 days", async () => {
    const email = newEmail();
    const { challenge } = await register(email);
    services.clock.advance(30 * DAY);
    const before = await services.mailsTo(email);
    await resend(email, challenge);
    await resend(email);
    expect(await services.mailsTo(email)).toEqual(before);
  });

  it("is not sent again for another tenant: without a named tenant only if the address is pending in just one", async () => {
    const [theirs, ours] = [await createTenant(services.test), await createTenant(services.test)];
    const email = newEmail("victim");
    await register(email, { tenant: ours.slug });
    await register(email, { tenant: theirs.slug, password: OTHER });
    const before = await services.mailsTo(email);
    await services.verificationMails.remind(services.db, email, CLIENT);
    await services.runJobs();
    expect(await services.mailsTo(email)).toEqual(before);
    await resend(email, null, ours.slug);
    await verify(await services.mailedToken(email, "verify-email"));
    expect((await services.userOf(email)).tenantId).toBe(ours.id);
  });

  it("is not sent again if the address has no pending registration", async () => {
    const owner = await services.newUser();
    const before = await services.mailsTo(owner.email);
    await resend(owner.email);
    await resend("nobody@example.com");
    expect(await services.mailsTo(owner.email)).toEqual(before);
    expect(await services.mailsTo("nobody@example.com")).toEqual([]);
  });

  it.each(["", "x", "A".repeat(64), `${"A".repeat(63)}\0`])("is refused when it is forged: %j", async (token) => {
    await expect(verify(token)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
  });
});

describe("with the setting that reveals taken addresses, a registration", () => {
  it("reports the taken address, and sends nothing", async () => {
    const open = await startAccountServices({ REVEAL_TAKEN_EMAIL: "true" });
    try {
      const owner = await open.newUser();
      const before = await open.mailsTo(owner.email);
      const request = open.registration.register({ email: owner.email, password: OTHER }, CLIENT);
      await expect(request).rejects.toMatchObject({ code: "CONFLICT", reason: "EMAIL_TAKEN" });
      expect(await open.mailsTo(owner.email)).toEqual(before);
    } finally {
      await open.close();
    }
  });
});
