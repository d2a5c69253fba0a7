import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { updateUser } from "../../../src/features/users/index.ts";
import { DAY, HOUR } from "../../../src/shared/durations.ts";
import { type AccountServices, PASSWORD, startAccountServices } from "../../support/account-services.ts";
import { newEmail } from "../../support/actors.ts";
import { foundTenant } from "../../support/companies.ts";
import { CLIENT, eventsOf } from "../../support/people.ts";

let services: AccountServices;
beforeAll(async () => {
  services = await startAccountServices();
});
afterAll(() => services?.close());

const OTHER = "a quite different passphrase";

const register = (
  email: string,
  more: { tenant?: string; password?: string; username?: string; name?: string; locale?: string } = {},
) => services.registration.register({ email, password: PASSWORD, ...more }, CLIENT);

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
    const request = register(email, { username: "a b", name: "line\nbreak" });
    await expect(request).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      detail: {
        fields: [{ path: "input.email" }, { path: "input.username" }, { path: "input.name" }],
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

  it("is closed where people come by invitation only, and leaves nothing", async () => {
    const { slug: tenant } = await foundTenant(services.test, "Closed", { registration: "INVITE_ONLY" });
    const email = newEmail();
    await expect(register(email, { tenant })).rejects.toMatchObject({ code: "FORBIDDEN" });
    await expect(services.userOf(email)).rejects.toThrow();
  });

  it("puts people into the tenant that they name, else into the default one", async () => {
    const { id, slug: tenant } = await foundTenant(services.test);
    const [named, unnamed] = [newEmail(), newEmail()];
    await register(named, { tenant });
    await register(unnamed);
    expect((await services.userOf(named)).tenantId).toBe(id);
    expect((await services.userOf(unnamed)).tenantId).toBe((await services.tenants.default()).id);
  });

  it("finds a suspended tenant as little as one that is not there", async () => {
    const { id, slug } = await foundTenant(services.test);
    await services.db.execute(sql`update tenants set status = 'SUSPENDED' where id = ${id}`);
    const refusalBy = (tenant: string) =>
      register(newEmail(), { tenant }).catch(({ code, message }) => ({ code, message }));
    expect(await refusalBy(slug)).toEqual({ code: "NOT_FOUND", message: "There is no such tenant." });
    for (const unknown of ["nobody's", "", id.toUpperCase()])
      expect(await refusalBy(unknown)).toEqual(await refusalBy(slug));
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

  it("puts whoever follows a link into the tenant of that link, and takes along nothing that another's admin gave", async () => {
    const [theirs, ours] = [await foundTenant(services.test), await foundTenant(services.test)];
    const email = newEmail();
    await register(email, { tenant: theirs.slug, password: OTHER });
    const { id } = await services.userOf(email);
    await updateUser(services.db, id, { roles: ["USER", "ADMIN"], passwordResetRequired: true });
    await register(email, { tenant: ours.slug });
    expect((await services.userOf(email)).tenantId).toBe(theirs.id);

    await verify(await services.mailedToken(email, "verify-email"));
    const user = await services.userOf(email);
    expect(user).toMatchObject({
      id,
      tenantId: ours.id,
      status: "ACTIVE",
      roles: ["USER"],
      passwordResetRequired: false,
    });
    expect(await services.verifies(user, PASSWORD)).toBe(true);
    const rows = await services.query<{ tenantId: string }>(
      sql`select tenant_id as "tenantId" from passwords where user_id = ${id}`,
    );
    expect(rows).toEqual([{ tenantId: ours.id }]);
    expect(await eventsOf(services.test, { id })).toMatchObject([
      { type: "USER_REGISTERED", tenantId: theirs.id },
      { type: "USER_REGISTERED", tenantId: ours.id },
      { type: "EMAIL_VERIFIED", tenantId: ours.id },
    ]);
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
