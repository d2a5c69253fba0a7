import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type LinkPurpose, links as linksTable } from "../../../src/features/links/index.ts";
import { passwords } from "../../../src/features/passwords/index.ts";
import { registrations } from "../../../src/features/registration/registrations.table.ts";
import type { ProviderIdentity } from "../../../src/features/social/index.ts";
import { socialAccounts } from "../../../src/features/social/social-accounts.table.ts";
import { type Tenant, tenants } from "../../../src/features/tenants/index.ts";
import { findUserByEmail, type User, users } from "../../../src/features/users/index.ts";
import { DAY } from "../../../src/shared/durations.ts";
import type { Role } from "../../../src/shared/roles.ts";
import { newEmail, newPassword } from "../../support/actors.ts";
import { buildTestApp } from "../../support/app.ts";
import { addUser, applyTo, foundTenant } from "../../support/companies.ts";
import { CLIENT, eventsOf, type Person, signIn } from "../../support/people.ts";
import { SCRIPTED, type Social, socialOf, somebodyAt } from "../../support/scripted-providers.ts";
import { addSocialAccount } from "../../support/social-accounts.ts";
import { standingOf } from "../../support/standing.ts";

let app: Awaited<ReturnType<typeof buildTestApp>>;
let social: Social;
beforeAll(async () => {
  app = await buildTestApp({ settings: SCRIPTED });
  social = socialOf(app);
});
afterAll(() => app?.close());

const userAt = ({ email }: Pick<ProviderIdentity, "email">): Promise<User | null> =>
  findUserByEmail(app.app.db, (email ?? "").toLowerCase());

const accountsOf = ({ id }: Pick<User, "id">) =>
  app.app.db.select().from(socialAccounts).where(eq(socialAccounts.userId, id));

const countAll = async (): Promise<unknown> => {
  const [counts] = await app.app.db.execute(sql`
    select (select count(*) from users) as users, (select count(*) from social_accounts) as accounts,
           (select count(*) from sessions) as sessions, (select count(*) from login_challenges) as challenges,
           (select count(*) from registrations) as registrations, (select count(*) from security_events) as events`);
  return counts;
};

const mailsTo = async ({ email }: Pick<User, "email">): Promise<string[]> => {
  const jobs = await app.app.db.execute<{ template: string }>(sql`
    select payload ->> 'template' as template from graphile_worker._private_jobs where payload ->> 'to' = ${email}
    order by id`);
  return jobs.map(({ template }) => template);
};

const typesOf = async (user: User): Promise<string[]> => (await eventsOf(app, user)).map(({ type }) => type);

/** A user of whom nobody knows whose the address is, with a password that somebody has chosen. */
const addUnproved = (tenant: Tenant, status: "PENDING_VERIFICATION" | "INVITED" = "PENDING_VERIFICATION") =>
  addUser(app, tenant, { status, emailVerified: false, password: newPassword(), name: "A Stranger" });

const issue = (user: Pick<User, "id">, tenant: Tenant, purpose: LinkPurpose, roles?: readonly Role[]) =>
  app.app.db.transaction((tx) =>
    app.app.links.issue(tx, {
      user: { id: user.id, tenantId: tenant.id },
      purpose,
      payload: roles
        ? { invitation: { name: "Ivy Invited", roles, locale: "de", invitedBy: user.id } }
        : { registration: { passwordHash: "x", username: null, name: null, locale: "en", tenantId: tenant.id } },
      replaceOlder: false,
    }),
  );

describe("somebody whom nobody here knows", () => {
  it("becomes a user of the tenant that was named, with an address that is proved and no password", async () => {
    const tenant = await foundTenant(app);
    const email = newEmail("New.Comer");
    const identity = somebodyAt(social.acme, { email: email.replace("example", "Example"), name: "Nele New" });
    const { user } = await social.signIn(identity, { tenant: tenant.slug });
    expect(user).toMatchObject({
      tenantId: tenant.id,
      email: email.replace("example", "Example"),
      emailCanonical: email.toLowerCase(),
      emailVerified: true,
      name: "Nele New",
      username: null,
      roles: ["USER"],
      status: "ACTIVE",
    });
    expect(await app.app.passwords.haveUsers([user.id])).toEqual([false]);
    expect(await accountsOf(user)).toMatchObject([
      { tenantId: tenant.id, provider: "acme", issuer: identity.issuer, subject: identity.subject },
    ]);
    expect(await typesOf(user)).toEqual([
      "USER_REGISTERED",
      "EMAIL_VERIFIED",
      "SOCIAL_LINKED",
      "LOGIN_SUCCEEDED",
      "NEW_DEVICE",
    ]);
    // The account is as old as its user: of that nobody is told.
    expect(await mailsTo(user)).toEqual(["new-device"]);
  });

  it("has no name where the provider says none", async () => {
    const { user } = await social.signIn(somebodyAt(social.acme, { name: null }));
    expect(user.name).toBeNull();
  });

  it.each([
    ["is not verified", { emailVerified: false }],
    ["is missing", { email: null }],
  ])("is refused where the address %s, and nothing comes of it", async (_, traits) => {
    const before = await countAll();
    await expect(social.finish(somebodyAt(social.acme, traits))).rejects.toMatchObject({
      code: "FORBIDDEN",
      reason: "EMAIL_NOT_VERIFIED",
    });
    expect(await countAll()).toEqual(before);
  });

  it("is refused where people come by invitation only", async () => {
    const tenant = await foundTenant(app, "Closed", { registration: "INVITE_ONLY" });
    const before = await countAll();
    const refused = social.finish(somebodyAt(social.acme), { tenant: tenant.slug });
    await expect(refused).rejects.toMatchObject({ code: "FORBIDDEN", reason: undefined });
    expect(await countAll()).toEqual(before);
  });

  it("is refused where the tenant was suspended while the provider asked", async () => {
    const tenant = await foundTenant(app);
    const before = await countAll();
    social.acme.beforeAnswer = async () => {
      await app.app.db.update(tenants).set({ status: "SUSPENDED" }).where(eq(tenants.id, tenant.id));
    };
    const refused = social.finish(somebodyAt(social.acme), { tenant: tenant.slug });
    await expect(refused).rejects.toMatchObject({ code: "NOT_FOUND" });
    social.acme.beforeAnswer = async () => {};
    expect(await countAll()).toEqual(before);
  });
});

describe("somebody with an address that is known", () => {
  it("is told the same as with any other, where the provider has not verified it", async () => {
    const { email } = await addUser(app, await foundTenant(app));
    const refusals = [
      somebodyAt(social.acme, { email, emailVerified: false }),
      somebodyAt(social.acme, { emailVerified: false }),
    ];
    const [known, unknown] = await Promise.all(
      refusals.map((identity) => social.finish(identity).catch((error: unknown) => error)),
    );
    expect(known).toBeInstanceOf(Error);
    expect(known).toEqual(unknown);
  });

  it("is told that it is taken, where the settings say so", async () => {
    const telling = socialOf(app, { revealTakenEmail: true });
    const user = await addUser(app, await foundTenant(app));
    const before = await standingOf(app, [user]);
    const refused = telling.finish(somebodyAt(telling.acme, { email: user.email, emailVerified: false }));
    await expect(refused).rejects.toMatchObject({ code: "CONFLICT", reason: "EMAIL_TAKEN" });
    expect(await standingOf(app, [user])).toEqual(before);
    const unknown = telling.finish(somebodyAt(telling.acme, { emailVerified: false }));
    await expect(unknown).rejects.toMatchObject({ reason: "EMAIL_NOT_VERIFIED" });
  });

  it("is that user where both sides have proved it: the account is linked, the owner told, and the session rests on it", async () => {
    const user = await addUser(app, await foundTenant(app), { password: newPassword(), name: null });
    const identity = somebodyAt(social.acme, { email: user.email.toUpperCase() });
    const { session } = await social.signIn(identity);
    const [account] = await accountsOf(user);
    expect(account).toMatchObject({ provider: "acme", subject: identity.subject, lastUsedAt: expect.any(Date) });
    expect(session).toMatchObject({ userId: user.id, authenticatedWith: ["SOCIAL"], socialAccountId: account?.id });
    expect(await typesOf(user)).toEqual(["SOCIAL_LINKED", "LOGIN_SUCCEEDED", "NEW_DEVICE"]);
    expect(await mailsTo(user)).toEqual(["social-account-changed", "new-device"]);
    // What was empty is filled, and nothing else: the address stays as its owner wrote it.
    expect(await app.app.users.get(user.id)).toMatchObject({
      name: identity.name,
      email: user.email,
      tenantId: user.tenantId,
    });
    expect(await app.app.passwords.haveUsers([user.id])).toEqual([true]);
  });

  it("keeps the own name", async () => {
    const user = await addUser(app, await foundTenant(app), { name: "Own Name" });
    await social.signIn(somebodyAt(social.acme, { email: user.email }));
    expect((await app.app.users.get(user.id)).name).toBe("Own Name");
  });

  it("is found by the subject from then on, wherever the address has gone", async () => {
    const user = await addUser(app, await foundTenant(app));
    const identity = somebodyAt(social.acme, { email: user.email });
    await social.signIn(identity);
    const another = await addUser(app, await foundTenant(app));
    const { session } = await social.signIn({ ...identity, email: another.email });
    expect(session.userId).toBe(user.id);
    expect(await accountsOf(user)).toMatchObject([{ email: another.email }]);
    expect(await accountsOf(another)).toEqual([]);
    // What a provider leaves out is not forgotten.
    await social.signIn({ ...identity, email: null, emailVerified: false });
    expect(await accountsOf(user)).toMatchObject([{ email: another.email }]);
  });

  it("is not that user where this side has not proved it", async () => {
    const user = await addUser(app, await foundTenant(app), { emailVerified: false, status: "ACTIVE" });
    const before = await standingOf(app, [user]);
    const refused = social.finish(somebodyAt(social.acme, { email: user.email }));
    await expect(refused).rejects.toMatchObject({ code: "CONFLICT", reason: "EMAIL_TAKEN" });
    expect(await standingOf(app, [user])).toEqual(before);
  });

  it("is not that user where the user has another account of the provider", async () => {
    const user = await addUser(app, await foundTenant(app));
    await addSocialAccount(app, user, "acme");
    const before = await standingOf(app, [user]);
    const refused = social.finish(somebodyAt(social.acme, { email: user.email }));
    await expect(refused).rejects.toMatchObject({ code: "CONFLICT", reason: "EMAIL_TAKEN" });
    expect(await standingOf(app, [user])).toEqual(before);
  });

  it.each([
    ["ACCOUNT_SUSPENDED", { status: "SUSPENDED" }],
    ["PASSWORD_RESET_REQUIRED", { passwordResetRequired: true }],
    ["APPROVAL_PENDING", { status: "PENDING_APPROVAL" }],
  ] as const)("is kept out by %s, which the history tells, and nothing is linked", async (reason, traits) => {
    const user = await addUser(app, await foundTenant(app), traits);
    const refused = social.finish(somebodyAt(social.acme, { email: user.email }));
    await expect(refused).rejects.toMatchObject({ code: "FORBIDDEN", reason });
    expect(await accountsOf(user)).toEqual([]);
    expect(await eventsOf(app, user)).toMatchObject([{ type: "LOGIN_FAILED", details: { reason } }]);
  });

  it("is kept out where the tenant is suspended, linked or not", async () => {
    const tenant = await foundTenant(app);
    const [linked, unlinked] = [await addUser(app, tenant), await addUser(app, tenant)];
    const identity = somebodyAt(social.acme, { email: linked.email });
    await social.signIn(identity);
    await app.app.db.update(tenants).set({ status: "SUSPENDED" }).where(eq(tenants.id, tenant.id));
    const [account] = await accountsOf(linked);
    for (const who of [identity, somebodyAt(social.acme, { email: unlinked.email })])
      await expect(social.finish(who)).rejects.toMatchObject({ code: "FORBIDDEN", reason: "TENANT_SUSPENDED" });
    expect(await accountsOf(linked)).toEqual([account]);
    expect(await accountsOf(unlinked)).toEqual([]);
  });
});

describe("somebody with an address that waits for a proof", () => {
  it("becomes the user, as if nobody had asked for it before", async () => {
    const tenant = await foundTenant(app);
    const elsewhere = await foundTenant(app, "Elsewhere");
    const user = await addUser(app, elsewhere, {
      status: "PENDING_VERIFICATION",
      emailVerified: false,
      password: newPassword(),
      name: "A Stranger",
      locale: "de",
      roles: ["USER", "ADMIN"],
    });
    await issue(user, elsewhere, "verify-email");
    await issue(user, elsewhere, "invitation", ["ADMIN"]);
    await issue(user, elsewhere, "activate");
    const identity = somebodyAt(social.acme, { email: user.email });
    const { user: entered } = await social.signIn(identity, { tenant: tenant.slug });
    expect(entered).toMatchObject({
      id: user.id,
      tenantId: tenant.id,
      roles: ["USER"],
      name: identity.name,
      locale: "en",
      status: "ACTIVE",
      emailVerified: true,
    });
    expect(await app.app.db.select().from(passwords).where(eq(passwords.userId, user.id))).toEqual([]);
    expect(await app.app.db.select().from(linksTable).where(eq(linksTable.userId, user.id))).toEqual([]);
    expect(await typesOf(user)).toEqual([
      "USER_REGISTERED",
      "EMAIL_VERIFIED",
      "SOCIAL_LINKED",
      "LOGIN_SUCCEEDED",
      "NEW_DEVICE",
    ]);
  });

  it("gets what the invitation to the tenant gives, though others come by invitation only", async () => {
    const tenant = await foundTenant(app, "Closed", { registration: "INVITE_ONLY" });
    const user = await addUnproved(tenant, "INVITED");
    await issue(user, tenant, "invitation", ["USER"]);
    await issue(user, tenant, "invitation", ["USER", "ADMIN"]);
    const { user: entered } = await social.signIn(somebodyAt(social.acme, { email: user.email }), {
      tenant: tenant.slug,
    });
    expect(entered).toMatchObject({
      id: user.id,
      tenantId: tenant.id,
      roles: ["USER", "ADMIN"],
      name: "Ivy Invited",
      locale: "de",
      status: "ACTIVE",
    });
    expect(await app.app.passwords.haveUsers([user.id])).toEqual([false]);
    expect(await app.app.db.select().from(linksTable).where(eq(linksTable.userId, user.id))).toEqual([]);
  });

  it("is not brought to a company that was not asked for by that company's invitation", async () => {
    const [tenant, other] = [await foundTenant(app), await foundTenant(app, "Evil Corp")];
    const user = await addUnproved(other, "INVITED");
    await issue(user, other, "invitation", ["USER", "ADMIN"]);
    const { user: entered } = await social.signIn(somebodyAt(social.acme, { email: user.email }), {
      tenant: tenant.slug,
    });
    expect(entered).toMatchObject({ id: user.id, tenantId: tenant.id, roles: ["USER"], name: "Sofia Acme" });
  });

  it("is not let in by an invitation that has expired", async () => {
    const tenant = await foundTenant(app, "Closed", { registration: "INVITE_ONLY" });
    const user = await addUnproved(tenant, "INVITED");
    await issue(user, tenant, "invitation", ["USER", "ADMIN"]);
    app.clock.advance(8 * DAY);
    const before = await standingOf(app, [user]);
    const refused = social.finish(somebodyAt(social.acme, { email: user.email }), { tenant: tenant.slug });
    await expect(refused).rejects.toMatchObject({ code: "FORBIDDEN", reason: undefined });
    expect(await standingOf(app, [user])).toEqual(before);
  });
});

describe("somebody whom an admin has to approve", () => {
  const hire = async (tenant: Tenant): Promise<Person> =>
    signIn(app, await addUser(app, tenant, { roles: ["USER", "ADMIN"] }));
  const waitingIn = (tenant: Tenant) =>
    app.app.db.select().from(registrations).where(eq(registrations.tenantId, tenant.id)).orderBy(registrations.id);
  const PENDING = { code: "FORBIDDEN", reason: "APPROVAL_PENDING" };

  it("asks for it by logging in, once, however often that is", async () => {
    const tenant = await foundTenant(app, "Deciding", { registration: "APPROVAL" });
    const identity = somebodyAt(social.acme);
    for (let time = 0; time < 2; time++)
      await expect(social.finish(identity, { tenant: tenant.slug })).rejects.toMatchObject(PENDING);
    await Promise.all(
      Array.from({ length: 4 }, () =>
        expect(social.finish(identity, { tenant: tenant.slug })).rejects.toMatchObject(PENDING),
      ),
    );
    const waiting = await waitingIn(tenant);
    expect(waiting).toMatchObject([
      { email: identity.email, name: identity.name, passwordHash: null, status: "PENDING" },
    ]);
    expect(await userAt(identity)).toBeNull();
  });

  it("is let in by the next login once that is approved", async () => {
    const tenant = await foundTenant(app, "Deciding", { registration: "APPROVAL" });
    const admin = await hire(tenant);
    const identity = somebodyAt(social.acme);
    await expect(social.finish(identity, { tenant: tenant.slug })).rejects.toMatchObject(PENDING);
    const [registration] = await waitingIn(tenant);
    const approved = await app.app.approvals.approve(admin, registration?.id ?? "");
    expect(approved).toMatchObject({ status: "PENDING_VERIFICATION", emailVerified: false });
    const { user } = await social.signIn(identity, { tenant: tenant.slug });
    expect(user).toMatchObject({ id: approved.id, tenantId: tenant.id, status: "ACTIVE" });
    expect(await app.app.passwords.haveUsers([user.id])).toEqual([false]);
  });

  it("may follow the mailed link first, and has no password by it", async () => {
    const tenant = await foundTenant(app, "Deciding", { registration: "APPROVAL" });
    const admin = await hire(tenant);
    const identity = somebodyAt(social.acme);
    await expect(social.finish(identity, { tenant: tenant.slug })).rejects.toMatchObject(PENDING);
    const [registration] = await waitingIn(tenant);
    const { id } = await app.app.approvals.approve(admin, registration?.id ?? "");
    const link = await app.app.links.newest(app.app.db, id, "verify-email");
    if (!link) throw new Error("There is no link.");
    await app.app.emailChanges.verifyEmail(app.app.links.tokenOf(link), CLIENT);
    expect(await app.app.passwords.haveUsers([id])).toEqual([false]);
    const { user } = await social.signIn(identity, { tenant: tenant.slug });
    expect(user).toMatchObject({ id, tenantId: tenant.id });
  });

  it("does not come by a password that a stranger chose who asked with the same address before", async () => {
    const tenant = await foundTenant(app, "Deciding", { registration: "APPROVAL" });
    const identity = somebodyAt(social.acme);
    const email = identity.email ?? "";
    const password = newPassword();
    await applyTo(app, tenant, { email, password });
    await expect(social.finish(identity, { tenant: tenant.slug })).rejects.toMatchObject(PENDING);
    expect(await waitingIn(tenant)).toMatchObject([{ passwordHash: null }]);
    const login = app.app.login.logIn(
      { identifier: email, password, transport: "BODY", deviceToken: null, deviceTokenInCookie: false },
      CLIENT,
    );
    await expect(login).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
  });

  it("loses what a stranger's approved wish has left, password and link", async () => {
    const tenant = await foundTenant(app, "Deciding", { registration: "APPROVAL" });
    const admin = await hire(tenant);
    const identity = somebodyAt(social.acme);
    const registration = await applyTo(app, tenant, { email: identity.email ?? "" });
    const { id } = await app.app.approvals.approve(admin, registration);
    const link = await app.app.links.newest(app.app.db, id, "verify-email");
    if (!link) throw new Error("There is no link.");
    expect((await social.signIn(identity, { tenant: tenant.slug })).user.id).toBe(id);
    const followed = app.app.emailChanges.verifyEmail(app.app.links.tokenOf(link), CLIENT);
    await expect(followed).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect(await app.app.passwords.haveUsers([id])).toEqual([false]);
  });

  it("takes nothing from who waits there until an admin has decided", async () => {
    const tenant = await foundTenant(app, "Deciding", { registration: "APPROVAL" });
    const user = await addUnproved(await foundTenant(app, "Elsewhere"));
    const rowOf = () => app.app.db.select().from(users).where(eq(users.id, user.id));
    const before = await rowOf();
    const refused = social.finish(somebodyAt(social.acme, { email: user.email }), { tenant: tenant.slug });
    await expect(refused).rejects.toMatchObject(PENDING);
    expect(await rowOf()).toEqual(before);
    expect(await app.app.passwords.haveUsers([user.id])).toEqual([true]);
  });
});
