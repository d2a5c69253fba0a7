import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devices } from "#features/devices/index";
import { sessions } from "#features/sessions/index";
import type { ProviderIdentity } from "#features/social/index";
import { socialAccounts } from "#features/social/social-accounts.table";
import { tenants } from "#features/tenants/index";
import type { User } from "#features/users/index";
import { MINUTE } from "#shared/durations";
import type { Viewer } from "#shared/viewer";
import { SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import { AuthenticatorApp } from "../../support/clients/factors.ts";
import { beginChallenge } from "../../support/factories/challenges.ts";
import { snapshotOf } from "../../support/factories/database-snapshot.ts";
import { newestTokenOf } from "../../support/factories/links.ts";
import {
  CLIENT,
  clientAt,
  eventsOf,
  type StoredUser,
  signIn,
  steppedUp,
} from "../../support/factories/stored-users.ts";
import { addUser, createTenant } from "../../support/factories/tenants.ts";
import { newAddress, newEmail, newPassword } from "../../support/factories/users.ts";
import { buildTestApp } from "../../support/servers/app.ts";
import { identityAt, SCRIPTED, type Social, socialOf } from "../../support/servers/scripted-providers.ts";

const ORIGIN = "https://id.example.test";

let app: Awaited<ReturnType<typeof buildTestApp>>;
let social: Social;
beforeAll(async () => {
  app = await buildTestApp({ settings: { ...SCRIPTED, PUBLIC_URL: ORIGIN } });
  social = socialOf(app);
});
afterAll(() => app?.close());

const accountsOf = ({ id }: Pick<User, "id">) =>
  app.app.db.select().from(socialAccounts).where(eq(socialAccounts.userId, id)).orderBy(socialAccounts.id);

const sessionOf = async ({ id }: { readonly id: (typeof sessions.$inferSelect)["id"] }) => {
  const [row] = await app.app.db.select().from(sessions).where(eq(sessions.id, id));
  if (!row) throw new Error("The session does not exist.");
  return row;
};

const typesOf = async (user: Pick<User, "id">) => (await eventsOf(app, user)).map(({ type }) => type);

const mailsTo = async ({ email }: Pick<User, "email">) => {
  const jobs = await app.app.db.execute<{ payload: Record<string, unknown> }>(sql`
    select payload from graphile_worker._private_jobs where payload ->> 'to' = ${email} order by id`);
  return jobs.map(({ payload }) => payload);
};

/** A user with a password, signed in with it. */
const withPassword = async (): Promise<StoredUser> =>
  signIn(app, await addUser(app, await createTenant(app), { password: newPassword() }));

/** A user who has only an account at the provider, signed in with it. */
const newcomer = async (identity = identityAt(social.acme)) => {
  const { user, session } = await social.signIn(identity);
  return { identity, user, session, viewer: steppedUp(session, user) };
};

const addPasskey = async (viewer: Viewer) => {
  const { challenge, publicKey } = await app.app.passkeys.startRegistration(viewer);
  const response = new SoftwareAuthenticator().create(publicKey, { origin: ORIGIN });
  return app.app.passkeys.finishRegistration(viewer, CLIENT, { challenge, response });
};

const turnTotpOn = async (viewer: Viewer) => {
  const { secret } = await app.app.totp.enable(viewer);
  const authenticator = new AuthenticatorApp(secret);
  await app.app.totp.confirm(viewer, CLIENT, authenticator.code(app.clock.now()));
  return authenticator;
};

const LAST = { code: "BAD_REQUEST", reason: "LAST_LOGIN_METHOD" };

describe("linking", () => {
  it("lets the user log in with an account of any address, notifies the user, and invalidates pending logins", async () => {
    const { user, viewer } = await withPassword();
    const { token } = await beginChallenge(app, user);
    const identity = identityAt(social.acme, { emailVerified: false });
    expect(await social.link(viewer, identity)).toMatchObject({ id: user.id, email: user.email });
    expect(await accountsOf(user)).toMatchObject([
      { provider: "acme", issuer: identity.issuer, subject: identity.subject, email: identity.email, lastUsedAt: null },
    ]);
    await expect(app.app.challenges.get(token)).rejects.toMatchObject({ reason: "CHALLENGE_EXPIRED" });
    expect(await typesOf(user)).toContain("SOCIAL_LINKED");
    expect(await mailsTo(user)).toMatchObject([
      { template: "social-account-changed", data: { provider: "The acme", linked: true } },
    ]);
    const { session } = await social.signIn(identity);
    expect(session.userId).toBe(user.id);
  });

  it("the same account again changes nothing and sends no notification", async () => {
    const { user, viewer } = await withPassword();
    const identity = identityAt(social.acme);
    await social.link(viewer, identity);
    const before = [await snapshotOf(app, [user]), await mailsTo(user)];
    expect(await social.link(viewer, identity)).toMatchObject({ id: user.id });
    expect([await snapshotOf(app, [user]), await mailsTo(user)]).toEqual(before);
  });

  it("is refused if another user has the account, or the user has another one of the provider", async () => {
    const [ann, bob] = [await withPassword(), await withPassword()];
    const identity = identityAt(social.acme);
    await social.link(ann.viewer, identity);
    const before = await snapshotOf(app, [ann.user, bob.user]);
    const taken = { code: "CONFLICT", reason: "SOCIAL_ACCOUNT_TAKEN" };
    await expect(social.link(bob.viewer, identity)).rejects.toMatchObject(taken);
    await expect(social.link(ann.viewer, identityAt(social.acme))).rejects.toMatchObject(taken);
    expect(await snapshotOf(app, [ann.user, bob.user])).toEqual(before);
    await social.link(ann.viewer, identityAt(social.other), { provider: social.other });
    expect(await accountsOf(ann.user)).toMatchObject([{ provider: "acme" }, { provider: "other" }]);
  });

  it("fills in a missing name", async () => {
    const { user, viewer } = await withPassword();
    expect(await social.link(viewer, identityAt(social.acme, { name: "Nora Name" }))).toMatchObject({
      name: "Nora Name",
    });
    await social.link(viewer, identityAt(social.other, { name: "Another" }), { provider: social.other });
    expect((await app.app.users.get(user.id)).name).toBe("Nora Name");
  });

  it.each([
    ["the session has ended", "UNAUTHENTICATED", (viewer: Viewer) => app.app.sessions.logout(viewer, CLIENT)],
    [
      "the elevations of the session were withdrawn",
      "REAUTHENTICATION_REQUIRED",
      (viewer: Viewer) =>
        app.app.db.update(sessions).set({ elevationEpoch: 1 }).where(eq(sessions.id, viewer.sessionId)),
    ],
  ])("is refused if %s during the visit to the provider", async (_, code, meanwhile) => {
    const { user, viewer } = await withPassword();
    social.acme.beforeAnswer = async () => void (await meanwhile(viewer));
    await expect(social.link(viewer, identityAt(social.acme))).rejects.toMatchObject({ code });
    social.acme.beforeAnswer = async () => {};
    expect(await accountsOf(user)).toEqual([]);
  });
});

describe("unlinking", () => {
  it("removes the login method, and the sessions that rest only on it; the user is notified", async () => {
    const { user, viewer } = await withPassword();
    const identity = identityAt(social.acme);
    await social.link(viewer, identity);
    const { session: resting } = await social.signIn(identity);
    const { token } = await beginChallenge(app, user);
    expect(await social.accounts.unlink(viewer, CLIENT, "acme")).toMatchObject({ id: user.id });
    expect(await accountsOf(user)).toEqual([]);
    expect(await sessionOf(resting)).toMatchObject({ endReason: "REVOKED", authenticatedWith: [] });
    expect(await sessionOf({ id: viewer.sessionId })).toMatchObject({ endedAt: null, authenticatedWith: ["PASSWORD"] });
    await expect(app.app.challenges.get(token)).rejects.toMatchObject({ reason: "CHALLENGE_EXPIRED" });
    expect(await typesOf(user)).toContain("SOCIAL_UNLINKED");
    expect((await mailsTo(user)).at(-1)).toMatchObject({
      template: "social-account-changed",
      data: { provider: "The acme", linked: false },
    });
  });

  it("keeps a session that also rests on another factor, but withdraws its elevations", async () => {
    const { viewer } = await withPassword();
    const identity = identityAt(social.acme);
    await social.link(viewer, identity);
    await social.link(viewer, identityAt(social.other), { provider: social.other });
    const { session } = await social.signIn(identity);
    await app.app.db
      .update(sessions)
      .set({ authenticatedWith: ["SOCIAL", "TOTP"] })
      .where(eq(sessions.id, session.id));
    const { session: elsewhere } = await social.signIn(identity);
    await social.accounts.unlink(viewer, CLIENT, "other");
    expect(await sessionOf(session)).toMatchObject({ endedAt: null, authenticatedWith: ["SOCIAL", "TOTP"] });
    await social.accounts.unlink(viewer, CLIENT, "acme");
    expect(await sessionOf(session)).toMatchObject({
      endedAt: null,
      authenticatedWith: ["TOTP"],
      socialAccountId: null,
      elevationEpoch: 1,
    });
    expect(await sessionOf(elsewhere)).toMatchObject({ endReason: "REVOKED" });
  });

  it("keeps the session in use, but requires another step-up before the next change", async () => {
    const { user, viewer } = await newcomer();
    await app.app.passwords.changePassword(viewer, CLIENT, { newPassword: newPassword(), logout: "NONE" });
    await social.accounts.unlink(viewer, CLIENT, "acme");
    expect(await sessionOf({ id: viewer.sessionId })).toMatchObject({
      endedAt: null,
      authenticatedWith: [],
      elevationEpoch: 1,
    });
    expect(await accountsOf(user)).toEqual([]);
  });

  it("is refused for the only login method: no password, no passkey, no other account", async () => {
    const { user, viewer } = await newcomer();
    await turnTotpOn(viewer);
    const before = await snapshotOf(app, [user]);
    // TOTP alone is not a login method.
    await expect(social.accounts.unlink(viewer, CLIENT, "acme")).rejects.toMatchObject(LAST);
    expect(await snapshotOf(app, [user])).toEqual(before);
  });

  it.each([
    [
      "a password",
      (viewer: Viewer) =>
        app.app.passwords.changePassword(viewer, CLIENT, { newPassword: newPassword(), logout: "NONE" }),
    ],
    ["a passkey", (viewer: Viewer) => addPasskey(viewer)],
    [
      "an account of another provider",
      (viewer: Viewer) => social.link(viewer, identityAt(social.other), { provider: social.other }),
    ],
  ])("is possible if the user has %s", async (_, other) => {
    const { user, viewer } = await newcomer();
    await other(viewer);
    await social.accounts.unlink(viewer, CLIENT, "acme");
    expect((await accountsOf(user)).map(({ provider }) => provider)).not.toContain("acme");
  });

  it("is refused if the other methods are unusable: a passkey if passkeys are off, an account of a removed provider", async () => {
    const without = socialOf(app, { passkeys: false });
    const { user, viewer } = await newcomer();
    await addPasskey(viewer);
    await social.link(viewer, identityAt(social.other), { provider: social.other });
    without.known.delete("other");
    const before = await snapshotOf(app, [user]);
    await expect(without.accounts.unlink(viewer, CLIENT, "acme")).rejects.toMatchObject(LAST);
    expect(await snapshotOf(app, [user])).toEqual(before);
  });

  it("works for a provider that was removed from the settings", async () => {
    const { user, viewer } = await withPassword();
    await social.link(viewer, identityAt(social.other), { provider: social.other });
    const without = socialOf(app);
    without.known.delete("other");
    await without.accounts.unlink(viewer, CLIENT, "other");
    expect(await accountsOf(user)).toEqual([]);
  });

  it("does not affect another user's account, and fails for a user without an account", async () => {
    const [ann, bob] = [await withPassword(), await withPassword()];
    await social.link(ann.viewer, identityAt(social.acme));
    const before = await snapshotOf(app, [ann.user, bob.user]);
    await expect(social.accounts.unlink(bob.viewer, CLIENT, "acme")).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await snapshotOf(app, [ann.user, bob.user])).toEqual(before);
  });

  it("requires the session's elevation to be still valid when the user row is locked", async () => {
    const { user, viewer } = await withPassword();
    await social.link(viewer, identityAt(social.acme));
    await app.app.db.update(sessions).set({ elevationEpoch: 1 }).where(eq(sessions.id, viewer.sessionId));
    const before = await snapshotOf(app, [user]);
    const refused = social.accounts.unlink(viewer, CLIENT, "acme");
    await expect(refused).rejects.toMatchObject({ code: "REAUTHENTICATION_REQUIRED" });
    expect(await snapshotOf(app, [user])).toEqual(before);
  });
});

describe("an account that was unlinked", () => {
  it("is not linked again by its address: its owner is not admitted, and nothing is stored", async () => {
    const { user, viewer } = await withPassword();
    const identity = identityAt(social.acme, { email: user.email });
    await social.signIn(identity);
    await social.accounts.unlink(viewer, CLIENT, "acme");
    const before = await snapshotOf(app, [user]);
    await expect(social.finish(identity)).rejects.toMatchObject({ code: "CONFLICT", reason: "EMAIL_TAKEN" });
    const another = identityAt(social.acme, { email: user.email });
    await expect(social.finish(another)).rejects.toMatchObject({ reason: "EMAIL_TAKEN" });
    expect(await snapshotOf(app, [user])).toEqual(before);
  });

  it("does not prevent another provider from vouching for the address", async () => {
    const { user, viewer } = await withPassword();
    await social.signIn(identityAt(social.acme, { email: user.email }));
    await social.accounts.unlink(viewer, CLIENT, "acme");
    const elsewhere = identityAt(social.other, { email: user.email });
    expect((await social.signIn(elsewhere, { provider: social.other })).user.id).toBe(user.id);
  });

  it("can be linked again by its user, and then logs in as before", async () => {
    const { user, viewer } = await withPassword();
    const identity = identityAt(social.acme, { email: user.email });
    await social.signIn(identity);
    await social.accounts.unlink(viewer, CLIENT, "acme");
    await social.link(viewer, identity);
    expect((await social.signIn(identity)).user.id).toBe(user.id);
  });
});

describe("a user who takes an address back from a thief", () => {
  it("loses the accounts that the thief has linked, and keeps those linked before", async () => {
    const { user, viewer } = await withPassword();
    const own = identityAt(social.other);
    // On another device than the one whose session the thief uses.
    const elsewhere = await signIn(app, user);
    await social.link(elsewhere.viewer, own, { provider: social.other });
    const { db, devices } = app.app;
    const { token: deviceToken, ...device } = devices.resolveDevice(null, null);
    await db.transaction((tx) => devices.recordLogin(tx, user, { token: deviceToken, ...device }, CLIENT));
    app.clock.advance(MINUTE);
    await app.app.emailChanges.request(viewer, newEmail("thief"));
    const thiefs = identityAt(social.acme);
    await social.link(viewer, thiefs);
    const link = await newestTokenOf(app, user, "undo-email-change");
    await app.app.emailChangeUndo.undo(link, { deviceToken }, CLIENT);
    expect(await accountsOf(user)).toMatchObject([{ provider: "other", subject: own.subject }]);
    expect((await eventsOf(app, user)).filter(({ type }) => type === "SOCIAL_UNLINKED")).toMatchObject([
      { details: { provider: "acme", denied: true } },
    ]);
    // The thief's account is unknown again.
    expect((await social.signIn(thiefs)).user.id).not.toBe(user.id);
  });
});

describe("a passkey", () => {
  it("is not removed if it is the only login method", async () => {
    const { user, viewer } = await newcomer();
    const { id } = await addPasskey(viewer);
    await social.accounts.unlink(viewer, CLIENT, "acme");
    // The session now rests on the new passkey, and keeps its elevation.
    const before = await snapshotOf(app, [user]);
    await expect(app.app.passkeys.remove(viewer, CLIENT, id)).rejects.toMatchObject(LAST);
    expect(await snapshotOf(app, [user])).toEqual(before);
    const { id: second } = await addPasskey(viewer);
    expect(await app.app.passkeys.remove(viewer, CLIENT, id)).toBe(id);
    await expect(app.app.passkeys.remove(viewer, CLIENT, second)).rejects.toMatchObject(LAST);
  });

  it("is removed if the user has an account at a provider", async () => {
    const { user, viewer } = await newcomer();
    const { id } = await addPasskey(viewer);
    expect(await app.app.passkeys.remove(viewer, CLIENT, id)).toBe(id);
    expect(await accountsOf(user)).toHaveLength(1);
  });

  it("of another user is not found, whether or not the caller has one", async () => {
    const [ann, bob] = [await newcomer(), await newcomer()];
    const { id } = await addPasskey(ann.viewer);
    await expect(app.app.passkeys.remove(bob.viewer, CLIENT, id)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("the step after the provider", () => {
  /** A user whose tenant has this policy. */
  const employed = async (policy: Partial<typeof tenants.$inferInsert>) => {
    const tenant = await createTenant(app);
    await app.app.db.update(tenants).set(policy).where(eq(tenants.id, tenant.id));
    const user = await addUser(app, tenant, { password: newPassword() });
    const identity = identityAt(social.acme, { email: user.email });
    return { user, identity };
  };

  it("is the second factor of the user; the session then rests on both", async () => {
    const { identity, viewer, user } = await newcomer();
    const authenticator = await turnTotpOn(viewer);
    const step = await social.finish(identity);
    expect(step).toMatchObject({ reason: "SECOND_FACTOR_ENABLED", factors: expect.arrayContaining(["TOTP"]) });
    if (!("challenge" in step)) throw new Error("The challenge is missing.");
    app.clock.advance(MINUTE);
    const code = { challenge: step.challenge, code: authenticator.code(app.clock.now()), trustDevice: false };
    const { session } = await app.app.secondFactors.logIn({ ...code, factor: "TOTP" }, CLIENT);
    const [account] = await accountsOf(user);
    expect(session).toMatchObject({ authenticatedWith: ["SOCIAL", "TOTP"], socialAccountId: account?.id });
  });

  it("is a mailed code if the tenant requires a second factor from every user", async () => {
    const { identity } = await employed({ requireSecondFactor: true });
    expect(await social.finish(identity)).toMatchObject({ reason: "TENANT_POLICY", factors: ["EMAIL_CODE"] });
  });

  it("is a mailed code if the login is very unusual", async () => {
    const { identity } = await employed({ secondFactorAtRisk: 0, confirmLoginAtRisk: 0 });
    expect(await social.finish(identity)).toMatchObject({ reason: "HIGH_RISK", factors: ["EMAIL_CODE"] });
  });

  it("cannot be completed after the account was unlinked", async () => {
    const { user, viewer } = await withPassword();
    const identity = identityAt(social.acme);
    await social.link(viewer, identity);
    const authenticator = await turnTotpOn(viewer);
    const step = await social.finish(identity);
    if (!("challenge" in step)) throw new Error("The challenge is missing.");
    await social.accounts.unlink(viewer, CLIENT, "acme");
    app.clock.advance(MINUTE);
    const code = { challenge: step.challenge, code: authenticator.code(app.clock.now()), trustDevice: false };
    const refused = app.app.secondFactors.logIn({ ...code, factor: "TOTP" }, CLIENT);
    await expect(refused).rejects.toMatchObject({ reason: "CHALLENGE_EXPIRED" });
    expect(await app.app.db.select().from(sessions).where(eq(sessions.userId, user.id))).toHaveLength(1);
  });

  it("is a confirmation by mail if the login is unusual, and confirming opens the session", async () => {
    const { user, identity } = await employed({ confirmLoginAtRisk: 0 });
    const { challenge, number } = await waitFor(identity);
    // To be linked by its address, but not before the login is complete.
    expect(await accountsOf(user)).toEqual([]);
    const answer = { token: await confirmationOf(user), number, trustDevice: false };
    await app.app.confirmations.confirm(answer, CLIENT);
    expect(await app.app.confirmations.resume(challenge, CLIENT)).toMatchObject({
      session: { userId: user.id, authenticatedWith: ["SOCIAL"], socialAccountId: (await accountsOf(user))[0]?.id },
    });
  });

  it("unlinks the account that was used if the user denies the login", async () => {
    const { user, identity } = await employed({ confirmLoginAtRisk: 0 });
    const owner = await signIn(app, user);
    await social.link(owner.viewer, identityAt(social.other), { provider: social.other });
    await social.link(owner.viewer, identity);
    const { challenge } = await waitFor(identity);
    await app.app.denial.deny(await confirmationOf(user), CLIENT);
    expect(await accountsOf(user)).toMatchObject([{ provider: "other" }]);
    expect((await eventsOf(app, user)).filter(({ type }) => type === "SOCIAL_UNLINKED")).toMatchObject([
      { details: { provider: "acme", denied: true } },
    ]);
    await expect(app.app.confirmations.resume(challenge, CLIENT)).rejects.toMatchObject({ reason: "LOGIN_DENIED" });
    await expect(social.finish(identity)).rejects.toMatchObject({ reason: "PASSWORD_RESET_REQUIRED" });
    expect(await accountsOf(user)).toHaveLength(1);
  });

  it("is final if denied: the account at that address opens nothing, also after a new password", async () => {
    const { user, identity } = await employed({ confirmLoginAtRisk: 0 });
    await waitFor(identity);
    expect(await accountsOf(user)).toEqual([]);
    await app.app.denial.deny(await confirmationOf(user), CLIENT);
    await app.app.passwordResets.reset(CLIENT, await newestTokenOf(app, user, "reset-password"), newPassword());
    const before = await snapshotOf(app, [user]);
    await expect(social.finish(identity)).rejects.toMatchObject({ code: "CONFLICT", reason: "EMAIL_TAKEN" });
    expect(await snapshotOf(app, [user])).toEqual(before);
    expect(await accountsOf(user)).toEqual([]);
  });

  it("also unlinks the account if the user denies the login later, with the mail about the new device", async () => {
    const { user, identity } = await employed({ confirmLoginAtRisk: 200, secondFactorAtRisk: 200 });
    const login = await social.signIn(identity);
    await app.app.denial.deny(await newestTokenOf(app, user, "deny-login"), CLIENT);
    expect(await accountsOf(user)).toEqual([]);
    expect((await eventsOf(app, user)).filter(({ type }) => type === "LOGIN_DENIED")).toMatchObject([
      { details: { endedSessions: 1, sessionId: login.session.id } },
    ]);
    await expect(social.finish(identity)).rejects.toMatchObject({ reason: "PASSWORD_RESET_REQUIRED" });
  });

  it("is a session on the same device if the device token is sent", async () => {
    const identity = identityAt(social.acme);
    const { deviceToken, user } = await social.signIn(identity);
    const again = await social.signIn(identity, { deviceToken });
    expect(again.deviceToken).toBe(deviceToken);
    expect(await app.app.db.select().from(devices).where(eq(devices.userId, user.id))).toHaveLength(1);
  });

  /** From a separate address, because a denial makes the address suspicious. */
  const waitFor = async (identity: ProviderIdentity): Promise<{ challenge: string; number: string }> => {
    const step = await social.finish(identity, { client: clientAt(newAddress()) });
    if (!("challenge" in step) || "factors" in step) throw new Error("The login does not wait for confirmation.");
    return step;
  };

  /** The token of the confirmation link mailed to the user. */
  const confirmationOf = (user: User): Promise<string> => newestTokenOf(app, user, "confirm-login");
});
