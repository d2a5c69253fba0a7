import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { securityEvents } from "../../../src/features/audit/security-events.table.ts";
import { registrations } from "../../../src/features/registration/registrations.table.ts";
import type { Tenant } from "../../../src/features/tenants/index.ts";
import { DAY, HOUR } from "../../../src/shared/durations.ts";
import type { RegistrationId } from "../../../src/shared/ids.ts";
import { encodeCursor } from "../../../src/shared/paging.ts";
import { type AccountServices, PASSWORD, startAccountServices } from "../../support/account-services.ts";
import { newEmail } from "../../support/actors.ts";
import { addUser, applyTo, foundTenant } from "../../support/companies.ts";
import { CLIENT, eventsOf, NOBODY, type Person } from "../../support/people.ts";

const OTHER = "a quite different passphrase";

let services: AccountServices;
beforeAll(async () => {
  services = await startAccountServices();
});
afterAll(() => services?.close());

let tenant: Tenant;
let admin: Person;
beforeEach(async () => {
  tenant = await foundTenant(services.test, "Acme", { registration: "APPROVAL" });
  admin = await employAdmin();
});

const employAdmin = async (of: Pick<Tenant, "id"> = tenant, role: "ADMIN" | "OPERATOR" = "ADMIN", locale = "en") =>
  services.signIn(await addUser(services.test, of, { roles: ["USER", role], locale, name: "Grace" }));

const apply = (email: string, more: { password?: string; name?: string } = {}) =>
  applyTo(services.test, tenant, { email, password: PASSWORD, ...more });

const rowOf = async (id: string) => {
  const [row] = await services.db
    .select()
    .from(registrations)
    .where(eq(registrations.id, id as RegistrationId));
  return row;
};

const templatesTo = async (email: string) => (await services.mailsTo(email)).map(({ template }) => template);

const eventsOfTenant = () => services.db.select().from(securityEvents).where(eq(securityEvents.tenantId, tenant.id));

const logIn = (identifier: string, password: string) =>
  services.login.logIn(
    { identifier, password, deviceToken: null, deviceTokenInCookie: false, transport: "BODY" },
    CLIENT,
  );

const verify = (token: string) => services.emailChanges.verifyEmail(token, CLIENT);

describe("a registration where an admin decides", () => {
  it("waits with its password hashed, makes no user, and is told to the active admins, each in their language", async () => {
    const german = await employAdmin(tenant, "ADMIN", "de");
    const suspended = await addUser(services.test, tenant, { roles: ["USER", "ADMIN"], status: "SUSPENDED" });
    const plain = await addUser(services.test, tenant);
    const stranger = await employAdmin(await foundTenant(services.test));
    const email = newEmail("Applicant");
    const answer = await services.registration.register(
      { tenant: tenant.slug, email, password: PASSWORD, username: "ada.l", name: " Ada <b> ", locale: "de" },
      CLIENT,
    );
    expect(answer).toEqual({ next: "AWAIT_APPROVAL" });
    await services.runJobs();

    const data = { name: "Grace", at: expect.any(String), email, applicant: "Ada <b>" };
    expect(await services.mailsTo(admin.user.email)).toMatchObject([
      { template: "registration-requested", locale: "en", data },
    ]);
    expect(await services.mailsTo(german.user.email)).toMatchObject([{ locale: "de", data }]);
    for (const other of [suspended, plain, stranger.user]) expect(await services.mailsTo(other.email)).toEqual([]);
    expect(await services.mailsTo(email)).toEqual([]);
    await expect(services.userOf(email)).rejects.toThrow();

    const { rows } = await services.approvals.list(admin.viewer, "PENDING", { first: 10 });
    expect(rows).toEqual([
      expect.objectContaining({ email, name: "Ada <b>", status: "PENDING", decidedAt: null, decidedBy: null }),
    ]);
    expect(rows[0]).not.toHaveProperty("passwordHash");
    const hash = (await rowOf(rows[0]?.id ?? ""))?.passwordHash ?? "";
    expect(await services.hasher.verify(hash, PASSWORD)).toBe(true);
    expect(await eventsOfTenant()).toMatchObject([
      { type: "REGISTRATION_REQUESTED", userId: null, details: { registrationId: rows[0]?.id } },
    ]);
  });

  it("is announced to nobody any more once it is decided", async () => {
    const id = await apply(newEmail());
    await services.approvals.reject(admin, id, null);
    await services.runJobs();
    expect(await services.mailsTo(admin.user.email)).toEqual([]);
  });

  it("answers a taken address alike: nothing waits, and its owner is told", async () => {
    const owner = await services.newUser();
    expect(await apply(owner.email.toUpperCase())).toBe("");
    expect((await services.mailsTo(owner.email)).at(-1)).toMatchObject({ template: "already-registered" });
    expect(await eventsOfTenant()).toEqual([]);
  });

  it("is checked like any other", async () => {
    const weak = services.registration.register(
      { tenant: tenant.slug, email: newEmail(), password: "Passw0rd" },
      CLIENT,
    );
    await expect(weak).rejects.toMatchObject({ code: "BAD_REQUEST", reason: "WEAK_PASSWORD" });
    expect((await services.approvals.list(admin.viewer, null, { first: 10 })).rows).toEqual([]);
  });
});

describe("approving", () => {
  it("makes a user who proves the address by the link of the mail, and then has all that was asked for", async () => {
    const email = newEmail();
    const username = `ada_${Date.now()}`;
    await services.registration.register(
      { tenant: tenant.slug, email, password: PASSWORD, username, name: "Ada", locale: "de" },
      CLIENT,
    );
    const [waiting] = (await services.approvals.list(admin.viewer, null, { first: 10 })).rows;
    const id = waiting?.id ?? "";
    const user = await services.approvals.approve(admin, id);
    expect(user).toMatchObject({ email, tenantId: tenant.id, status: "PENDING_VERIFICATION", emailVerified: false });
    expect(await services.mailsTo(email)).toMatchObject([
      { template: "registration-approved", locale: "de", data: {} },
    ]);
    expect(await rowOf(id)).toMatchObject({
      status: "APPROVED",
      passwordHash: null,
      decidedBy: admin.user.id,
      decidedAt: expect.any(Date),
    });
    expect(await eventsOf(services.test, user)).toMatchObject([
      { type: "USER_REGISTERED", tenantId: tenant.id, details: { by: admin.user.id, registrationId: id } },
    ]);
    await expect(logIn(email, PASSWORD)).rejects.toMatchObject({ code: "FORBIDDEN", reason: "EMAIL_NOT_VERIFIED" });

    await verify(await services.mailedToken(email, "registration-approved"));
    expect(await services.userOf(email)).toMatchObject({ status: "ACTIVE", username, name: "Ada", locale: "de" });
    expect(await services.verifies(user, PASSWORD)).toBe(true);
  });

  it("gives another link where the first one has expired", async () => {
    const email = newEmail();
    await services.approvals.approve(admin, await apply(email));
    services.clock.advance(2 * DAY);
    await services.registration.requestVerification(email);
    await services.runJobs();
    await verify(await services.mailedToken(email, "verify-email"));
    expect(await services.verifies(await services.userOf(email), PASSWORD)).toBe(true);
  });

  it("decides once: whatever follows is a conflict, and changes nothing", async () => {
    const email = newEmail();
    const id = await apply(email);
    await services.approvals.approve(admin, id);
    const decided = await rowOf(id);
    const conflict = { code: "CONFLICT", message: "This registration is decided already." };
    await expect(services.approvals.approve(admin, id)).rejects.toMatchObject(conflict);
    await expect(services.approvals.reject(admin, id, "changed my mind")).rejects.toMatchObject(conflict);
    expect(await rowOf(id)).toEqual(decided);
    expect(await templatesTo(email)).toEqual(["registration-approved"]);
  });

  it("of several registrations for one address makes one user, and each link carries its own password", async () => {
    const email = newEmail("victim");
    const attackers = await apply(email, { password: OTHER, name: "Attacker" });
    const victims = await apply(email, { name: "Victim" });
    const first = await services.approvals.approve(admin, attackers);
    const attackersToken = await services.mailedToken(email, "registration-approved");
    const second = await services.approvals.approve(admin, victims);
    expect(second.id).toBe(first.id);
    expect(await services.eventsOf(first.id)).toEqual(["USER_REGISTERED"]);

    await verify(await services.mailedToken(email, "registration-approved"));
    expect((await services.userOf(email)).name).toBe("Victim");
    expect(await services.verifies(second, PASSWORD)).toBe(true);
    await expect(verify(attackersToken)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect(await services.verifies(second, PASSWORD)).toBe(true);
  });

  it("changes nothing of a user who waits for the proof elsewhere, and shows nothing: the link alone moves", async () => {
    const elsewhere = await foundTenant(services.test);
    const email = newEmail();
    await services.registration.register({ tenant: elsewhere.slug, email, password: OTHER, name: "Theirs" }, CLIENT);
    const theirs = await services.mailedToken(email, "verify-email");
    const { id } = await services.userOf(email);
    await services.db.execute(sql`update users set roles = '{USER,ADMIN}' where id = ${id}`);
    const before = await services.userOf(email);

    const registrationId = await apply(email, { name: "Ours" });
    const answered = await services.approvals.approve(admin, registrationId);
    expect(answered).toMatchObject({ email, tenantId: tenant.id, name: "Ours", status: "PENDING_VERIFICATION" });
    expect(answered).toMatchObject({ roles: ["USER"] });
    expect(answered.id).not.toBe(id);
    expect(await rowOf(registrationId)).toMatchObject({ status: "APPROVED" });
    expect(await services.userOf(email)).toEqual(before);
    expect(await services.verifies(before, OTHER)).toBe(true);
    expect((await eventsOfTenant()).map(({ userId }) => userId)).not.toContain(id);

    // Whoever follows their link never hears of ours.
    await verify(theirs);
    expect(await services.userOf(email)).toMatchObject({ tenantId: elsewhere.id, roles: ["USER", "ADMIN"] });
  });

  it("moves whoever follows its link, and takes nothing along that an admin elsewhere gave", async () => {
    const elsewhere = await foundTenant(services.test);
    const email = newEmail();
    await services.registration.register({ tenant: elsewhere.slug, email, password: OTHER, name: "Theirs" }, CLIENT);
    const { id } = await services.userOf(email);
    await services.db.execute(sql`update users set roles = '{USER,ADMIN}' where id = ${id}`);
    await services.approvals.approve(admin, await apply(email, { name: "Ours" }));

    await verify(await services.mailedToken(email, "registration-approved"));
    const moved = await services.userOf(email);
    expect(moved).toMatchObject({ id, tenantId: tenant.id, name: "Ours", roles: ["USER"], status: "ACTIVE" });
    expect(await services.verifies(moved, PASSWORD)).toBe(true);
  });

  it("is refused where somebody has proved the address since; rejecting still works", async () => {
    const email = newEmail();
    const id = await apply(email);
    const owner = await addUser(services.test, await foundTenant(services.test), { email });
    await expect(services.approvals.approve(admin, id)).rejects.toMatchObject({
      code: "CONFLICT",
      reason: "EMAIL_TAKEN",
    });
    expect(await rowOf(id)).toMatchObject({ status: "PENDING" });
    expect(await services.userOf(email)).toEqual(owner);
    expect(await services.approvals.reject(admin, id, null)).toMatchObject({ status: "REJECTED" });
  });
});

describe("rejecting", () => {
  it("keeps the reason, forgets the password and tells the applicant", async () => {
    const email = newEmail();
    const id = await apply(email, { name: "Ada" });
    const rejected = await services.approvals.reject(admin, id, " Not one of ours ");
    expect(rejected).toMatchObject({ status: "REJECTED", reason: "Not one of ours", decidedBy: admin.user.id });
    expect(await rowOf(id)).toMatchObject({ status: "REJECTED", passwordHash: null });
    const data = { reason: "Not one of ours" };
    expect((await services.mailsTo(email)).map((mail) => [mail.template, mail.data])).toEqual([
      ["registration-rejected", data],
    ]);
    expect(await eventsOfTenant()).toMatchObject([
      { type: "REGISTRATION_REQUESTED" },
      { type: "REGISTRATION_REJECTED", userId: null, details: { by: admin.user.id, registrationId: id } },
    ]);
    await expect(services.userOf(email)).rejects.toThrow();
    await expect(logIn(email, PASSWORD)).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
  });

  it.each(["x".repeat(501), "two\nlines", "see https://evil.example"])("takes no reason like %j", async (reason) => {
    const id = await apply(newEmail());
    await expect(services.approvals.reject(admin, id, reason)).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      detail: { fields: [{ path: "reason" }] },
    });
    expect(await rowOf(id)).toMatchObject({ status: "PENDING" });
  });
});

describe("who decides", () => {
  it("are the tenant's admins and operators: to others nothing is there", async () => {
    const id = await apply(newEmail());
    const stranger = await employAdmin(await foundTenant(services.test));
    for (const unknown of [id, NOBODY, "no id"]) {
      await expect(services.approvals.approve(stranger, unknown)).rejects.toMatchObject({ code: "NOT_FOUND" });
      await expect(services.approvals.reject(stranger, unknown, null)).rejects.toMatchObject({ code: "NOT_FOUND" });
      expect(await services.approvals.findVisible(stranger.viewer, unknown)).toBeNull();
    }
    expect((await services.approvals.list(stranger.viewer, null, { first: 10 })).rows).toEqual([]);
    const user = await services.signIn(await addUser(services.test, tenant));
    expect(await services.approvals.findVisible(user.viewer, id)).toBeNull();
    expect(await rowOf(id)).toMatchObject({ status: "PENDING" });

    const operator = await employAdmin(await foundTenant(services.test), "OPERATOR");
    expect(await services.approvals.findVisible(operator.viewer, id)).toMatchObject({ id });
    expect((await services.approvals.list(operator.viewer, "PENDING", { first: 1 })).rows).toMatchObject([{ id }]);
    expect(await services.approvals.approve(operator, id)).toMatchObject({ tenantId: tenant.id });
  });

  it("decide and invite 100 times a day, for a whole tenant", async () => {
    const id = await apply(newEmail());
    for (let n = 0; n < 100; n++) await services.invitations.invite(admin, { email: newEmail(), roles: ["USER"] });
    const colleague = await employAdmin(tenant);
    const limited = { code: "RATE_LIMITED", detail: { retryAfter: expect.any(Number) } };
    await expect(services.approvals.approve(colleague, id)).rejects.toMatchObject(limited);
    await expect(services.approvals.reject(colleague, id, null)).rejects.toMatchObject(limited);
    expect(await rowOf(id)).toMatchObject({ status: "PENDING" });
    services.clock.advance(DAY);
    await services.approvals.approve(colleague, id);
  });

  it("read page by page, newest first, and by where it stands", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.unshift(await apply(newEmail()));
    await services.approvals.reject(admin, ids[1] ?? "", null);
    const read: string[] = [];
    let after: string | null = null;
    do {
      const page = await services.approvals.list(admin.viewer, null, { first: 2, after });
      read.push(...page.rows.map(({ id }) => id));
      after = page.hasNextPage ? encodeCursor(page.rows.at(-1)?.id ?? "") : null;
    } while (after !== null);
    expect(read).toEqual(ids);
    const rejected = await services.approvals.list(admin.viewer, "REJECTED", { first: 10 });
    expect(rejected.rows.map(({ id }) => id)).toEqual([ids[1]]);
  });
});

describe("a login meanwhile", () => {
  it("says that an admin has not decided, to the right password alone", async () => {
    const email = newEmail();
    await apply(email);
    await expect(logIn(email, PASSWORD)).rejects.toMatchObject({ code: "FORBIDDEN", reason: "APPROVAL_PENDING" });
    await expect(logIn(email.toUpperCase(), PASSWORD)).rejects.toMatchObject({ reason: "APPROVAL_PENDING" });
    await expect(logIn(email, OTHER)).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
  });

  it("is counted like any other: right ones take nothing away, wrong ones lock", async () => {
    const email = newEmail();
    await apply(email);
    for (let n = 0; n < 6; n++)
      await expect(logIn(email, PASSWORD)).rejects.toMatchObject({ reason: "APPROVAL_PENDING" });
    for (let n = 0; n < 5; n++)
      await expect(logIn(email, OTHER)).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
    await expect(logIn(email, PASSWORD)).rejects.toMatchObject({ code: "RATE_LIMITED" });
  });

  it("goes by the newest registration, and by no username", async () => {
    const email = newEmail();
    await services.registration.register(
      { tenant: tenant.slug, email, password: OTHER, username: "wanted.name" },
      CLIENT,
    );
    await expect(logIn("wanted.name", OTHER)).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
    await expect(logIn(email, OTHER)).rejects.toMatchObject({ reason: "APPROVAL_PENDING" });
    await apply(email);
    await expect(logIn(email, OTHER)).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
    await expect(logIn(email, PASSWORD)).rejects.toMatchObject({ reason: "APPROVAL_PENDING" });
  });

  it("of whoever has the address by now is his own", async () => {
    const email = newEmail();
    await apply(email);
    await addUser(services.test, await foundTenant(services.test), { email, password: OTHER });
    await expect(logIn(email, PASSWORD)).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
    expect(await logIn(email, OTHER)).toBeDefined();
  });
});

describe("old registrations", () => {
  it("are forgotten 90 days after the decision, and after 30 days of waiting", async () => {
    const [decided, waiting] = [await apply(newEmail()), await apply(newEmail())];
    await services.approvals.reject(admin, decided, null);
    services.clock.advance(30 * DAY - HOUR);
    await services.approvals.sweep();
    expect([await rowOf(decided), await rowOf(waiting)]).toMatchObject([{ id: decided }, { id: waiting }]);
    services.clock.advance(HOUR);
    await services.approvals.sweep();
    expect([await rowOf(decided), await rowOf(waiting)]).toMatchObject([{ id: decided }, undefined]);
    services.clock.advance(60 * DAY);
    await services.approvals.sweep();
    expect(await rowOf(decided)).toBeUndefined();
  });

  it("go with the account that was made of them", async () => {
    const email = newEmail();
    const id = await apply(email);
    await services.approvals.approve(admin, id);
    await verify(await services.mailedToken(email, "registration-approved"));
    const person = await services.signIn(await services.userOf(email));
    await services.account.deleteAccount(person.viewer, CLIENT, PASSWORD);
    expect(await rowOf(id)).toBeUndefined();
  });
});
