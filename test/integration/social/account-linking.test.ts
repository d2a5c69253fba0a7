import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addressLinks } from "#features/links/index";
import { registrations } from "#features/registration/registrations.table";
import type { ProviderIdentity } from "#features/social/index";
import { socialAccounts } from "#features/social/social-accounts.table";
import { type Tenant, tenants } from "#features/tenants/index";
import { findUserByEmail, type User } from "#features/users/index";
import { DAY } from "#shared/durations";
import type { Role } from "#shared/roles";
import { snapshotOf } from "../../support/factories/database-snapshot.ts";
import { roleIdsOf } from "../../support/factories/roles.ts";
import { addSocialAccount } from "../../support/factories/social-accounts.ts";
import { CLIENT, eventsOf, type StoredUser, signIn } from "../../support/factories/stored-users.ts";
import { addUser, createTenant, submitRegistration } from "../../support/factories/tenants.ts";
import { newEmail, newPassword } from "../../support/factories/users.ts";
import { verification } from "../../support/servers/account-services.ts";
import { buildTestApp } from "../../support/servers/app.ts";
import { identityAt, SCRIPTED, type Social, socialOf } from "../../support/servers/scripted-providers.ts";

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

/** An admin of the tenant, who has invited the address. */
const invite = async (tenant: Tenant, email: string, roles: readonly Role[]): Promise<StoredUser> => {
  const admin = await signIn(app, await addUser(app, tenant, { roles: ["USER", "ADMIN"] }));
  await app.app.invitations.invite(admin, {
    email,
    name: "Ivy Invited",
    roleIds: await roleIdsOf(app, admin.user, roles),
  });
  return admin;
};

describe("an unknown person", () => {
  it("becomes a user of the named tenant, with a verified address and without a password", async () => {
    const tenant = await createTenant(app);
    const email = newEmail("New.Comer");
    const identity = identityAt(social.acme, { email: email.replace("example", "Example"), name: "Nele New" });
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
    // No notification of a linked account, because the user was created by this login.
    expect(await mailsTo(user)).toEqual(["new-device"]);
  });

  it("has no name if the provider returns none", async () => {
    const { user } = await social.signIn(identityAt(social.acme, { name: null }));
    expect(user.name).toBeNull();
  });

  it.each([
    ["is not verified", { emailVerified: false }],
    ["is missing", { email: null }],
  ])("is refused if the address %s, and nothing is stored", async (_, traits) => {
    const before = await countAll();
    await expect(social.finish(identityAt(social.acme, traits))).rejects.toMatchObject({
      code: "FORBIDDEN",
      reason: "EMAIL_NOT_VERIFIED",
    });
    expect(await countAll()).toEqual(before);
  });

  it("is refused if registration is by invitation only", async () => {
    const tenant = await createTenant(app, "Closed", { registration: "INVITE_ONLY" });
    const before = await countAll();
    const refused = social.finish(identityAt(social.acme), { tenant: tenant.slug });
    await expect(refused).rejects.toMatchObject({ code: "FORBIDDEN", reason: undefined });
    expect(await countAll()).toEqual(before);
  });

  it("is refused if the tenant was suspended during the visit to the provider", async () => {
    const tenant = await createTenant(app);
    const before = await countAll();
    social.acme.beforeAnswer = async () => {
      await app.app.db.update(tenants).set({ status: "SUSPENDED" }).where(eq(tenants.id, tenant.id));
    };
    const refused = social.finish(identityAt(social.acme), { tenant: tenant.slug });
    await expect(refused).rejects.toMatchObject({ code: "NOT_FOUND" });
    social.acme.beforeAnswer = async () => {};
    expect(await countAll()).toEqual(before);
  });
});

describe("a person with the address of an existing user", () => {
  it("gets the same response as with any other address, if the provider has not verified it", async () => {
    const { email } = await addUser(app, await createTenant(app));
    const refusals = [
      identityAt(social.acme, { email, emailVerified: false }),
      identityAt(social.acme, { emailVerified: false }),
    ];
    const [known, unknown] = await Promise.all(
      refusals.map((identity) => social.finish(identity).catch((error: unknown) => error)),
    );
    expect(known).toBeInstanceOf(Error);
    expect(known).toEqual(unknown);
  });

  it("gets the reason that the address is taken, if the settings allow it", async () => {
    const telling = socialOf(app, { revealTakenEmail: true });
    const user = await addUser(app, await createTenant(app));
    const before = await snapshotOf(app, [user]);
    const refused = telling.finish(identityAt(telling.acme, { email: user.email, emailVerified: false }));
    await expect(refused).rejects.toMatchObject({ code: "CONFLICT", reason: "EMAIL_TAKEN" });
    expect(await snapshotOf(app, [user])).toEqual(before);
    const unknown = telling.finish(identityAt(telling.acme, { emailVerified: false }));
    await expect(unknown).rejects.toMatchObject({ reason: "EMAIL_NOT_VERIFIED" });
  });

  it("logs in as that user if both sides have verified it: the account is linked, the user notified, and the session rests on it", async () => {
    const user = await addUser(app, await createTenant(app), { password: newPassword(), name: null });
    const identity = identityAt(social.acme, { email: user.email.toUpperCase() });
    const { session } = await social.signIn(identity);
    const [account] = await accountsOf(user);
    expect(account).toMatchObject({
      provider: "acme",
      subject: identity.subject,
      lastUsedAt: expect.any(Date),
      createdBySession: session.id,
    });
    expect(session).toMatchObject({ userId: user.id, authenticatedWith: ["SOCIAL"], socialAccountId: account?.id });
    expect(await typesOf(user)).toEqual(["LOGIN_SUCCEEDED", "NEW_DEVICE", "SOCIAL_LINKED"]);
    expect(await mailsTo(user)).toEqual(["new-device", "social-account-changed"]);
    // Only empty fields are filled: the address keeps the spelling that the user chose.
    expect(await app.app.users.get(user.id)).toMatchObject({
      name: identity.name,
      email: user.email,
      tenantId: user.tenantId,
    });
    expect(await app.app.passwords.haveUsers([user.id])).toEqual([true]);
  });

  it("keeps the user's own name", async () => {
    const user = await addUser(app, await createTenant(app), { name: "Own Name" });
    await social.signIn(identityAt(social.acme, { email: user.email }));
    expect((await app.app.users.get(user.id)).name).toBe("Own Name");
  });

  it("is found by the subject from then on, whatever the address becomes", async () => {
    const user = await addUser(app, await createTenant(app));
    const identity = identityAt(social.acme, { email: user.email });
    await social.signIn(identity);
    const another = await addUser(app, await createTenant(app));
    const { session } = await social.signIn({ ...identity, email: another.email });
    expect(session.userId).toBe(user.id);
    expect(await accountsOf(user)).toMatchObject([{ email: another.email }]);
    expect(await accountsOf(another)).toEqual([]);
    // Data that a provider omits is not deleted.
    await social.signIn({ ...identity, email: null, emailVerified: false });
    expect(await accountsOf(user)).toMatchObject([{ email: another.email }]);
  });

  it("does not log in as that user if Portcullis has not verified the address", async () => {
    const user = await addUser(app, await createTenant(app), { emailVerified: false, status: "ACTIVE" });
    const before = await snapshotOf(app, [user]);
    const refused = social.finish(identityAt(social.acme, { email: user.email }));
    await expect(refused).rejects.toMatchObject({ code: "CONFLICT", reason: "EMAIL_TAKEN" });
    expect(await snapshotOf(app, [user])).toEqual(before);
  });

  it("does not log in as that user if the user has another account of the provider", async () => {
    const user = await addUser(app, await createTenant(app));
    await addSocialAccount(app, user, "acme");
    const before = await snapshotOf(app, [user]);
    const refused = social.finish(identityAt(social.acme, { email: user.email }));
    await expect(refused).rejects.toMatchObject({ code: "CONFLICT", reason: "EMAIL_TAKEN" });
    expect(await snapshotOf(app, [user])).toEqual(before);
  });

  it.each([
    ["ACCOUNT_SUSPENDED", { status: "SUSPENDED" }],
    ["PASSWORD_RESET_REQUIRED", { passwordResetRequired: true }],
  ] as const)("is refused by %s, which is in the history, and nothing is linked", async (reason, traits) => {
    const user = await addUser(app, await createTenant(app), traits);
    const refused = social.finish(identityAt(social.acme, { email: user.email }));
    await expect(refused).rejects.toMatchObject({ code: "FORBIDDEN", reason });
    expect(await accountsOf(user)).toEqual([]);
    expect(await eventsOf(app, user)).toMatchObject([{ type: "LOGIN_FAILED", details: { reason } }]);
  });

  it("is refused if the tenant is suspended, linked or not", async () => {
    const tenant = await createTenant(app);
    const [linked, unlinked] = [await addUser(app, tenant), await addUser(app, tenant)];
    const identity = identityAt(social.acme, { email: linked.email });
    await social.signIn(identity);
    await app.app.db.update(tenants).set({ status: "SUSPENDED" }).where(eq(tenants.id, tenant.id));
    const [account] = await accountsOf(linked);
    for (const who of [identity, identityAt(social.acme, { email: unlinked.email })])
      await expect(social.finish(who)).rejects.toMatchObject({ code: "FORBIDDEN", reason: "TENANT_SUSPENDED" });
    expect(await accountsOf(linked)).toEqual([account]);
    expect(await accountsOf(unlinked)).toEqual([]);
  });
});

describe("a person with an address whose verification is pending", () => {
  it("becomes a user with no data that others registered for it", async () => {
    const [tenant, elsewhere] = [await createTenant(app), await createTenant(app, "Elsewhere")];
    const identity = identityAt(social.acme);
    const email = identity.email ?? "";
    const request = { email, password: newPassword(), name: "A Stranger", username: `stranger_${Date.now()}` };
    await app.app.registration.register({ ...request, tenant: tenant.slug }, CLIENT);
    await app.app.registration.register({ ...request, tenant: elsewhere.slug }, CLIENT);
    await invite(elsewhere, email, ["USER", "ADMIN"]);
    const { user } = await social.signIn(identity, { tenant: tenant.slug });
    expect(user).toMatchObject({
      tenantId: tenant.id,
      roles: ["USER"],
      name: identity.name,
      username: null,
      locale: "en",
      emailVerified: true,
    });
    expect(await app.app.passwords.haveUsers([user.id])).toEqual([false]);
    const waiting = await app.app.db.select().from(registrations).where(eq(registrations.emailCanonical, email));
    expect(waiting.map(({ passwordHash, closedAt }) => [passwordHash, closedAt !== null])).toEqual([
      [null, true],
      [null, true],
    ]);
    expect(await typesOf(user)).toEqual([
      "USER_REGISTERED",
      "EMAIL_VERIFIED",
      "SOCIAL_LINKED",
      "LOGIN_SUCCEEDED",
      "NEW_DEVICE",
    ]);
  });

  it("gets the roles of the tenant's invitation, although registration is by invitation only", async () => {
    const tenant = await createTenant(app, "Closed", { registration: "INVITE_ONLY" });
    const identity = identityAt(social.acme);
    await invite(tenant, identity.email ?? "", ["USER", "ADMIN"]);
    const { user } = await social.signIn(identity, { tenant: tenant.slug });
    expect(user).toMatchObject({ tenantId: tenant.id, roles: ["USER", "ADMIN"], name: "Ivy Invited" });
    expect(await app.app.passwords.haveUsers([user.id])).toEqual([false]);
  });

  it("is not admitted by an invitation whose inviter was suspended", async () => {
    const tenant = await createTenant(app, "Closed", { registration: "INVITE_ONLY" });
    const identity = identityAt(social.acme);
    const inviter = await invite(tenant, identity.email ?? "", ["USER", "ADMIN"]);
    const other = await signIn(app, await addUser(app, tenant, { roles: ["USER", "ADMIN"] }));
    await app.app.administration.suspend(other, inviter.user.id, null);
    const before = await countAll();
    const refused = social.finish(identity, { tenant: tenant.slug });
    await expect(refused).rejects.toMatchObject({ code: "FORBIDDEN", reason: undefined });
    expect(await countAll()).toEqual(before);
  });

  it("is not assigned to a tenant by its invitation if that tenant was not requested", async () => {
    const [tenant, other] = [await createTenant(app), await createTenant(app, "Evil Corp")];
    const identity = identityAt(social.acme);
    await invite(other, identity.email ?? "", ["USER", "ADMIN"]);
    const { user } = await social.signIn(identity, { tenant: tenant.slug });
    expect(user).toMatchObject({ tenantId: tenant.id, roles: ["USER"], name: "Sofia Acme" });
  });

  it("is not admitted by an expired invitation", async () => {
    const tenant = await createTenant(app, "Closed", { registration: "INVITE_ONLY" });
    const identity = identityAt(social.acme);
    await invite(tenant, identity.email ?? "", ["USER", "ADMIN"]);
    app.clock.advance(8 * DAY);
    const before = await countAll();
    const refused = social.finish(identity, { tenant: tenant.slug });
    await expect(refused).rejects.toMatchObject({ code: "FORBIDDEN", reason: undefined });
    expect(await countAll()).toEqual(before);
  });
});

describe("a person who needs approval", () => {
  const hire = async (tenant: Tenant): Promise<StoredUser> =>
    signIn(app, await addUser(app, tenant, { roles: ["USER", "ADMIN"] }));
  const waitingIn = (tenant: Tenant) =>
    app.app.db.select().from(registrations).where(eq(registrations.tenantId, tenant.id)).orderBy(registrations.id);
  const PENDING = { code: "FORBIDDEN", reason: "APPROVAL_PENDING" };

  it("requests it by logging in, once, however often they log in", async () => {
    const tenant = await createTenant(app, "Deciding", { registration: "APPROVAL" });
    const identity = identityAt(social.acme);
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

  it("is admitted by the next login after the approval", async () => {
    const tenant = await createTenant(app, "Deciding", { registration: "APPROVAL" });
    const admin = await hire(tenant);
    const identity = identityAt(social.acme);
    await expect(social.finish(identity, { tenant: tenant.slug })).rejects.toMatchObject(PENDING);
    const [registration] = await waitingIn(tenant);
    await app.app.approvals.approve(admin, registration?.id ?? "");
    expect(await userAt(identity)).toBeNull();
    const { user } = await social.signIn(identity, { tenant: tenant.slug });
    expect(user).toMatchObject({ tenantId: tenant.id, status: "ACTIVE" });
    expect(await app.app.passwords.haveUsers([user.id])).toEqual([false]);
    const [event] = await eventsOf(app, user);
    expect(event).toMatchObject({ type: "USER_REGISTERED", details: { registrationId: registration?.id } });
  });

  it("does not get a password from an earlier registration that another person made for the address", async () => {
    const tenant = await createTenant(app, "Deciding", { registration: "APPROVAL" });
    const identity = identityAt(social.acme);
    const email = identity.email ?? "";
    const password = newPassword();
    await submitRegistration(app, tenant, { email, password });
    await expect(social.finish(identity, { tenant: tenant.slug })).rejects.toMatchObject(PENDING);
    expect(await waitingIn(tenant)).toHaveLength(2);
    const login = app.app.login.logIn(
      { identifier: email, password, transport: "BODY", deviceToken: null, deviceTokenInCookie: false },
      CLIENT,
    );
    await expect(login).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });
  });

  it("gets only the approval from another person's approved registration, whose link is invalidated", async () => {
    const tenant = await createTenant(app, "Deciding", { registration: "APPROVAL" });
    const admin = await hire(tenant);
    const identity = identityAt(social.acme);
    const registration = await submitRegistration(app, tenant, { email: identity.email ?? "", name: "Mallory" });
    await app.app.approvals.approve(admin, registration);
    const [link] = await app.app.db.select().from(addressLinks).where(eq(addressLinks.tenantId, tenant.id));
    const token = link ? app.app.links.tokenOf(link) : "";
    const { user } = await social.signIn(identity, { tenant: tenant.slug });
    expect(user).toMatchObject({ tenantId: tenant.id, name: identity.name });
    const followed = app.app.emailVerification.verify(verification(token, { password: newPassword() }), CLIENT);
    await expect(followed).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect(await app.app.passwords.haveUsers([user.id])).toEqual([false]);
  });
});
