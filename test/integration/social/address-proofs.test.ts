import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sessions } from "#features/sessions/index";
import type { ProviderIdentity } from "#features/social/index";
import { socialAccounts } from "#features/social/social-accounts.table";
import { tenants } from "#features/tenants/index";
import { findUserByEmail, type User } from "#features/users/index";
import type { CodeReference } from "#platform/mail/index";
import { DAY, MINUTE } from "#shared/durations";
import { AuthenticatorApp } from "../../support/clients/factors.ts";
import { snapshotOf } from "../../support/factories/database-snapshot.ts";
import { addSocialAccount } from "../../support/factories/social-accounts.ts";
import { CLIENT, eventsOf, signIn } from "../../support/factories/stored-users.ts";
import { addUser, createTenant } from "../../support/factories/tenants.ts";
import { newPassword } from "../../support/factories/users.ts";
import { buildTestApp } from "../../support/servers/app.ts";
import { identityAt, SCRIPTED, type Social, socialOf } from "../../support/servers/scripted-providers.ts";

let app: Awaited<ReturnType<typeof buildTestApp>>;
let social: Social;
beforeAll(async () => {
  app = await buildTestApp({ settings: SCRIPTED });
  social = socialOf(app);
});
afterAll(() => app?.close());

/** A person whose address the provider has verified without vouching for its domain. */
const unvouched = (traits: Partial<ProviderIdentity> = {}): ProviderIdentity =>
  identityAt(social.acme, { emailVouched: false, ...traits });

const userAt = ({ email }: Pick<ProviderIdentity, "email">): Promise<User | null> =>
  findUserByEmail(app.app.db, (email ?? "").toLowerCase());

const accountsOf = ({ id }: Pick<User, "id">) =>
  app.app.db.select().from(socialAccounts).where(eq(socialAccounts.userId, id));

const typesOf = async (user: User): Promise<string[]> => (await eventsOf(app, user)).map(({ type }) => type);

interface Waiting extends Record<string, unknown> {
  readonly template: string;
  readonly code: CodeReference | null;
  readonly data: Record<string, unknown>;
}

const mailsTo = (email: string | null) =>
  app.app.db.execute<Waiting>(sql`
    select payload ->> 'template' as template, payload -> 'code' as code, payload -> 'data' as data
    from graphile_worker._private_jobs where payload ->> 'to' = ${email} order by id`);

/** The code in the newest mail to the address. */
const codeTo = async (email: string | null): Promise<string> => {
  const { code } = (await mailsTo(email)).findLast(({ code }) => code !== null) ?? {};
  const resolved = code ? await app.app.emailCodes.resolve(code) : null;
  if (!resolved) throw new Error("No valid code was mailed.");
  return resolved.code;
};

const wrongCode = (code: string): string => (code === "000000" ? "111111" : "000000");

/** Returns from the provider and is asked for the code. */
const begin = async (identity: ProviderIdentity, options: { readonly tenant?: string } = {}): Promise<string> => {
  const step = await social.finish(identity, options);
  if (!("factors" in step)) throw new Error("The login does not require a code.");
  expect(step).toMatchObject({ reason: "ADDRESS_UNPROVED", factors: ["EMAIL_CODE"] });
  return step.challenge;
};

const prove = (challenge: string, code: string, trustDevice = false) =>
  social.login.logIn({ factor: "EMAIL_CODE", challenge, code, trustDevice }, CLIENT);

/** Enters the mailed code. */
const proveBy = async (challenge: string, { email }: Pick<ProviderIdentity, "email">) => {
  const step = await prove(challenge, await codeTo(email));
  if (!("session" in step)) throw new Error("The login is not complete.");
  return step;
};

const countAll = async (): Promise<unknown> => {
  const [counts] = await app.app.db.execute(sql`
    select (select count(*) from users) as users, (select count(*) from social_accounts) as accounts,
           (select count(*) from sessions) as sessions, (select count(*) from login_challenges) as challenges,
           (select count(*) from registrations) as registrations`);
  return counts;
};

const EXPIRED = { code: "INVALID_TOKEN", reason: "CHALLENGE_EXPIRED" };
const TAKEN = { code: "CONFLICT", reason: "EMAIL_TAKEN" };

/** A user with a password and a verified address. */
const employed = async (policy: Partial<typeof tenants.$inferInsert> = {}): Promise<User> => {
  const tenant = await createTenant(app);
  if (Object.keys(policy).length > 0) await app.app.db.update(tenants).set(policy).where(eq(tenants.id, tenant.id));
  return addUser(app, tenant, { password: newPassword() });
};

const turnTotpOn = async (user: User): Promise<AuthenticatorApp> => {
  const { viewer } = await signIn(app, user);
  const { secret } = await app.app.totp.enable(viewer);
  const authenticator = new AuthenticatorApp(secret);
  await app.app.totp.confirm(viewer, CLIENT, authenticator.code(app.clock.now()));
  app.clock.advance(MINUTE);
  return authenticator;
};

describe("an address of an existing user, from a provider that does not vouch for it", () => {
  it("requires a mailed code first: only that login links the account and notifies the user", async () => {
    const user = await employed();
    const identity = unvouched({ email: user.email.toUpperCase() });
    const before = await countAll();
    const challenge = await begin(identity);
    expect(await countAll()).toEqual(before);
    expect(await mailsTo(user.email)).toMatchObject([
      { template: "address-code", data: { provider: "The acme", ipAddress: CLIENT.ipAddress } },
    ]);
    const { session } = await proveBy(challenge, user);
    expect(session).toMatchObject({ userId: user.id, authenticatedWith: ["SOCIAL", "EMAIL_CODE"] });
    expect(await accountsOf(user)).toMatchObject([
      { id: session.socialAccountId, subject: identity.subject, createdBySession: session.id },
    ]);
    expect(await typesOf(user)).toEqual(["LOGIN_SUCCEEDED", "NEW_DEVICE", "SOCIAL_LINKED"]);
    expect((await mailsTo(user.email)).map(({ template }) => template)).toContain("social-account-changed");
    // From now on the subject is sufficient.
    expect((await social.signIn(identity)).user.id).toBe(user.id);
  });

  it("is linked without a code if the provider vouches for the domain", async () => {
    const user = await employed();
    expect((await social.signIn(identityAt(social.acme, { email: user.email }))).user.id).toBe(user.id);
    expect((await mailsTo(user.email)).map(({ template }) => template)).not.toContain("address-code");
  });

  it("links nothing with a wrong code, which is in the history; after five the login is over", async () => {
    const user = await employed();
    const challenge = await begin(unvouched({ email: user.email }));
    const code = await codeTo(user.email);
    for (const attemptsLeft of [4, 3, 2, 1, 0])
      await expect(prove(challenge, wrongCode(code))).rejects.toMatchObject({
        code: "INVALID_CODE",
        detail: { attemptsLeft },
      });
    await expect(prove(challenge, code)).rejects.toMatchObject(EXPIRED);
    expect(await accountsOf(user)).toEqual([]);
    expect(await app.app.db.select().from(sessions).where(eq(sessions.userId, user.id))).toEqual([]);
    const failed = (await eventsOf(app, user)).filter(({ type }) => type === "MFA_VERIFY_FAILED");
    expect(failed).toHaveLength(5);
    expect(failed[0]).toMatchObject({ details: { method: "EMAIL_CODE", provider: "acme" } });
  });

  it("accepts at most five codes at the same moment", async () => {
    const user = await employed();
    const challenge = await begin(unvouched({ email: user.email }));
    const code = wrongCode(await codeTo(user.email));
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => prove(challenge, code)));
    const codes = outcomes.map((outcome) => (outcome.status === "rejected" ? outcome.reason.code : "IN"));
    expect(codes.filter((each) => each === "INVALID_CODE")).toHaveLength(5);
    expect(codes.filter((each) => each === "INVALID_TOKEN")).toHaveLength(15);
    expect(await accountsOf(user)).toEqual([]);
  });

  it("refuses malformed codes, without counting them", async () => {
    const user = await employed();
    const challenge = await begin(unvouched({ email: user.email }));
    for (let time = 0; time < 6; time++)
      await expect(prove(challenge, "12345")).rejects.toMatchObject({ code: "BAD_USER_INPUT" });
    expect((await proveBy(challenge, user)).user.id).toBe(user.id);
  });

  it("links nothing with an expired code, nor if the login is abandoned", async () => {
    const user = await employed();
    const challenge = await begin(unvouched({ email: user.email }));
    const code = await codeTo(user.email);
    const before = await snapshotOf(app, [user]);
    app.clock.advance(10 * MINUTE);
    await expect(prove(challenge, code)).rejects.toMatchObject(EXPIRED);
    await app.app.addressProofs.sweep();
    app.clock.advance(2 * DAY);
    await app.app.addressProofs.sweep();
    expect(await snapshotOf(app, [user])).toEqual(before);
    expect(await accountsOf(user)).toEqual([]);
    const [left] = await app.app.db.execute(sql`select count(*)::int as count from address_proofs`);
    expect(left).toEqual({ count: 0 });
  });

  it("accepts a code once", async () => {
    const user = await employed();
    const challenge = await begin(unvouched({ email: user.email }));
    const code = await codeTo(user.email);
    await prove(challenge, code);
    await expect(prove(challenge, code)).rejects.toMatchObject(EXPIRED);
  });

  it("accepts only the newest code after another one was requested", async () => {
    const user = await employed();
    const challenge = await begin(unvouched({ email: user.email }));
    const older = await codeTo(user.email);
    await expect(social.login.sendEmailCode(challenge, CLIENT)).rejects.toMatchObject({ code: "RATE_LIMITED" });
    app.clock.advance(MINUTE);
    await social.login.sendEmailCode(challenge, CLIENT);
    const newer = await codeTo(user.email);
    if (older !== newer) await expect(prove(challenge, older)).rejects.toMatchObject({ code: "INVALID_CODE" });
    expect(await prove(challenge, newer)).toMatchObject({ user: { id: user.id } });
  });

  it("accepts no code of another login", async () => {
    const [ann, bob] = [await employed(), await employed()];
    const challenge = await begin(unvouched({ email: ann.email }));
    await begin(unvouched({ email: bob.email }));
    const [own, another] = [await codeTo(ann.email), await codeTo(bob.email)];
    if (own !== another) await expect(prove(challenge, another)).rejects.toMatchObject({ code: "INVALID_CODE" });
    expect([await accountsOf(ann), await accountsOf(bob)]).toEqual([[], []]);
  });

  it("trusts the device if the user requests it", async () => {
    const user = await employed();
    const challenge = await begin(unvouched({ email: user.email }));
    await prove(challenge, await codeTo(user.email), true);
    const [device] = await app.app.db.execute(sql`select trusted_at from devices where user_id = ${user.id}::uuid`);
    expect(device).toEqual({ trusted_at: expect.anything() });
  });
});

describe("a user's own second factor", () => {
  it("is asked for after the code, and the account is linked only once it is verified", async () => {
    const user = await employed();
    const authenticator = await turnTotpOn(user);
    const challenge = await begin(unvouched({ email: user.email }));
    const step = await prove(challenge, await codeTo(user.email));
    if (!("factors" in step)) throw new Error("The login does not require a second factor.");
    expect(step).toMatchObject({ reason: "SECOND_FACTOR_ENABLED", factors: expect.arrayContaining(["TOTP"]) });
    expect(await accountsOf(user)).toEqual([]);
    const totp = (code: string) =>
      app.app.secondFactors.logIn({ factor: "TOTP", challenge: step.challenge, code, trustDevice: false }, CLIENT);
    await expect(totp(authenticator.wrongCode(app.clock.now()))).rejects.toMatchObject({ code: "INVALID_CODE" });
    expect(await accountsOf(user)).toEqual([]);
    const { session } = await totp(authenticator.code(app.clock.now()));
    expect(session.authenticatedWith).toEqual(["SOCIAL", "EMAIL_CODE", "TOTP"]);
    expect(await accountsOf(user)).toMatchObject([{ id: session.socialAccountId, createdBySession: session.id }]);
  });

  it("is not replaced by the mailed code, which opens no other step of the login", async () => {
    const user = await employed();
    await turnTotpOn(user);
    const challenge = await begin(unvouched({ email: user.email }));
    const code = await codeTo(user.email);
    const proof = { challenge, code, trustDevice: false };
    for (const factor of ["EMAIL_CODE", "TOTP"] as const)
      await expect(app.app.secondFactors.logIn({ ...proof, factor }, CLIENT)).rejects.toMatchObject(EXPIRED);
    expect(await accountsOf(user)).toEqual([]);
  });

  it("is asked for before linking, also if the provider vouches; an abandoned login links nothing", async () => {
    const user = await employed();
    const authenticator = await turnTotpOn(user);
    const identity = identityAt(social.acme, { email: user.email });
    const abandoned = await social.finish(identity);
    expect(abandoned).toMatchObject({ reason: "SECOND_FACTOR_ENABLED" });
    expect(await accountsOf(user)).toEqual([]);
    expect((await mailsTo(user.email)).map(({ template }) => template)).not.toContain("social-account-changed");
    const step = await social.finish(identity);
    if (!("factors" in step)) throw new Error("The login does not require a second factor.");
    const proof = { challenge: step.challenge, code: authenticator.code(app.clock.now()), trustDevice: false };
    const { session } = await app.app.secondFactors.logIn({ ...proof, factor: "TOTP" }, CLIENT);
    expect(await accountsOf(user)).toMatchObject([{ id: session.socialAccountId, subject: identity.subject }]);
  });

  it("cannot complete a login with an address that the user no longer has", async () => {
    const user = await employed();
    const authenticator = await turnTotpOn(user);
    const step = await social.finish(identityAt(social.acme, { email: user.email }));
    if (!("factors" in step)) throw new Error("The login does not require a second factor.");
    const moved = `moved-${user.email}`;
    await app.app.db.execute(
      sql`update users set email = ${moved}, email_canonical = ${moved} where id = ${user.id}::uuid`,
    );
    const proof = { challenge: step.challenge, code: authenticator.code(app.clock.now()), trustDevice: false };
    await expect(app.app.secondFactors.logIn({ ...proof, factor: "TOTP" }, CLIENT)).rejects.toMatchObject(EXPIRED);
    expect(await accountsOf(user)).toEqual([]);
  });

  it("is not locked by wrong codes for the address", async () => {
    const user = await employed();
    const authenticator = await turnTotpOn(user);
    for (let login = 0; login < 2; login++) {
      const challenge = await begin(unvouched({ email: user.email }));
      const wrong = wrongCode(await codeTo(user.email));
      for (let time = 0; time < 5; time++)
        await expect(prove(challenge, wrong)).rejects.toMatchObject({ code: "INVALID_CODE" });
    }
    const identity = identityAt(social.other, { email: user.email });
    const step = await social.finish(identity, { provider: social.other });
    if (!("factors" in step)) throw new Error("The login does not require a second factor.");
    const proof = { challenge: step.challenge, code: authenticator.code(app.clock.now()), trustDevice: false };
    expect(await app.app.secondFactors.logIn({ ...proof, factor: "TOTP" }, CLIENT)).toMatchObject({
      user: { id: user.id },
    });
  });
});

describe("another requirement of a login, after a mailed code has verified the address", () => {
  it.each([
    ["a second factor from every user", { requireSecondFactor: true }],
    ["a second factor for very unusual logins", { secondFactorAtRisk: 0, confirmLoginAtRisk: 0 }],
    ["a confirmation by mail", { confirmLoginAtRisk: 0 }],
  ])("is met by that code, if the tenant requires %s", async (_, policy) => {
    const user = await employed(policy);
    const { session } = await proveBy(await begin(unvouched({ email: user.email })), user);
    expect(session).toMatchObject({ userId: user.id, enrolmentOnly: false });
  });

  it("is the enrolment of a factor, if the tenant requires users to have their own", async () => {
    const user = await employed({ secondFactor: "REQUIRED_OWN" });
    const { session } = await proveBy(await begin(unvouched({ email: user.email })), user);
    expect(session).toMatchObject({ userId: user.id, enrolmentOnly: true });
  });
});

describe("before the code, nothing reveals whether the address has a user", () => {
  const shapeOf = async (identity: ProviderIdentity, options: { readonly tenant?: string } = {}) => {
    const step = await social.finish(identity, options);
    if (!("factors" in step)) throw new Error("The login does not require a code.");
    const { challenge, expiresAt, codeSentTo, ...rest } = step;
    const mails = (await mailsTo(identity.email)).map(({ template, data }) => ({ template, provider: data.provider }));
    return { ...rest, mails, challenge: challenge.length, codeSentTo: codeSentTo?.replace(/^.*@/, "") };
  };

  it("neither the response nor the mail, whatever blocks the user or the tenant requires", async () => {
    const closed = await createTenant(app, "Closed", { registration: "INVITE_ONLY" });
    const asking = await createTenant(app, "Asking", { registration: "APPROVAL" });
    const known = await addUser(app, await createTenant(app));
    const suspended = await addUser(app, await createTenant(app), { status: "SUSPENDED" });
    const linked = await addUser(app, await createTenant(app));
    await addSocialAccount(app, linked, "acme");
    const shapes = [
      await shapeOf(unvouched()),
      await shapeOf(unvouched(), { tenant: closed.slug }),
      await shapeOf(unvouched(), { tenant: asking.slug }),
      await shapeOf(unvouched({ email: known.email })),
      await shapeOf(unvouched({ email: suspended.email })),
      await shapeOf(unvouched({ email: linked.email })),
    ];
    for (const shape of shapes) expect(shape).toEqual(shapes[0]);
  });

  it("the reason why the user is blocked is returned after the code, and nothing is linked", async () => {
    const user = await addUser(app, await createTenant(app), { status: "SUSPENDED" });
    const challenge = await begin(unvouched({ email: user.email }));
    const code = await codeTo(user.email);
    await expect(prove(challenge, code)).rejects.toMatchObject({ code: "FORBIDDEN", reason: "ACCOUNT_SUSPENDED" });
    await expect(prove(challenge, code)).rejects.toMatchObject(EXPIRED);
    expect(await accountsOf(user)).toEqual([]);
  });

  it("that a user has, or has unlinked, another account of the provider is returned after the code", async () => {
    const user = await employed();
    const { viewer } = await signIn(app, user);
    await social.link(viewer, identityAt(social.acme));
    const another = await begin(unvouched({ email: user.email }));
    await expect(prove(another, await codeTo(user.email))).rejects.toMatchObject(TAKEN);
    await social.accounts.unlink(viewer, CLIENT, "acme");
    const again = await begin(unvouched({ email: user.email }));
    await expect(prove(again, await codeTo(user.email))).rejects.toMatchObject(TAKEN);
    expect(await accountsOf(user)).toEqual([]);
  });
});

describe("an address that the provider or Portcullis has not verified", () => {
  it("is refused without a code, because neither side can verify it for the other", async () => {
    const user = await addUser(app, await createTenant(app), { emailVerified: false, status: "ACTIVE" });
    const before = await snapshotOf(app, [user]);
    await expect(social.finish(unvouched({ email: user.email }))).rejects.toMatchObject(TAKEN);
    const proved = await employed();
    const unverified = unvouched({ email: proved.email, emailVerified: false });
    await expect(social.finish(unverified)).rejects.toMatchObject({ reason: "EMAIL_NOT_VERIFIED" });
    expect(await snapshotOf(app, [user])).toEqual(before);
    expect([await mailsTo(user.email), await mailsTo(proved.email)].flat()).toEqual([]);
  });
});

describe("a new user with an address that the provider does not vouch for", () => {
  it("is created only once the code is correct", async () => {
    const identity = unvouched();
    const before = await countAll();
    const challenge = await begin(identity);
    const code = await codeTo(identity.email);
    await expect(prove(challenge, wrongCode(code))).rejects.toMatchObject({ code: "INVALID_CODE" });
    expect(await countAll()).toEqual(before);
    const { session, user } = await proveBy(challenge, identity);
    expect(user).toMatchObject({ email: identity.email, emailVerified: true, name: identity.name });
    expect(session).toMatchObject({ authenticatedWith: ["SOCIAL", "EMAIL_CODE"] });
    expect(await accountsOf(user)).toMatchObject([{ id: session.socialAccountId }]);
    await expect(prove(challenge, code)).rejects.toMatchObject(EXPIRED);
  });

  it("is refused after the code if registration is by invitation only", async () => {
    const tenant = await createTenant(app, "Closed", { registration: "INVITE_ONLY" });
    const identity = unvouched();
    const challenge = await begin(identity, { tenant: tenant.slug });
    const code = await codeTo(identity.email);
    await expect(prove(challenge, code)).rejects.toMatchObject({ code: "FORBIDDEN", reason: undefined });
    await expect(prove(challenge, code)).rejects.toMatchObject(EXPIRED);
    expect(await userAt(identity)).toBeNull();
  });

  it("requests approval after the code, and is admitted by the next login once it is approved", async () => {
    const tenant = await createTenant(app, "Deciding", { registration: "APPROVAL" });
    const admin = await signIn(app, await addUser(app, tenant, { roles: ["USER", "ADMIN"] }));
    const waiting = () =>
      app.app.db.execute<{ id: string }>(sql`select id from registrations where tenant_id = ${tenant.id}::uuid`);
    const identity = unvouched();
    const challenge = await begin(identity, { tenant: tenant.slug });
    expect(await waiting()).toEqual([]);
    const refused = prove(challenge, await codeTo(identity.email));
    await expect(refused).rejects.toMatchObject({ code: "FORBIDDEN", reason: "APPROVAL_PENDING" });
    const [registration] = await waiting();
    await app.app.approvals.approve(admin, registration?.id ?? "");
    const { user } = await proveBy(await begin(identity, { tenant: tenant.slug }), identity);
    expect(user).toMatchObject({ tenantId: tenant.id, status: "ACTIVE" });
  });

  it("logs in as the user who has verified the address since", async () => {
    const identity = unvouched();
    const challenge = await begin(identity);
    const { user } = await social.signIn(identityAt(social.other, { email: identity.email }), {
      provider: social.other,
    });
    expect((await proveBy(challenge, identity)).user.id).toBe(user.id);
    expect((await accountsOf(user)).map(({ provider }) => provider).toSorted()).toEqual(["acme", "other"]);
  });
});

it("the limit of a hundred wrong codes for one address holds over all logins", async () => {
  const user = await employed();
  const guess = async (): Promise<string> => {
    const challenge = await begin(unvouched({ email: user.email }));
    const wrong = wrongCode(await codeTo(user.email));
    for (let time = 0; time < 5; time++)
      await expect(prove(challenge, wrong)).rejects.toMatchObject({ code: "INVALID_CODE" });
    return challenge;
  };
  for (let login = 0; login < 20; login++) {
    await guess();
    app.clock.advance(2 * 60 * MINUTE);
  }
  app.clock.advance(DAY);
  const challenge = await begin(unvouched({ email: user.email }));
  const refused = prove(challenge, await codeTo(user.email));
  await expect(refused).rejects.toMatchObject({ code: "RATE_LIMITED", reason: "MFA_LOCKED" });
  expect(await accountsOf(user)).toEqual([]);
});

it("five codes in ten minutes are mailed to one address, however many accounts name it", async () => {
  const user = await employed();
  for (let login = 0; login < 5; login++) await begin(unvouched({ email: user.email }));
  await expect(social.finish(unvouched({ email: user.email }))).rejects.toMatchObject({ code: "RATE_LIMITED" });
  expect((await mailsTo(user.email)).filter(({ template }) => template === "address-code")).toHaveLength(5);
});
