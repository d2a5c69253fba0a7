import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DAY, HOUR } from "../../../src/shared/durations.ts";
import { type AccountServices, PASSWORD, startAccountServices } from "../../support/account-services.ts";
import { newEmail } from "../../support/actors.ts";
import { CLIENT } from "../../support/people.ts";

let services: AccountServices;
beforeAll(async () => {
  services = await startAccountServices();
});
afterAll(() => services?.close());

const OTHER = "a quite different passphrase";

const register = (email: string, more: { password?: string; username?: string; name?: string; locale?: string } = {}) =>
  services.registration.register({ email, password: PASSWORD, ...more }, CLIENT);

const verify = (token: string) => services.emailChanges.verifyEmail(token, CLIENT);

describe("registering", () => {
  it("lets the visitor in with all that was wanted, once the address is proved", async () => {
    const email = newEmail();
    const wanted = { username: `Ada.${Date.now()}`, name: "  Ada Lovelace ", locale: "de-AT" };
    expect(await register(email, wanted)).toEqual({ next: "VERIFY_EMAIL" });

    const before = await services.userOf(email);
    expect(before).toMatchObject({ status: "PENDING_VERIFICATION", emailVerified: false, username: null });
    const [mail] = await services.mailsTo(email);
    expect(mail).toMatchObject({ template: "verify-email", locale: "de", data: {} });

    expect(await verify(await services.mailedToken(email, "verify-email"))).toEqual({ email });
    expect(await services.userOf(email)).toMatchObject({
      status: "ACTIVE",
      emailVerified: true,
      username: wanted.username,
      name: "Ada Lovelace",
      locale: "de-AT",
      roles: ["USER"],
    });
    expect(await services.verifies(before, PASSWORD)).toBe(true);
    expect(await services.eventsOf(before.id)).toEqual(["USER_REGISTERED", "EMAIL_VERIFIED"]);
  });

  it("names every faulty field at once, and changes nothing", async () => {
    const email = `dots..${newEmail()}`;
    const request = register(email, { username: "a b", name: "line\nbreak", locale: "klingon!" });
    await expect(request).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      detail: {
        fields: [{ path: "input.email" }, { path: "input.username" }, { path: "input.name" }, { path: "input.locale" }],
      },
    });
    await expect(services.userOf(email)).rejects.toThrow();
  });

  it("refuses a weak password by the field it is in", async () => {
    const email = newEmail();
    await expect(register(email, { password: email })).rejects.toMatchObject({
      code: "BAD_REQUEST",
      reason: "WEAK_PASSWORD",
      detail: { fields: [{ path: "input.password" }] },
    });
    await expect(services.userOf(email)).rejects.toThrow();
  });

  it("answers a taken address like a free one, and tells its owner", async () => {
    const owner = await services.newUser();
    expect(await register(owner.email.toUpperCase(), { password: OTHER })).toEqual({ next: "VERIFY_EMAIL" });
    expect((await services.mailsTo(owner.email)).at(-1)).toMatchObject({ template: "already-registered" });
    expect(await services.userOf(owner.email)).toEqual(owner);
    expect(await services.verifies(owner, PASSWORD)).toBe(true);
  });

  it("refuses a username that somebody has, in any case", async () => {
    const username = `taken_${Date.now()}`;
    await services.newUser({ username });
    const email = newEmail();
    await expect(register(email, { username: username.toUpperCase() })).rejects.toMatchObject({
      code: "CONFLICT",
      reason: "USERNAME_TAKEN",
    });
    await expect(services.userOf(email)).rejects.toThrow();
  });

  it("keeps no username for a stranger who has not proved anything", async () => {
    const username = `squat_${Date.now()}`;
    const squatter = newEmail("squatter");
    await register(squatter, { username });
    const owner = await services.newUser({ username });
    expect(owner.username).toBe(username);

    await verify(await services.mailedToken(squatter, "verify-email"));
    expect(await services.userOf(squatter)).toMatchObject({ status: "ACTIVE", username: null });
  });

  it.each(["APPROVAL", "INVITE_ONLY"])("is closed where the tenant's policy is %s", async (mode) => {
    const { id } = await services.tenants.default();
    await services.db.execute(sql`update tenants set registration = ${mode} where id = ${id}`);
    try {
      await expect(register(newEmail())).rejects.toMatchObject({ code: "FORBIDDEN" });
    } finally {
      await services.db.execute(sql`update tenants set registration = 'OPEN' where id = ${id}`);
    }
  });
});

describe("registering an address that waits for its proof", () => {
  it("gives whoever follows a link the password that was chosen with that link", async () => {
    const email = newEmail("victim");
    await register(email, { password: OTHER, name: "Attacker" });
    const attackers = await services.mailedToken(email, "verify-email");
    await register(email, { name: "Victim" });
    const victims = await services.mailedToken(email, "verify-email");

    await verify(victims);
    const user = await services.userOf(email);
    expect(user.name).toBe("Victim");
    expect(await services.verifies(user, PASSWORD)).toBe(true);
    expect(await services.verifies(user, OTHER)).toBe(false);

    await expect(verify(attackers)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect(await services.verifies(user, PASSWORD)).toBe(true);
  });

  it("changes nothing of the waiting user", async () => {
    const email = newEmail();
    await register(email, { name: "First" });
    const before = await services.userOf(email);
    await register(email, { password: OTHER, name: "Second" });
    expect(await services.userOf(email)).toEqual(before);
    expect(await services.verifies(before, PASSWORD)).toBe(true);
  });
});

describe("a verification link", () => {
  it("works once", async () => {
    const email = newEmail();
    await register(email);
    const token = await services.mailedToken(email, "verify-email");
    await verify(token);
    await expect(verify(token)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
  });

  it("is dead after 24 hours, and then another one does the same", async () => {
    const email = newEmail();
    await register(email, { username: `late_${Date.now()}`, name: "Late" });
    const token = await services.mailedToken(email, "verify-email");
    services.clock.advance(24 * HOUR);
    await services.links.sweep();
    await expect(verify(token)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect(await services.userOf(email)).toMatchObject({ status: "PENDING_VERIFICATION" });

    await services.registration.requestVerification(email.toUpperCase());
    await services.runJobs();
    await verify(await services.mailedToken(email, "verify-email"));
    const user = await services.userOf(email);
    expect(user).toMatchObject({ status: "ACTIVE", name: "Late", username: expect.stringMatching(/^late_/) });
    expect(await services.verifies(user, PASSWORD)).toBe(true);
  });

  it("sent again does what the newest registration wanted", async () => {
    const email = newEmail("victim");
    await register(email, { password: OTHER });
    services.clock.advance(5 * DAY);
    await register(email);
    await services.registration.requestVerification(email);
    await services.runJobs();
    await verify(await services.mailedToken(email, "verify-email"));
    expect(await services.verifies(await services.userOf(email), PASSWORD)).toBe(true);
  });

  it("is not sent again to anybody who does not wait for one", async () => {
    const owner = await services.newUser();
    const before = await services.mailsTo(owner.email);
    await services.registration.requestVerification(owner.email);
    await services.registration.requestVerification("nobody@example.com");
    await services.runJobs();
    expect(await services.mailsTo(owner.email)).toEqual(before);
    expect(await services.mailsTo("nobody@example.com")).toEqual([]);
  });

  it.each(["", "x", "A".repeat(64), `${"A".repeat(63)}\0`])("is refused when it is forged: %j", async (token) => {
    await expect(verify(token)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
  });
});

describe("where a taken address may be told", () => {
  it("says so, and sends nothing", async () => {
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
