import { eq } from "drizzle-orm";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { passwords } from "#features/passwords/index";
import { MINUTE, SECOND } from "#shared/durations";
import type { UserId } from "#shared/ids";
import { maskEmail } from "#shared/masked-email";
import { SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import {
  beginLogin,
  enableTotp,
  finishLogin,
  logInByTotp,
  REAUTHENTICATE,
  refusalOf,
  VERIFY_BACKUP_CODE,
  waitForNewCode,
} from "../../support/clients/factors.ts";
import type { GraphQLClient, GraphQLErrorAnswer, UntypedData } from "../../support/clients/graphql.ts";
import { passkeysOf } from "../../support/clients/passkeys.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { elevate, newEmail, REFRESH, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const ORIGIN = "https://id.example.test";
const REQUIRED = { code: "REAUTHENTICATION_REQUIRED", status: 403 };
const CHANGE_EMAIL = "mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) { newEmail } }";
const SEND_CODE = "mutation { sendReauthenticationCode { sentTo } }";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: { PUBLIC_URL: ORIGIN } });
});
afterAll(() => app?.stop());

const refresh = async (client: GraphQLClient): Promise<void> => {
  const { refreshToken } = await client.ask(REFRESH, { token: client.refreshToken });
  client.accessToken = refreshToken.tokens.accessToken;
  client.refreshToken = refreshToken.tokens.refreshToken;
};

/** Advances the clock by eleven minutes, after which the proofs of this client's sessions are no longer fresh. */
const growStale = async (client: GraphQLClient): Promise<void> => {
  app.clock.advance(11 * MINUTE);
  await refresh(client);
};

/** Makes the client send the elevated token from now on. */
const reauthenticate = (client: GraphQLClient, input: Record<string, unknown>): Promise<UntypedData> =>
  elevate(client, input);

/** An operation that requires a fresh proof and has no side effects on other tests. */
const changeEmail = (client: GraphQLClient) => client.send(CHANGE_EMAIL, { input: { newEmail: newEmail() } });
const isOpen = async (client: GraphQLClient): Promise<boolean> => {
  const { errors } = await changeEmail(client);
  if (errors[0]) expect(errors[0].extensions).toMatchObject(REQUIRED);
  return errors.length === 0;
};

const expectRefused = async (
  { id, client }: Pick<SignedInUser, "id" | "client">,
  input: object,
  expected: Partial<GraphQLErrorAnswer["extensions"]>,
): Promise<void> => {
  expect(await refusalOf(app, { id }, () => client.refused(REAUTHENTICATE, { input }))).toMatchObject(expected);
  expect(await isOpen(client)).toBe(false);
};

const passkeyFor = async (actor: SignedInUser) => {
  const device = new SoftwareAuthenticator();
  await passkeysOf(app).enrol(actor, (publicKey) => device.create(publicKey, { origin: ORIGIN }));
  return () => passkeysOf(app).prove((publicKey) => device.get(publicKey, { origin: ORIGIN }));
};

const withoutPassword = async (): Promise<SignedInUser> => {
  const alice = await createUser(app);
  await app.app.db.delete(passwords).where(eq(passwords.userId, alice.id as UserId));
  return alice;
};

const mailedCode = async ({ email }: SignedInUser): Promise<string> => {
  const mail = await app.mail.waitForMail({ to: email, subject: /confirms that it is you/ });
  return mail.subject?.slice(0, 6) ?? "";
};

describe("recovering from REAUTHENTICATION_REQUIRED", () => {
  it("takes a proof on the same session, then the same call again; it lasts ten minutes and shows in auth_time", async () => {
    const alice = await createUser(app);
    const { client } = alice;
    expect(await isOpen(client)).toBe(true);
    await growStale(client);

    const input = { newEmail: newEmail() };
    const first = await client.send(CHANGE_EMAIL, { input });
    expect(first.errors[0]?.extensions).toMatchObject(REQUIRED);
    const session = await reauthenticate(client, { password: alice.password });
    expect(session).toEqual({ id: alice.sessionId, authenticatedWith: ["PASSWORD"] });
    expect(await client.ask(CHANGE_EMAIL, { input })).toEqual({ changeEmail: input });

    const provedAt = app.clock.now().getTime() / 1_000;
    const { auth_time, elevated_until } = decodeJwt(client.accessToken ?? "");
    expect(Math.abs(Number(auth_time) - provedAt)).toBeLessThan(5);
    expect(Math.abs(Number(elevated_until) - provedAt - 600)).toBeLessThan(5);
    app.clock.advance(9 * MINUTE);
    expect(await isOpen(client)).toBe(true);
    app.clock.advance(MINUTE);
    expect(await isOpen(client)).toBe(false);
  });

  it("does not elevate other sessions of the user", async () => {
    const alice = await createUser(app);
    const other = app.client();
    const { tokens } = await beginLogin(other, alice);
    other.accessToken = tokens.accessToken;
    other.refreshToken = tokens.refreshToken;
    await growStale(other);
    await refresh(alice.client);
    await reauthenticate(alice.client, { password: alice.password });
    expect(await isOpen(alice.client)).toBe(true);
    expect(await isOpen(other)).toBe(false);
  });
});

describe("reauthenticate", () => {
  it("takes exactly one proof", async () => {
    const alice = await createUser(app);
    const { authenticator } = await enableTotp(app, alice);
    await growStale(alice.client);
    const totpCode = authenticator.code(app.clock.now());
    const { password } = alice;
    for (const [input, path] of [
      [{}, "input"],
      [{ password, totpCode }, "input"],
      [{ totpCode, emailCode: "123456" }, "input"],
      [{ password: null }, "input.password"],
    ] as const)
      await expectRefused(alice, input, { code: "BAD_USER_INPUT", fields: [expect.objectContaining({ path })] });
    await reauthenticate(alice.client, { totpCode });
  });

  it("with a wrong password is refused, and with the right one succeeds", async () => {
    const alice = await createUser(app);
    await growStale(alice.client);
    await expectRefused(alice, { password: "wrong" }, { code: "FORBIDDEN", reason: "INCORRECT_PASSWORD" });
    await reauthenticate(alice.client, { password: alice.password });
    expect(await isOpen(alice.client)).toBe(true);
  });

  it("with a code of the app succeeds once for each code, and adds TOTP to what the session rests on", async () => {
    const alice = await createUser(app);
    const { authenticator, backupCodes } = await enableTotp(app, alice);
    waitForNewCode(app);
    const client = app.client();
    const { challenge } = await beginLogin(client, alice);
    await finishLogin(client, VERIFY_BACKUP_CODE, { challenge, code: backupCodes[0] ?? "" });
    await growStale(client);
    const asAlice = { id: alice.id, client };
    const now = app.clock.now();
    await expectRefused(asAlice, { totpCode: authenticator.wrongCode(now) }, { code: "INVALID_CODE", attemptsLeft: 9 });
    const totpCode = authenticator.code(now);
    const session = await reauthenticate(client, { totpCode });
    expect([...session.authenticatedWith].sort()).toEqual(["BACKUP_CODE", "PASSWORD", "TOTP"]);
    expect(await isOpen(client)).toBe(true);

    await refresh(alice.client);
    expect(
      await refusalOf(app, alice, () => alice.client.refused(REAUTHENTICATE, { input: { totpCode } })),
    ).toMatchObject({ code: "INVALID_CODE" });
    const { challenge: next } = await beginLogin(app.client(), alice);
    const input = { challenge: next, code: totpCode };
    const verify = "mutation ($input: VerifyTotpInput!) { verifyTotp(input: $input) { __typename } }";
    expect(await refusalOf(app, alice, () => app.client().refused(verify, { input }))).toMatchObject({
      code: "INVALID_CODE",
    });
  });

  it("with a backup code is not possible, because those are for logins only", async () => {
    const alice = await createUser(app);
    const { backupCodes } = await enableTotp(app, alice);
    await growStale(alice.client);
    const [backupCode] = backupCodes;
    await expectRefused(alice, { totpCode: backupCode }, { code: "BAD_USER_INPUT" });
    await expectRefused(alice, { emailCode: backupCode }, { code: "BAD_USER_INPUT" });
  });

  it("with a passkey succeeds, but not with another user's", async () => {
    const [alice, mallory] = [await createUser(app), await createUser(app)];
    const [prove, proveMallory] = [await passkeyFor(alice), await passkeyFor(mallory)];
    await growStale(alice.client);
    await expectRefused(alice, { passkey: await proveMallory() }, { code: "INVALID_CREDENTIALS" });
    const passkey = await prove();
    const session = await reauthenticate(alice.client, { passkey });
    expect(session.authenticatedWith).toContain("PASSKEY");
    expect(await isOpen(alice.client)).toBe(true);
    const again = () => alice.client.refused(REAUTHENTICATE, { input: { passkey } });
    expect(await refusalOf(app, alice, again)).toMatchObject({ code: "INVALID_CREDENTIALS" });
  });

  it("with a password is not enough once a second factor is on, and does not reveal whether it is right", async () => {
    const alice = await createUser(app);
    const before = app.client();
    const { tokens } = await beginLogin(before, alice);
    before.accessToken = tokens.accessToken;
    before.refreshToken = tokens.refreshToken;
    const { authenticator } = await enableTotp(app, alice);
    waitForNewCode(app);
    await refresh(before);

    // An attacker who knows the password learns nothing from this, and cannot turn anything off.
    expect(await isOpen(before)).toBe(false);
    const asBefore = { id: alice.id, client: before };
    await expectRefused(asBefore, { password: alice.password }, REQUIRED);
    await expectRefused(asBefore, { password: "wrong" }, REQUIRED);
    const session = await reauthenticate(before, { totpCode: authenticator.code(app.clock.now()) });
    expect(session.authenticatedWith).toEqual(["PASSWORD", "TOTP"]);
    expect(await isOpen(before)).toBe(true);
    // The same on a session that has proved one.
    await growStale(before);
    await expectRefused(asBefore, { password: alice.password }, REQUIRED);
  });

  it("with a password is not enough on a session that was opened by password and second factor, either", async () => {
    const alice = await createUser(app);
    const { authenticator } = await enableTotp(app, alice);
    const { client } = await logInByTotp(app, alice, authenticator);
    await expectRefused({ id: alice.id, client }, { password: alice.password }, REQUIRED);
    waitForNewCode(app);
    await reauthenticate(client, { totpCode: authenticator.code(app.clock.now()) });
    expect(await isOpen(client)).toBe(true);
  });
});

describe("a mailed code for reauthentication", () => {
  it("is for users who can prove nothing else; it succeeds once, on the session that requested it, for ten minutes", async () => {
    const alice = await withoutPassword();
    await growStale(alice.client);
    await expectRefused(alice, { password: alice.password }, { code: "BAD_REQUEST", reason: "NO_PASSWORD_SET" });
    expect(await alice.client.ask(SEND_CODE)).toEqual({
      sendReauthenticationCode: { sentTo: maskEmail(alice.email) },
    });
    const late = await mailedCode(alice);
    app.clock.advance(10 * MINUTE);
    await expectRefused(alice, { emailCode: late }, { code: "INVALID_CODE", attemptsLeft: 9 });

    await refresh(alice.client);
    await alice.client.ask(SEND_CODE);
    const code = await mailedCode(alice);
    const mallory = await withoutPassword();
    await growStale(mallory.client);
    await expectRefused(mallory, { emailCode: code }, { code: "INVALID_CODE" });

    await refresh(alice.client);
    await alice.client.ask(SEND_CODE);
    const fresh = await mailedCode(alice);
    const session = await reauthenticate(alice.client, { emailCode: ` ${fresh} ` });
    expect(session.authenticatedWith).toContain("EMAIL_CODE");
    expect(await isOpen(alice.client)).toBe(true);
    await growStale(alice.client);
    await expectRefused(alice, { emailCode: fresh }, { code: "INVALID_CODE" });
  });

  it("is sent again after thirty seconds", async () => {
    const alice = await withoutPassword();
    await alice.client.ask(SEND_CODE);
    const refusal = await refusalOf(app, alice, () => alice.client.refused(SEND_CODE));
    expect(refusal).toMatchObject({ code: "RATE_LIMITED", retryAfter: expect.any(Number) });
    app.clock.advance(30 * SECOND);
    await alice.client.ask(SEND_CODE);
  });

  it.each<[string, (alice: SignedInUser) => Promise<unknown>]>([
    ["a password", async () => {}],
    ["an authenticator app", (alice) => enableTotp(app, alice)],
    ["a passkey", passkeyFor],
  ])("is not sent to users with %s", async (_, prepare) => {
    const alice = await createUser(app);
    await prepare(alice);
    if (prepare.length > 0) await app.app.db.delete(passwords).where(eq(passwords.userId, alice.id as UserId));
    const refusal = await refusalOf(app, alice, () => alice.client.refused(SEND_CODE));
    expect(refusal).toMatchObject({ code: "BAD_REQUEST" });
  });

  it("that was sent before a stronger credential was added is no longer accepted", async () => {
    const alice = await withoutPassword();
    await alice.client.ask(SEND_CODE);
    const emailCode = await mailedCode(alice);
    await enableTotp(app, alice);
    await growStale(alice.client);
    await expectRefused(alice, { emailCode }, { code: "INVALID_CODE" });
  });
});
