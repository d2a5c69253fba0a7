import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { passkeys } from "#features/login/second-factors/passkey/passkeys.table";
import { sessions } from "#features/sessions/index";
import { DAY, HOUR } from "#shared/durations";
import type { SessionId, UserId } from "#shared/ids";
import { SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import {
  AuthenticatorApp,
  accountsOf,
  beginLogin,
  CONFIRM_TOTP,
  ENABLE_TOTP,
  enableTotp,
  waitForNewCode,
} from "../../support/clients/factors.ts";
import type { GraphQLClient, UntypedData } from "../../support/clients/graphql.ts";
import { FINISH_REGISTRATION, passkeysOf, START_REGISTRATION } from "../../support/clients/passkeys.ts";
import { createUser } from "../../support/factories/tenants.ts";
import {
  elevate,
  logIn,
  newEmail,
  newPassword,
  REFRESH,
  resetPassword,
  type SignedInUser,
  tokenIn,
} from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

/** An attacker has used a stolen session. The owner recovers the account, and nothing of the attacker remains. */

const ORIGIN = "https://id.example.test";
const CHANGE_EMAIL = "mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) { newEmail } }";
const VERIFY = "mutation ($token: String!) { confirmEmailChange(input: { token: $token }) { email } }";
const UNDO = `mutation ($token: String!, $proof: UndoEmailChangeProof) {
  undoEmailChange(input: { token: $token, proof: $proof }) { email }
}`;
const KEEP =
  "mutation ($token: String!, $device: String) { keepEmailChange(input: { token: $token, deviceToken: $device }) { email } }";
const CHANGE_PASSWORD =
  "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }";
const OLDER = { code: "FORBIDDEN", reason: "OLDER_CREDENTIAL_REQUIRED" };

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: { PUBLIC_URL: ORIGIN } });
});
afterAll(() => app?.stop());

/** An owner whose account is a month old, with a session and a device of the same age. */
const owner = async (): Promise<SignedInUser & { readonly device: string }> => {
  const alice = await createUser(app, { elevated: false });
  const device = alice.client.deviceToken ?? "";
  await app.app.db.execute(
    sql`update users set created_at = created_at - interval '30 days' where id = ${alice.id}::uuid`,
  );
  await app.app.db.execute(
    sql`update devices set first_seen_at = first_seen_at - interval '30 days' where user_id = ${alice.id}::uuid`,
  );
  await app.app.db.execute(
    sql`update passwords set changed_at = changed_at - interval '30 days' where user_id = ${alice.id}::uuid`,
  );
  return { ...alice, device };
};

const addPasskeyWith = async (client: GraphQLClient, ticket?: string): Promise<SoftwareAuthenticator> => {
  const device = new SoftwareAuthenticator();
  const { challenge, publicKey } = (await client.ask(START_REGISTRATION, { ticket })).startPasskeyRegistration;
  const response = device.create(publicKey, { origin: ORIGIN });
  await client.ask(FINISH_REGISTRATION, { input: { challenge, response } });
  return device;
};

const proveWith = (device: SoftwareAuthenticator) =>
  passkeysOf(app).prove((publicKey) => device.get(publicKey, { origin: ORIGIN }));

/**
 * Requests another address, and follows the link there.
 * @returns the token in the notice to the old address
 */
const moveTo = async (client: GraphQLClient, from: string, newAddress: string): Promise<string> => {
  await client.ask(CHANGE_EMAIL, { input: { newEmail: newAddress } });
  const notice = await app.mail.waitForMail({ to: from, subject: "Your e-mail address is being changed" });
  const proof = await app.mail.waitForMail({ to: newAddress, subject: "Confirm your new e-mail address" });
  await app.client().ask(VERIFY, { token: tokenIn(proof) });
  return tokenIn(notice);
};

/** An attacker with an elevated token of the owner's session changes the address. */
const stolen = async () => {
  const alice = await owner();
  await elevate(alice.client, { password: alice.password });
  const thief = app.client();
  thief.accessToken = alice.client.accessToken;
  const thiefs = newEmail("thief");
  return { alice, thief, thiefs };
};

const kindsOf = async (person: { readonly id: string }, kind: string): Promise<number> =>
  (await accountsOf(app, person)).filter((row: UntypedData) => row.kind === kind).length;

describe("a takeover with a stolen session", () => {
  it("ends with the owner's undo and password reset: the attacker's passkey is refused, and no factor is required", async () => {
    const { alice, thief, thiefs } = await stolen();
    const passkey = await addPasskeyWith(thief);
    const byPasskey = await passkeysOf(app).finish(await proveWith(passkey));
    const second = app.client();
    second.accessToken = byPasskey.tokens.accessToken;
    // A session that was opened with the attacker's passkey adds something, too.
    const { secret } = (await second.ask(ENABLE_TOTP, { ticket: byPasskey.enrolmentTicket })).enableTotp;
    await second.ask(CONFIRM_TOTP, { code: new AuthenticatorApp(secret).code(app.clock.now()) });
    await elevate(thief, { passkey: await proveWith(passkey) });
    const notice = await moveTo(thief, alice.email, thiefs);

    const late = await proveWith(passkey);
    const browser = app.client();
    expect((await browser.ask(UNDO, { token: notice, proof: { deviceToken: alice.device } })).undoEmailChange).toEqual({
      email: alice.email,
    });
    for (const client of [thief, second, alice.client])
      expect(await client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
    await passkeysOf(app).expectNoLogin(late, [alice]);
    for (const kind of ["passkey", "totp", "backup code", "device"]) expect(await kindsOf(alice, kind)).toBe(0);
    await app.mail.waitForMail({ to: thiefs, subject: "A change of e-mail address was undone" });

    const password = newPassword();
    await resetPassword(app, alice, password);
    expect((await beginLogin(app.client(), { email: alice.email, password })).__typename).toBe("LoginSuccess");
    await passkeysOf(app).expectNoLogin(await proveWith(passkey), [alice]);
  });

  it("keeps the owner's own factors, which are older", async () => {
    const { alice, thief, thiefs } = await stolen();
    const own = await addPasskeyWith(alice.client);
    await app.app.db
      .update(passkeys)
      .set({ createdAt: new Date(app.clock.now().getTime() - 20 * DAY), createdBySession: null })
      .where(eq(passkeys.userId, alice.id as UserId));
    const notice = await moveTo(thief, alice.email, thiefs);
    await app.client().ask(UNDO, { token: notice, proof: { passkey: await proveWith(own) } });
    expect(await kindsOf(alice, "passkey")).toBe(1);
  });

  it("restores the earliest address, whichever link is followed", async () => {
    const { alice, thief, thiefs } = await stolen();
    await moveTo(thief, alice.email, thiefs);
    const second = await moveTo(thief, thiefs, newEmail("thief"));
    const undone = await app.client().ask(UNDO, { token: second, proof: { deviceToken: alice.device } });
    expect(undone.undoEmailChange).toEqual({ email: alice.email });
  });
});

describe("the undo link alone", () => {
  it("gives no access to a reader of the old mailbox, nor with a credential younger than a week", async () => {
    const { alice, thief, thiefs } = await stolen();
    const token = await moveTo(thief, alice.email, thiefs);
    const reader = app.client();
    await logIn(reader, thiefs, alice.password);
    const before = await accountsOf(app, alice);
    for (const proof of [
      undefined,
      { deviceToken: reader.deviceToken },
      { password: newPassword() },
      { totpCode: "123456" },
    ])
      expect(await app.client().refused(UNDO, { token, proof })).toMatchObject(OLDER);
    expect(await accountsOf(app, alice)).toEqual(before);
  });

  it("with the previous password is not enough if the change was made on a device from before it", async () => {
    const { alice, thief, thiefs } = await stolen();
    const token = await moveTo(thief, alice.email, thiefs);
    expect(await app.client().refused(UNDO, { token, proof: { password: alice.password } })).toMatchObject(OLDER);
  });

  it("with the previous password is enough if the change was made on a new device, even if the password was replaced since", async () => {
    const alice = await owner();
    const thief = app.client();
    await logIn(thief, alice.email, alice.password);
    await elevate(thief, { password: alice.password });
    const token = await moveTo(thief, alice.email, newEmail("thief"));
    const newer = newPassword();
    await thief.ask(CHANGE_PASSWORD, {
      input: { currentPassword: alice.password, newPassword: newer, logout: "NONE" },
    });
    expect(await app.client().refused(UNDO, { token, proof: { password: newer } })).toMatchObject(OLDER);
    await app.client().ask(UNDO, { token, proof: { password: alice.password } });
    expect(await app.client().refused(UNDO, { token, proof: { password: alice.password } })).toMatchObject({
      code: "INVALID_TOKEN",
    });
  });

  it("works on a device that was deleted since", async () => {
    const { alice, thief, thiefs } = await stolen();
    const token = await moveTo(thief, alice.email, thiefs);
    await app.app.db.transaction((tx) => app.app.devices.forgetAll(tx, alice.id as UserId));
    const undone = await app.client().ask(UNDO, { token, proof: { deviceToken: alice.device } });
    expect(undone.undoEmailChange).toEqual({ email: alice.email });
  });

  it("allows ten attempts", async () => {
    const { alice, thief, thiefs } = await stolen();
    const token = await moveTo(thief, alice.email, thiefs);
    const attempt = () => app.client().refused(UNDO, { token, proof: { password: newPassword() } });
    for (let n = 0; n < 10; n++) expect(await attempt()).toMatchObject(OLDER);
    expect(await attempt()).toMatchObject({ code: "RATE_LIMITED" });
    // The owner's device still works.
    await app.client().ask(UNDO, { token, proof: { deviceToken: alice.device } });
  });

  it("is valid for 72 hours", async () => {
    const { alice, thief, thiefs } = await stolen();
    const token = await moveTo(thief, alice.email, thiefs);
    app.clock.advance(72 * HOUR);
    const proof = { deviceToken: alice.device };
    expect(await app.client().refused(UNDO, { token, proof })).toMatchObject({ code: "INVALID_TOKEN" });
  });
});

describe("confirming a change of address from the notice", () => {
  it("is accepted only on a device from before the change, and then nothing can be undone any more", async () => {
    const alice = await owner();
    await elevate(alice.client, { password: alice.password });
    const address = newEmail("alice");
    const token = await moveTo(alice.client, alice.email, address);
    await app.mail.waitForMail({ to: address, subject: "Your e-mail address was changed" });
    await app.mail.waitForMail({ to: alice.email, subject: "Your e-mail address was changed" });
    const stranger = app.client();
    await logIn(stranger, address, alice.password);
    expect(await app.client().refused(KEEP, { token, device: stranger.deviceToken })).toMatchObject(OLDER);
    expect(await app.client().refused(KEEP, { token })).toMatchObject(OLDER);
    await app.client().ask(KEEP, { token, device: alice.device });
    const undo = () => app.client().refused(UNDO, { token, proof: { deviceToken: alice.device } });
    expect(await undo()).toMatchObject({ code: "INVALID_TOKEN" });
    expect((await alice.client.ask("{ me { email } }")).me.email).toBe(address);
  });
});

describe("a password reset", () => {
  it("removes what a suspicious session has created, and what was created through that, and nothing else", async () => {
    const alice = await owner();
    await elevate(alice.client, { password: alice.password });
    const own = await addPasskeyWith(alice.client);
    // An attacker has this session, adds a passkey, logs in with it and adds another one.
    const thief = app.client();
    await elevate(alice.client, { passkey: await proveWith(own) });
    const login = await passkeysOf(app).finish(await proveWith(own));
    thief.accessToken = login.tokens.accessToken;
    const first = await addPasskeyWith(thief, login.enrolmentTicket);
    const chained = await passkeysOf(app).finish(await proveWith(first));
    const next = app.client();
    next.accessToken = chained.tokens.accessToken;
    const second = await addPasskeyWith(next, chained.enrolmentTicket);
    const spent = login.tokens.refreshToken;
    await app.client().ask(REFRESH, { token: spent });
    app.clock.advance(HOUR);
    await app.client().refused(REFRESH, { token: spent });
    const [row] = await app.app.db
      .select()
      .from(sessions)
      .where(eq(sessions.id, login.session.id as SessionId));
    expect(row?.endReason).toBe("TOKEN_REUSED");
    expect(await kindsOf(alice, "passkey")).toBe(3);

    await resetPassword(app, alice, newPassword());
    expect(await kindsOf(alice, "passkey")).toBe(1);
    for (const device of [first, second]) await passkeysOf(app).expectNoLogin(await proveWith(device), [alice]);
    expect((await passkeysOf(app).finish(await proveWith(own))).__typename).toBe("LoginSuccess");
  });

  it("through a mailbox alone removes no factor", async () => {
    const alice = await createUser(app);
    await enableTotp(app, alice);
    const password = newPassword();
    await resetPassword(app, alice, password);
    waitForNewCode(app);
    expect(await beginLogin(app.client(), { email: alice.email, password })).toMatchObject({
      __typename: "SecondFactorRequired",
    });
  });
});
