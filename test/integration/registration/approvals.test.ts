import { eq } from "drizzle-orm";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { securityEvents } from "#features/audit/security-events.table";
import { challengeOf } from "#features/registration/index";
import { registrations } from "#features/registration/registrations.table";
import type { Tenant } from "#features/tenants/index";
import { DAY, HOUR } from "#shared/durations";
import type { RegistrationId } from "#shared/ids";
import { encodeCursor } from "#shared/paging";
import { ANONYMOUS, CLIENT, eventsOf, type StoredUser } from "../../support/factories/stored-users.ts";
import { addUser, createTenant, submitRegistration } from "../../support/factories/tenants.ts";
import { newEmail } from "../../support/factories/users.ts";
import {
  type AccountServices,
  PASSWORD,
  startAccountServices,
  verification,
} from "../../support/servers/account-services.ts";

const OTHER = "a quite different passphrase";
const CHOSEN = "what the owner has chosen 41";

let services: AccountServices;
beforeAll(async () => {
  services = await startAccountServices();
});
afterAll(() => services?.close());

let tenant: Tenant;
let admin: StoredUser;
beforeEach(async () => {
  tenant = await createTenant(services.test, "Acme", { registration: "APPROVAL" });
  admin = await employAdmin();
});

const employAdmin = async (of: Pick<Tenant, "id"> = tenant, role: "ADMIN" | "OPERATOR" = "ADMIN", locale = "en") =>
  services.signIn(await addUser(services.test, of, { roles: ["USER", role], locale, name: "Grace" }));

const apply = (email: string, more: { password?: string; name?: string } = {}) =>
  submitRegistration(services.test, tenant, { email, password: PASSWORD, ...more });

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

/** Follows the link in the client that registered, or in another one, which has to choose a password. */
const verify = (token: string, registrationId: string | null = null) => {
  const id = registrationId as RegistrationId | null;
  const given = id ? { challenge: challengeOf(services.test.keyRing, id) } : { password: CHOSEN };
  return services.emailVerification.verify(verification(token, given), CLIENT);
};

describe("a registration that requires approval", () => {
  it("waits with its password hashed, creates no user, and notifies the active admins, each in their language", async () => {
    const german = await employAdmin(tenant, "ADMIN", "de");
    const suspended = await addUser(services.test, tenant, { roles: ["USER", "ADMIN"], status: "SUSPENDED" });
    const plain = await addUser(services.test, tenant);
    const stranger = await employAdmin(await createTenant(services.test));
    const email = newEmail("Applicant");
    const answer = await services.registration.register(
      { tenant: tenant.slug, email, password: PASSWORD, username: "ada.l", name: " Ada <b> ", locale: "de" },
      CLIENT,
    );
    expect(answer).toMatchObject({ next: "AWAIT_APPROVAL", challenge: expect.any(String) });
    await services.runJobs();

    const data = { name: "Grace", at: expect.any(String), email, applicant: "Ada <b>" };
    expect(await services.mailsTo(admin.user.email)).toMatchObject([
      { template: "registration-requested", locale: "en", data },
    ]);
    expect(await services.mailsTo(german.user.email)).toMatchObject([{ locale: "de", data }]);
    for (const other of [suspended, plain, stranger.user]) expect(await services.mailsTo(other.email)).toEqual([]);
    expect(await services.mailsTo(email)).toEqual([]);
    await expect(services.userOf(email)).rejects.toThrow();

    const { rows } = await services.approvals.list(admin.viewer, { status: "PENDING" }, { first: 10 });
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

  it("sends no more notifications once it is decided", async () => {
    const id = await apply(newEmail());
    await services.approvals.reject(admin, id, null);
    await services.runJobs();
    expect(await services.mailsTo(admin.user.email)).toEqual([]);
  });

  it("is answered and stored in the same way if the address is taken; only its user is notified", async () => {
    const owner = await services.newUser();
    const id = await apply(owner.email.toUpperCase());
    expect(await rowOf(id)).toMatchObject({ status: "PENDING" });
    await services.runJobs();
    expect((await services.mailsTo(owner.email)).at(-1)).toMatchObject({ template: "already-registered" });
    expect(await eventsOfTenant()).toMatchObject([{ type: "REGISTRATION_REQUESTED" }]);
  });

  it("is validated like any other", async () => {
    const weak = services.registration.register(
      { tenant: tenant.slug, email: newEmail(), password: "Passw0rd" },
      CLIENT,
    );
    await expect(weak).rejects.toMatchObject({ code: "BAD_REQUEST", reason: "WEAK_PASSWORD" });
    expect((await services.approvals.list(admin.viewer, {}, { first: 10 })).rows).toEqual([]);
  });
});

describe("approving", () => {
  it("admits the applicant who verifies the address with the mailed link, with all data entered in the same client", async () => {
    const email = newEmail();
    const username = `ada_${Date.now()}`;
    await services.registration.register(
      { tenant: tenant.slug, email, password: PASSWORD, username, name: "Ada", locale: "de" },
      CLIENT,
    );
    const [waiting] = (await services.approvals.list(admin.viewer, {}, { first: 10 })).rows;
    const id = waiting?.id ?? "";
    expect(await services.approvals.approve(admin, id)).toMatchObject({ id, email, status: "APPROVED" });
    await expect(services.userOf(email)).rejects.toThrow();
    expect(await services.mailsTo(email)).toMatchObject([{ template: "registration-approved", locale: "de" }]);
    expect(await rowOf(id)).toMatchObject({ decidedBy: admin.user.id, decidedAt: expect.any(Date) });
    await expect(logIn(email, PASSWORD)).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });

    const { user } = await verify(await services.mailedToken(email, "registration-approved"), id);
    expect(await services.userOf(email)).toMatchObject({ status: "ACTIVE", username, name: "Ada", locale: "de" });
    expect(await services.verifies(user, PASSWORD)).toBe(true);
    expect((await eventsOf(services.test, user)).slice(0, 2)).toMatchObject([
      { type: "USER_REGISTERED", tenantId: tenant.id, details: { by: admin.user.id, registrationId: id } },
      { type: "EMAIL_VERIFIED", tenantId: tenant.id },
    ]);
    expect(await rowOf(id)).toMatchObject({ status: "APPROVED", passwordHash: null, closedAt: expect.any(Date) });
  });

  it("sends another link if the first one has expired, which requires a password", async () => {
    const email = newEmail();
    await services.approvals.approve(admin, await apply(email));
    services.clock.advance(8 * DAY);
    await services.verificationMails.request({ email, challenge: null, tenant: tenant.slug }, CLIENT);
    await services.runJobs();
    await verify(await services.mailedToken(email, "registration-approved"));
    expect(await services.verifies(await services.userOf(email), CHOSEN)).toBe(true);
  });

  it("is final: further decisions are a conflict, and change nothing", async () => {
    const email = newEmail();
    const id = await apply(email);
    await services.approvals.approve(admin, id);
    const decided = await rowOf(id);
    const conflict = { code: "CONFLICT", message: "This registration has already been decided." };
    await expect(services.approvals.approve(admin, id)).rejects.toMatchObject(conflict);
    await expect(services.approvals.reject(admin, id, "changed my mind")).rejects.toMatchObject(conflict);
    expect(await rowOf(id)).toEqual(decided);
    expect(await templatesTo(email)).toEqual(["registration-approved"]);
  });

  it("of several registrations for one address creates one user, and each challenge carries its own password", async () => {
    const email = newEmail("victim");
    const attackers = await apply(email, { password: OTHER, name: "Attacker" });
    const victims = await apply(email, { name: "Victim" });
    await services.approvals.approve(admin, attackers);
    const attackersToken = await services.mailedToken(email, "registration-approved");
    await services.approvals.approve(admin, victims);

    const { user } = await verify(await services.mailedToken(email, "registration-approved"), victims);
    expect((await services.userOf(email)).name).toBe("Victim");
    expect(await services.verifies(user, PASSWORD)).toBe(true);
    await expect(verify(attackersToken, attackers)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect(await services.verifies(user, PASSWORD)).toBe(true);
  });

  it("does not affect a registration in another tenant: the link that is used decides", async () => {
    const elsewhere = await createTenant(services.test);
    const email = newEmail();
    await services.registration.register({ tenant: elsewhere.slug, email, password: OTHER, name: "Theirs" }, CLIENT);
    const theirs = await services.mailedToken(email, "verify-email");
    const registrationId = await apply(email, { name: "Ours" });
    const answered = await services.approvals.approve(admin, registrationId);
    expect(answered).toMatchObject({ email, tenantId: tenant.id, name: "Ours", status: "APPROVED" });

    const ours = await services.mailedToken(email, "registration-approved");
    await verify(theirs);
    expect(await services.userOf(email)).toMatchObject({ tenantId: elsewhere.id, roles: ["USER"], name: null });
    await expect(verify(ours, registrationId)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
  });

  it("is answered in the same way if a user has the address; that user is notified, and nothing changes", async () => {
    const email = newEmail();
    const id = await apply(email);
    const owner = await addUser(services.test, await createTenant(services.test), { email });
    expect(await services.approvals.approve(admin, id)).toMatchObject({ id, status: "APPROVED" });
    expect(await templatesTo(email)).toEqual(["membership-offered"]);
    expect(await services.userOf(email)).toEqual(owner);
  });
});

describe("rejecting", () => {
  it("keeps the reason, deletes the password and notifies the applicant", async () => {
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

  it.each(["x".repeat(501), "two\nlines", "see https://evil.example"])("refuses a reason like %j", async (reason) => {
    const id = await apply(newEmail());
    await expect(services.approvals.reject(admin, id, reason)).rejects.toMatchObject({
      code: "BAD_USER_INPUT",
      detail: { fields: [{ path: "input.reason" }] },
    });
    expect(await rowOf(id)).toMatchObject({ status: "PENDING" });
  });
});

describe("the deciding users", () => {
  it("are the tenant's admins and operators; other users do not see the registrations", async () => {
    const id = await apply(newEmail());
    const stranger = await employAdmin(await createTenant(services.test));
    for (const unknown of [id, ANONYMOUS, "no id"]) {
      await expect(services.approvals.approve(stranger, unknown)).rejects.toMatchObject({ code: "NOT_FOUND" });
      await expect(services.approvals.reject(stranger, unknown, null)).rejects.toMatchObject({ code: "NOT_FOUND" });
      expect(await services.approvals.findVisible(stranger.viewer, unknown)).toBeNull();
    }
    expect((await services.approvals.list(stranger.viewer, {}, { first: 10 })).rows).toEqual([]);
    const user = await services.signIn(await addUser(services.test, tenant));
    expect(await services.approvals.findVisible(user.viewer, id)).toBeNull();
    expect(await rowOf(id)).toMatchObject({ status: "PENDING" });

    const operator = await employAdmin(await createTenant(services.test), "OPERATOR");
    expect(await services.approvals.findVisible(operator.viewer, id)).toMatchObject({ id });
    expect((await services.approvals.list(operator.viewer, { status: "PENDING" }, { first: 1 })).rows).toMatchObject([
      { id },
    ]);
    expect(await services.approvals.approve(operator, id)).toMatchObject({ tenantId: tenant.id });
  });

  it("can decide and invite 100 times a day in total for a tenant", async () => {
    const id = await apply(newEmail());
    for (let n = 0; n < 100; n++) await services.invitations.invite(admin, { email: newEmail() });
    const colleague = await employAdmin(tenant);
    const limited = { code: "RATE_LIMITED", detail: { retryAfter: expect.any(Number) } };
    await expect(services.approvals.approve(colleague, id)).rejects.toMatchObject(limited);
    await expect(services.approvals.reject(colleague, id, null)).rejects.toMatchObject(limited);
    expect(await rowOf(id)).toMatchObject({ status: "PENDING" });
    services.clock.advance(DAY);
    await services.approvals.approve(colleague, id);
  });

  it("read the registrations page by page, newest first, and filtered by status", async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.unshift(await apply(newEmail()));
    await services.approvals.reject(admin, ids[1] ?? "", null);
    const read: string[] = [];
    let after: string | null = null;
    do {
      const page = await services.approvals.list(admin.viewer, {}, { first: 2, after });
      read.push(...page.rows.map(({ id }) => id));
      after = page.hasNextPage ? encodeCursor(page.rows.at(-1)?.id ?? "") : null;
    } while (after !== null);
    expect(read).toEqual(ids);
    const rejected = await services.approvals.list(admin.viewer, { status: "REJECTED" }, { first: 10 });
    expect(rejected.rows.map(({ id }) => id)).toEqual([ids[1]]);
  });
});

describe("a login before the decision", () => {
  it("is answered like a login with an unknown address, whatever the password is", async () => {
    const email = newEmail();
    await apply(email);
    for (const [identifier, password] of [
      [email, PASSWORD],
      [email.toUpperCase(), PASSWORD],
      [email, OTHER],
    ] as const)
      await expect(logIn(identifier, password)).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
  });

  it("succeeds for a user who has the address, with that user's password", async () => {
    const email = newEmail();
    await apply(email);
    await addUser(services.test, await createTenant(services.test), { email, password: OTHER });
    await expect(logIn(email, PASSWORD)).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
    expect(await logIn(email, OTHER)).toBeDefined();
  });

  it("returns the reason of the wait if the settings allow it, for the correct password only", async () => {
    const open = await startAccountServices({ REVEAL_TAKEN_EMAIL: "true" });
    try {
      const { slug } = await createTenant(open.test, "Deciding", { registration: "APPROVAL" });
      const attempt = (identifier: string, password: string) =>
        open.login.logIn(
          { identifier, password, deviceToken: null, deviceTokenInCookie: false, transport: "BODY" },
          CLIENT,
        );
      const [asked, registered] = [newEmail(), newEmail()];
      await open.registration.register({ tenant: slug, email: asked, password: PASSWORD }, CLIENT);
      await open.registration.register({ email: registered, password: PASSWORD }, CLIENT);
      await expect(attempt(asked, PASSWORD)).rejects.toMatchObject({ code: "FORBIDDEN", reason: "APPROVAL_PENDING" });
      await expect(attempt(registered, PASSWORD)).rejects.toMatchObject({
        code: "FORBIDDEN",
        reason: "EMAIL_NOT_VERIFIED",
      });
      for (const email of [asked, registered, newEmail()])
        await expect(attempt(email, OTHER)).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
    } finally {
      await open.close();
    }
  });
});

describe("old registrations", () => {
  it("are deleted 90 days after the decision, and after 30 days of waiting", async () => {
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

  it("are deleted with the account that they created", async () => {
    const email = newEmail();
    const id = await apply(email);
    await services.approvals.approve(admin, id);
    await verify(await services.mailedToken(email, "registration-approved"), id);
    const person = await services.signIn(await services.userOf(email));
    await services.account.deleteAccount(person.viewer, CLIENT, PASSWORD);
    expect(await rowOf(id)).toBeUndefined();
  });
});
