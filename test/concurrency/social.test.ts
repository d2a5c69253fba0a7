import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addressLinks } from "#features/links/index";
import type { CodeSubmission } from "#features/login/index";
import { registrations } from "#features/registration/registrations.table";
import { sessions } from "#features/sessions/index";
import type { ProviderIdentity } from "#features/social/index";
import { socialAccounts } from "#features/social/social-accounts.table";
import { type User, users } from "#features/users/index";
import type { CodeReference } from "#platform/mail/index";
import { AppError } from "#shared/errors";
import { SoftwareAuthenticator } from "../support/clients/authenticator.ts";
import { purposeNamed } from "../support/factories/links.ts";
import { roleIdsOf } from "../support/factories/roles.ts";
import { CLIENT, eventsOf, type StoredUser, signIn, steppedUp } from "../support/factories/stored-users.ts";
import { addUser, createTenant, submitRegistration } from "../support/factories/tenants.ts";
import { newEmail, newPassword } from "../support/factories/users.ts";
import { verification } from "../support/servers/account-services.ts";
import { buildTestApp } from "../support/servers/app.ts";
import { identityAt, SCRIPTED, type Social, socialOf } from "../support/servers/scripted-providers.ts";

/** On real Postgres, over two replicas: whichever call wins, the stored rows must be consistent. */

const ORIGIN = "https://id.example.test";
const ROUNDS = 6;
const CALLERS = 12;

let app: Awaited<ReturnType<typeof buildTestApp>>;
let replica: Awaited<ReturnType<typeof buildTestApp>>;
let social: Social;
let elsewhere: Social;
beforeAll(async () => {
  const settings = { ...SCRIPTED, PUBLIC_URL: ORIGIN, DATABASE_POOL_SIZE: "20" };
  app = await buildTestApp({ settings });
  replica = await buildTestApp({ settings, replicaOf: app });
  social = socialOf(app);
  elsewhere = socialOf(replica);
});
afterAll(async () => {
  await replica?.close();
  await app?.close();
});

const replicaAt = (index: number): Social => (index % 2 === 0 ? social : elsewhere);

const many = <Result>(count: number, work: (at: Social, index: number) => Promise<Result>) =>
  Promise.allSettled(Array.from({ length: count }, (_, index) => work(replicaAt(index), index)));

const won = <Result>(outcomes: readonly PromiseSettledResult<Result>[]): Result[] =>
  outcomes.flatMap((outcome) => (outcome.status === "fulfilled" ? [outcome.value] : []));

/** The reasons of the lost calls; an error that is not a typed refusal fails the test. */
const lost = (outcomes: readonly PromiseSettledResult<unknown>[]): string[] =>
  outcomes.flatMap((outcome) => {
    if (outcome.status === "fulfilled") return [];
    if (!(outcome.reason instanceof AppError)) throw outcome.reason;
    return [outcome.reason.reason ?? outcome.reason.code];
  });

const accountsAt = ({ issuer, subject }: ProviderIdentity) =>
  app.app.db
    .select()
    .from(socialAccounts)
    .where(sql`${socialAccounts.issuer} = ${issuer} and ${socialAccounts.subject} = ${subject}`);

const accountsOf = ({ id }: Pick<User, "id">) =>
  app.app.db.select().from(socialAccounts).where(eq(socialAccounts.userId, id));

const usersAt = ({ email }: Pick<ProviderIdentity, "email">) =>
  app.app.db
    .select()
    .from(users)
    .where(eq(users.emailCanonical, email ?? ""));

const sessionsOf = ({ id }: Pick<User, "id">) =>
  app.app.db.select().from(sessions).where(sql`${sessions.userId} = ${id} and ${sessions.endedAt} is null`);

const withPassword = async (): Promise<StoredUser> =>
  signIn(app, await addUser(app, await createTenant(app), { password: newPassword() }));

/** Expects that each session which rests on an account at a provider refers to an existing account. */
const expectGrounded = async (user: Pick<User, "id">): Promise<void> => {
  const known = (await accountsOf(user)).map(({ id }) => id);
  for (const { socialAccountId, authenticatedWith } of await sessionsOf(user)) {
    if (authenticatedWith.includes("SOCIAL")) expect(known).toContain(socialAccountId);
    expect(authenticatedWith).not.toEqual([]);
  }
};

describe("one authorization request", () => {
  it("completed by many concurrent calls opens one session", async () => {
    const identity = identityAt(social.acme);
    const back = await social.handleCallback(identity);
    elsewhere.acme.answers(back.code, identity);
    const request = { ...back, deviceToken: null, deviceTokenInCookie: false };
    const outcomes = await many(CALLERS, ({ login }) => login.finish(request, CLIENT));
    expect(won(outcomes)).toHaveLength(1);
    expect(new Set(lost(outcomes))).toEqual(new Set(["INVALID_TOKEN"]));
    const [user] = await usersAt(identity);
    expect(await sessionsOf(user as User)).toHaveLength(1);
  });
});

describe("a new user", () => {
  it("who logs in many times concurrently becomes one user with one account, and each login succeeds", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const identity = identityAt(social.acme);
      const outcomes = await many(CALLERS, ({ finish }) => finish(identity));
      expect(lost(outcomes)).toEqual([]);
      const found = await usersAt(identity);
      expect(found).toHaveLength(1);
      expect(await accountsAt(identity)).toHaveLength(1);
      expect(await sessionsOf(found[0] as User)).toHaveLength(CALLERS);
      const types = (await eventsOf(app, found[0] as User)).map(({ type }) => type);
      expect(types.filter((type) => type === "USER_REGISTERED" || type === "SOCIAL_LINKED")).toHaveLength(2);
    }
  });

  it("whose address changes between two concurrent logins becomes one user", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const identity = identityAt(social.acme);
      const emails = Array.from({ length: 4 }, () => newEmail("moving"));
      const outcomes = await many(emails.length, ({ finish }, index) =>
        finish({ ...identity, email: emails[index] ?? null }),
      );
      expect(lost(outcomes)).toEqual([]);
      expect(await accountsAt(identity)).toHaveLength(1);
      const found = await Promise.all(emails.map((email) => usersAt({ email })));
      expect(found.flat()).toHaveLength(1);
    }
  });

  it("with two accounts of one provider and one address becomes one user with one of them", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const email = newEmail("twice");
      const outcomes = await many(4, ({ acme, finish }) => finish(identityAt(acme, { email })));
      expect(won(outcomes)).toHaveLength(1);
      expect(new Set(lost(outcomes))).toEqual(new Set(["EMAIL_TAKEN"]));
      const [user, ...others] = await usersAt({ email });
      expect(others).toEqual([]);
      expect(await accountsOf(user as User)).toHaveLength(1);
    }
  });

  it("who needs approval requests it once", async () => {
    const tenant = await createTenant(app, "Deciding", { registration: "APPROVAL" });
    const identity = identityAt(social.acme);
    const outcomes = await many(CALLERS, ({ finish }) => finish(identity, { tenant: tenant.slug }));
    expect(new Set(lost(outcomes))).toEqual(new Set(["APPROVAL_PENDING"]));
    expect(won(outcomes)).toEqual([]);
    const waiting = await app.app.db.select().from(registrations).where(eq(registrations.tenantId, tenant.id));
    expect(waiting).toHaveLength(1);
  });
});

describe("an address that the provider does not vouch for", () => {
  const unvouched = (email: string | null = newEmail("proved")) =>
    identityAt(social.acme, { email, emailVouched: false });

  /** A login that waits for its code, and the code. */
  const begin = async (at: Social, identity: ProviderIdentity): Promise<CodeSubmission> => {
    const step = await at.finish(identity);
    if (!("factors" in step)) throw new Error("The login does not require a code.");
    const [mail] = await app.app.db.execute<{ code: CodeReference }>(sql`
      select payload -> 'code' as code from graphile_worker._private_jobs
      where payload ->> 'to' = ${identity.email} and payload ->> 'template' = 'address-code' order by id desc limit 1`);
    const resolved = mail ? await app.app.emailCodes.resolve(mail.code) : null;
    if (!resolved) throw new Error("No valid code was mailed.");
    return { challenge: step.challenge, code: resolved.code, trustDevice: false };
  };

  it("verified with one code many times concurrently opens one session, for a new user and for an existing one", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const known = round % 2 === 0 ? await addUser(app, await createTenant(app)) : null;
      const identity = unvouched(known?.email);
      const proof = await begin(social, identity);
      const outcomes = await many(CALLERS, ({ login }) => login.logIn({ ...proof, factor: "EMAIL_CODE" }, CLIENT));
      expect(won(outcomes)).toHaveLength(1);
      expect(new Set(lost(outcomes))).toEqual(new Set(["CHALLENGE_EXPIRED"]));
      const [user, ...others] = await usersAt(identity);
      expect(others).toEqual([]);
      expect(await sessionsOf(user as User)).toHaveLength(1);
      expect(await accountsOf(user as User)).toHaveLength(1);
      await expectGrounded(user as User);
    }
  });

  it("verified by two accounts of the provider concurrently is linked to one of them", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const known = round % 2 === 0 ? await addUser(app, await createTenant(app)) : null;
      const email = known?.email ?? newEmail("twice");
      const identities = [unvouched(email), unvouched(email)];
      const authMethods: CodeSubmission[] = [];
      for (const identity of identities) authMethods.push(await begin(social, identity));
      const outcomes = await many(2, ({ login }, index) =>
        login.logIn({ ...(authMethods[index] as CodeSubmission), factor: "EMAIL_CODE" }, CLIENT),
      );
      expect(won(outcomes)).toHaveLength(1);
      expect(lost(outcomes)).toEqual(["EMAIL_TAKEN"]);
      const [user, ...others] = await usersAt({ email });
      expect(others).toEqual([]);
      expect(await accountsOf(user as User)).toHaveLength(1);
      await expectGrounded(user as User);
    }
  });

  it("verified with a code while another provider vouches for it becomes one user with both accounts", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const identity = unvouched();
      const proof = await begin(social, identity);
      const elsewhereAt = identityAt(elsewhere.other, { email: identity.email });
      const outcomes = await Promise.allSettled([
        social.login.logIn({ ...proof, factor: "EMAIL_CODE" }, CLIENT),
        elsewhere.finish(elsewhereAt, { provider: elsewhere.other }),
      ]);
      expect(lost(outcomes)).toEqual([]);
      const [user, ...others] = await usersAt(identity);
      expect(others).toEqual([]);
      expect(await accountsOf(user as User)).toHaveLength(2);
      await expectGrounded(user as User);
    }
  });

  it("verified while its user changes to another address links nothing to an address that the user no longer has", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const user = await addUser(app, await createTenant(app));
      const identity = unvouched(user.email);
      const proof = await begin(social, identity);
      const { db, links, emailChanges } = app.app;
      const payload = { email: newEmail("moved") };
      const token = links.tokenOf(
        await db.transaction((tx) => links.issue(tx, { user, purpose: purposeNamed("change-email"), payload })),
      );
      const [, entered] = await Promise.allSettled([
        emailChanges.confirm(token, CLIENT),
        elsewhere.login.logIn({ ...proof, factor: "EMAIL_CODE" }, CLIENT),
      ]);
      expect(lost([entered])).toEqual([]);
      const [account, ...more] = await accountsAt(identity);
      expect(more).toEqual([]);
      const linked = (await eventsOf(app, user)).map(({ type }) => type).filter((type) => /LINKED|CHANGED/.test(type));
      expect(linked).toEqual(account?.userId === user.id ? ["SOCIAL_LINKED", "EMAIL_CHANGED"] : ["EMAIL_CHANGED"]);
    }
  });

  it("is not linked twice by two logins that wait for the user's own second factor: the first one ends the other", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { user, viewer } = await withPassword();
      const { challenge, publicKey } = await app.app.passkeys.startRegistration(viewer);
      const authenticator = new SoftwareAuthenticator();
      const response = authenticator.create(publicKey, { origin: ORIGIN });
      await app.app.passkeys.finishRegistration(viewer, CLIENT, { challenge, response });
      const steps = [];
      for (const at of [social, elsewhere]) {
        const step = await at.finish(identityAt(at.acme, { email: user.email }));
        if (!("factors" in step)) throw new Error("The login does not require a second factor.");
        const options = await app.app.passkeyLogin.start(step.challenge);
        steps.push({
          challenge: step.challenge,
          response: authenticator.get(options.publicKey, { origin: ORIGIN }),
          ...{ deviceToken: null, deviceTokenInCookie: false, transport: "BODY" as const },
        });
      }
      const [one, other] = steps as [(typeof steps)[0], (typeof steps)[0]];
      const outcomes = await Promise.allSettled([
        app.app.passkeyLogin.finish(one, CLIENT),
        replica.app.passkeyLogin.finish(other, CLIENT),
      ]);
      expect(won<unknown>(outcomes)).toHaveLength(1);
      expect(await accountsOf(user)).toHaveLength(1);
      await expectGrounded(user);
    }
  });
});

describe("a person whose address is pending in one tenant, and waits for approval in another", () => {
  it("logs in while an admin decides: it is decided once, and no user gets the other registration's password", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const strict = await createTenant(app, "Strict", { registration: "APPROVAL" });
      const { viewer } = await signIn(app, await addUser(app, strict, { roles: ["USER", "ADMIN"] }));
      const email = newEmail("contested");
      const request = { email, password: newPassword(), name: "Mallory" };
      await app.app.registration.register({ ...request, tenant: (await createTenant(app)).slug }, CLIENT);
      const id = await submitRegistration(app, strict, { email });
      const identity = identityAt(social.acme, { email });
      const [approved, entered] = await Promise.allSettled([
        app.app.approvals.approve({ viewer, client: CLIENT }, id),
        elsewhere.finish(identity, { tenant: strict.slug }),
      ]);
      expect(approved).toMatchObject({ status: "fulfilled", value: { status: "APPROVED" } });
      // A login before the decision requests approval; a login after it succeeds.
      if (entered.status === "rejected") expect(lost([entered])).toEqual(["APPROVAL_PENDING"]);
      const { user } = await elsewhere.signIn(identity, { tenant: strict.slug });
      expect(user).toMatchObject({ tenantId: strict.id, name: identity.name });
      expect(await app.app.passwords.haveUsers([user.id])).toEqual([false]);
      expect(await accountsAt(identity)).toHaveLength(1);
      const waiting = await app.app.db.select().from(registrations).where(eq(registrations.emailCanonical, email));
      for (const { passwordHash, closedAt } of waiting)
        expect([passwordHash, closedAt]).toEqual([null, expect.any(Date)]);
    }
  });
});

describe("one account", () => {
  it("linked by two users concurrently belongs to one of them", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const people = await Promise.all([withPassword(), withPassword(), withPassword(), withPassword()]);
      const identity = identityAt(social.acme);
      const outcomes = await many(people.length, ({ link }, index) =>
        link((people[index] as StoredUser).viewer, identity),
      );
      expect(won(outcomes)).toHaveLength(1);
      expect(lost(outcomes)).toEqual(people.slice(1).map(() => "SOCIAL_ACCOUNT_TAKEN"));
      expect(await accountsAt(identity)).toMatchObject([{ userId: won(outcomes)[0]?.id }]);
    }
  });

  it("linked by its user many times concurrently is linked once, and every call succeeds", async () => {
    const { user, viewer } = await withPassword();
    const identity = identityAt(social.acme);
    const outcomes = await many(CALLERS, ({ link }) => link(viewer, identity));
    expect(lost(outcomes)).toEqual([]);
    expect(await accountsOf(user)).toHaveLength(1);
    expect((await eventsOf(app, user)).filter(({ type }) => type === "SOCIAL_LINKED")).toHaveLength(1);
  });

  it("linked by a user during a login with it and an unknown address belongs to one of the two users", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { viewer, user } = await withPassword();
      const identity = identityAt(social.acme);
      const [linked, entered] = await Promise.allSettled([
        social.link(viewer, identity),
        elsewhere.signIn(identity),
      ] as const);
      const [account, ...more] = await accountsAt(identity);
      expect(more).toEqual([]);
      if (entered.status === "rejected") throw entered.reason;
      expect(entered.value.user.id).toBe(account?.userId);
      expect(linked.status === "fulfilled").toBe(account?.userId === user.id);
      if (linked.status === "rejected") expect(lost([linked])).toEqual(["SOCIAL_ACCOUNT_TAKEN"]);
      // Otherwise a user without purpose would remain.
      if (linked.status === "fulfilled") expect(await usersAt(identity)).toEqual([]);
    }
  });
});

describe("unlinking", () => {
  it("during logins with the account leaves no session that rests on the removed account", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { user, viewer } = await withPassword();
      const identity = identityAt(social.acme);
      await social.link(viewer, identity);
      await Promise.all([
        many(6, ({ finish }) => finish(identity)).then(lost),
        elsewhere.accounts.unlink(viewer, CLIENT, "acme"),
      ]);
      await expectGrounded(user);
      expect(await accountsOf(user)).toEqual([]);
    }
  });

  it("during logins with the account and its address does not let a login link it again", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { user, viewer } = await withPassword();
      const identity = identityAt(social.acme, { email: user.email });
      await social.link(viewer, identity);
      const [outcomes] = await Promise.all([
        many(6, ({ finish }) => finish(identity)),
        elsewhere.accounts.unlink(viewer, CLIENT, "acme"),
      ]);
      expect(new Set(["EMAIL_TAKEN", ...lost(outcomes)])).toEqual(new Set(["EMAIL_TAKEN"]));
      await expectGrounded(user);
      expect(await accountsOf(user)).toEqual([]);
    }
  });

  it("during a link of the same account has one of the two results", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { user, viewer } = await withPassword();
      const identity = identityAt(social.acme);
      await social.link(viewer, identity);
      const outcomes = await Promise.allSettled([
        elsewhere.accounts.unlink(viewer, CLIENT, "acme"),
        social.link(viewer, identity),
      ]);
      expect(lost(outcomes)).toEqual([]);
      const types = (await eventsOf(app, user)).map(({ type }) => type);
      const balance = types.filter((type) => type === "SOCIAL_LINKED").length - 1;
      expect(await accountsOf(user)).toHaveLength(balance);
    }
  });

  it("of the last two login methods concurrently leaves one: two accounts", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const identity = identityAt(social.acme);
      const { user, session } = await social.signIn(identity);
      const viewer = steppedUp(session, user);
      await social.link(viewer, identityAt(social.other), { provider: social.other });
      const outcomes = await Promise.allSettled([
        social.accounts.unlink(viewer, CLIENT, "acme"),
        elsewhere.accounts.unlink(viewer, CLIENT, "other"),
      ]);
      expect(won(outcomes)).toHaveLength(1);
      expect(["LAST_LOGIN_METHOD", "REAUTHENTICATION_REQUIRED"]).toContain(lost(outcomes)[0]);
      expect(await accountsOf(user)).toHaveLength(1);
    }
  });

  it("of the last two login methods concurrently leaves one: an account and a passkey", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const { user, session } = await social.signIn(identityAt(social.acme));
      const viewer = steppedUp(session, user);
      const { challenge, publicKey } = await app.app.passkeys.startRegistration(viewer);
      const response = new SoftwareAuthenticator().create(publicKey, { origin: ORIGIN });
      const { id } = await app.app.passkeys.finishRegistration(viewer, CLIENT, { challenge, response });
      const outcomes = await Promise.allSettled([
        social.accounts.unlink(viewer, CLIENT, "acme"),
        replica.app.passkeys.remove(viewer, CLIENT, id),
      ]);
      expect(won<unknown>(outcomes)).toHaveLength(1);
      const left = (await accountsOf(user)).length + ((await app.app.passkeys.ofUsers([user.id]))[0]?.length ?? 0);
      expect(left).toBe(1);
    }
  });
});

describe("a login", () => {
  it("while its user is suspended leaves no session, whichever is first", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const tenant = await createTenant(app);
      const admin = await signIn(app, await addUser(app, tenant, { roles: ["USER", "ADMIN"] }));
      const user = await addUser(app, tenant);
      const identity = identityAt(social.acme, { email: user.email });
      if (round % 2 === 0) await social.signIn(identity);
      const [, outcomes] = await Promise.all([
        app.app.administration.suspend(admin, user.id, null),
        many(6, ({ finish }) => finish(identity)),
      ]);
      for (const reason of lost(outcomes)) expect(reason).toBe("ACCOUNT_SUSPENDED");
      expect(await sessionsOf(user)).toEqual([]);
      await expect(social.finish(identity)).rejects.toMatchObject({ reason: "ACCOUNT_SUSPENDED" });
    }
  });

  it("while its user changes to another address never uses an address that the user no longer has", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const user = await addUser(app, await createTenant(app));
      const identity = identityAt(social.acme, { email: user.email });
      const { db, links, emailChanges } = app.app;
      const payload = { email: newEmail("moved") };
      const token = links.tokenOf(
        await db.transaction((tx) => links.issue(tx, { user, purpose: purposeNamed("change-email"), payload })),
      );
      const [, entered] = await Promise.all([emailChanges.confirm(token, CLIENT), elsewhere.signIn(identity)]);
      const [account] = await accountsAt(identity);
      expect(account?.userId).toBe(entered.user.id);
      // Either the user was found before the change, or the address was free and this is a new user.
      if (entered.user.id !== user.id) expect(entered.user.email).toBe(identity.email);
      const linked = (await eventsOf(app, user)).map(({ type }) => type).filter((type) => /LINKED|CHANGED/.test(type));
      if (entered.user.id === user.id) expect(linked).toEqual(["SOCIAL_LINKED", "EMAIL_CHANGED"]);
      else expect(linked).toEqual(["EMAIL_CHANGED"]);
    }
  });
});

describe("verifying the address through a provider", () => {
  it("while a mailed link is used succeeds; the password of the link counts only if the link is first", async () => {
    for (let round = 0; round < 2 * ROUNDS; round++) {
      const email = newEmail("contested");
      const { db, emailVerification, links, passwords, registration } = app.app;
      const { challenge } = await registration.register({ email, password: newPassword(), name: "Mallory" }, CLIENT);
      const [link] = await db.select().from(addressLinks).where(eq(addressLinks.emailCanonical, email));
      const token = link ? links.tokenOf(link) : "";
      const identity = identityAt(social.acme, { email });
      const [followed, entered] = await Promise.allSettled([
        emailVerification.verify(verification(token, { challenge }), CLIENT),
        elsewhere.signIn(identity),
      ] as const);
      if (entered.status === "rejected") throw entered.reason;
      const { user } = entered.value;
      const [hasPassword] = await passwords.haveUsers([user.id]);
      // The user of the link reads the mail: both have verified the address, and the user has the data of the link.
      expect(hasPassword).toBe(followed.status === "fulfilled");
      if (followed.status === "fulfilled") expect(followed.value.user.id).toBe(user.id);
      else {
        expect(lost([followed])).toEqual(["INVALID_TOKEN"]);
        expect(user.name).toBe(identity.name);
      }
      expect(await accountsOf(user)).toHaveLength(1);
    }
  });

  it("while an invitation is accepted results in one user, created by one of them", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const tenant = await createTenant(app);
      const admin = await signIn(app, await addUser(app, tenant, { roles: ["USER", "ADMIN"] }));
      const { db, invitationAcceptance, invitations, links } = app.app;
      const { email } = await invitations.invite(admin, {
        email: newEmail(),
        name: "Ivy",
        roleIds: await roleIdsOf(app, admin.user),
      });
      const [link] = await db.select().from(addressLinks).where(eq(addressLinks.emailCanonical, email));
      const acceptance = {
        token: link ? links.tokenOf(link) : "",
        password: newPassword(),
        transport: "BODY",
      } as const;
      const outcomes = await Promise.allSettled([
        invitationAcceptance.accept(acceptance, CLIENT),
        elsewhere.signIn(identityAt(social.acme, { email }), { tenant: tenant.slug }),
      ] as const);
      const [accepted, entered] = outcomes;
      if (entered.status === "rejected") throw entered.reason;
      for (const reason of lost([accepted])) expect(reason).toBe("INVALID_TOKEN");
      const user = await app.app.users.get(entered.value.user.id);
      expect(user).toMatchObject({ status: "ACTIVE", emailVerified: true, roles: ["USER", "ADMIN"] });
      expect((await app.app.passwords.haveUsers([user.id]))[0]).toBe(accepted.status === "fulfilled");
      await expectGrounded(user);
    }
  });
});
