import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { HOUR, MINUTE } from "#shared/durations";
import { SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import {
  AuthenticatorApp,
  beginLogin,
  CONFIRM_TOTP,
  DISABLE_TOTP,
  ENABLE_TOTP,
  enableTotp,
  finishLogin,
  logInByTotp,
  REAUTHENTICATE,
  REGENERATE_BACKUP_CODES,
  refusalOf,
  VERIFY_BACKUP_CODE,
  VERIFY_TOTP,
  waitForNewCode,
} from "../../support/clients/factors.ts";
import type { GraphQLClient, UntypedData } from "../../support/clients/graphql.ts";
import { DELETE_PASSKEY, passkeysOf, START_REGISTRATION } from "../../support/clients/passkeys.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { elevate, logIn, REFRESH, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const ORIGIN = "https://id.example.test";
const REQUIRED = { code: "REAUTHENTICATION_REQUIRED", status: 403 };

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

const addPasskey = (actor: SignedInUser): Promise<UntypedData> => {
  const device = new SoftwareAuthenticator();
  return passkeysOf(app).enrol(actor, (publicKey) => device.create(publicKey, { origin: ORIGIN }));
};

/** The credentials that each of the user's sessions rests on. */
const foundationsOf = async ({ client }: SignedInUser): Promise<Record<string, string[]>> => {
  const { sessions } = await client.ask("{ sessions { id authenticatedWith } }");
  return Object.fromEntries(sessions.map(({ id, authenticatedWith }: UntypedData) => [id, authenticatedWith]));
};

const mailOf = async ({ email }: SignedInUser, what: string): Promise<void> => {
  const mail = await app.mail.waitForMail({ to: email, subject: "The protection of your account was changed" });
  expect(mail.text).toContain(what);
};

const historyOf = async ({ client }: SignedInUser): Promise<UntypedData[]> => {
  const { securityEvents } = await client.ask(
    "{ securityEvents(filter: { types: [MFA_ENABLED, MFA_DISABLED, BACKUP_CODES_RENEWED, PASSKEY_ADDED, PASSKEY_REMOVED] }) { nodes { type ... on MfaEnabledEvent { factor replaced } ... on MfaDisabledEvent { factor stillEnabled denied } } } }",
  );
  return securityEvents.nodes;
};

describe("an attacker with a stolen session", () => {
  /** The owner's client, whose access token the attacker has copied, long after its last step-up. */
  const stolen = async ({ totp = false, passkey = false } = {}) => {
    const alice = await createUser(app);
    const passkeyId = passkey ? (await addPasskey(alice)).id : app.app.ids.next();
    const enabled = totp ? await enableTotp(app, alice) : null;
    app.clock.advance(11 * MINUTE);
    await refresh(alice.client);
    const thief = app.client();
    thief.accessToken = alice.client.accessToken;
    return { alice, thief, passkeyId, enabled };
  };

  it.each([
    ["enableTotp", ENABLE_TOTP],
    ["disableTotp", DISABLE_TOTP],
    ["regenerateBackupCodes", REGENERATE_BACKUP_CODES],
    ["startPasskeyRegistration", START_REGISTRATION],
    ["deletePasskey", DELETE_PASSKEY],
  ])("is refused by %s, with and without factors", async (_, operation) => {
    for (const factors of [{}, { totp: true, passkey: true }]) {
      const { alice, thief, passkeyId } = await stolen(factors);
      const variables = operation === DELETE_PASSKEY ? { id: passkeyId } : {};
      expect(await refusalOf(app, alice, () => thief.refused(operation, variables))).toMatchObject(REQUIRED);
    }
  });

  it("cannot confirm an app: none is pending, or only the owner has seen its secret", async () => {
    const { alice, thief } = await stolen();
    const own = new AuthenticatorApp("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP");
    const confirm = () => thief.refused(CONFIRM_TOTP, { code: own.code(app.clock.now()) });
    expect(await refusalOf(app, alice, confirm)).toMatchObject({ code: "BAD_REQUEST" });

    await elevate(alice.client, { password: alice.password });
    await alice.client.ask(ENABLE_TOTP);
    expect(await refusalOf(app, alice, confirm)).toMatchObject({ code: "INVALID_CODE" });
  });

  it("still needs the second factor if they know the password; with it they succeed", async () => {
    const alice = await createUser(app);
    const thief = app.client();
    await logIn(thief, alice.email, alice.password);
    const { authenticator } = await enableTotp(app, alice);
    waitForNewCode(app);
    await refresh(thief);

    const prove = () => thief.refused(REAUTHENTICATE, { input: { password: alice.password } });
    expect(await refusalOf(app, alice, prove)).toMatchObject(REQUIRED);
    for (const operation of [ENABLE_TOTP, DISABLE_TOTP, REGENERATE_BACKUP_CODES, START_REGISTRATION])
      expect(await refusalOf(app, alice, () => thief.refused(operation))).toMatchObject(REQUIRED);

    await elevate(thief, { totpCode: authenticator.code(app.clock.now()) });
    await thief.ask(DISABLE_TOTP);
  });
});

describe("turning TOTP on", () => {
  it("takes effect with the first right code, within an hour, and not before", async () => {
    const alice = await createUser(app);
    const shown = (await alice.client.ask(ENABLE_TOTP)).enableTotp;
    expect(shown.otpauthUrl).toContain(`secret=${shown.secret}`);
    expect(shown.qrCode).toMatch(/^data:image\/svg\+xml/);
    const late = await createUser(app);
    const lateSecret = (await late.client.ask(ENABLE_TOTP)).enableTotp.secret;
    expect(await beginLogin(app.client(), alice)).toMatchObject({ __typename: "LoginSuccess" });

    const authenticator = new AuthenticatorApp(shown.secret);
    const wrong = () => alice.client.refused(CONFIRM_TOTP, { code: authenticator.wrongCode(app.clock.now()) });
    expect(await refusalOf(app, alice, wrong)).toMatchObject({ code: "INVALID_CODE", attemptsLeft: 4 });
    const { confirmTotp } = await alice.client.ask(CONFIRM_TOTP, { code: authenticator.code(app.clock.now()) });
    expect(confirmTotp.user.mfa).toEqual({
      enabled: true,
      totpEnabled: true,
      passkeyCount: 0,
      backupCodesLeft: 10,
      preferredFactor: "TOTP",
    });
    expect(await historyOf(alice)).toEqual([{ type: "MFA_ENABLED", factor: "TOTP", replaced: false }]);
    await mailOf(alice, "an authenticator app was added");

    app.clock.advance(HOUR);
    await refresh(late.client);
    const code = new AuthenticatorApp(lateSecret).code(app.clock.now());
    const confirm = () => late.client.refused(CONFIRM_TOTP, { code });
    expect(await refusalOf(app, late, confirm)).toMatchObject({ code: "BAD_REQUEST" });
    expect(await beginLogin(app.client(), late)).toMatchObject({ __typename: "LoginSuccess" });
  });

  it("makes this session rest on it, and the proofs of the others stale", async () => {
    const alice = await createUser(app);
    const other = app.client();
    const { session } = await logIn(other, alice.email, alice.password);
    await enableTotp(app, alice);
    expect(await foundationsOf(alice)).toEqual({
      [alice.sessionId]: ["PASSWORD", "TOTP"],
      [session.id]: ["PASSWORD"],
    });
    expect(await refusalOf(app, alice, () => other.refused(DISABLE_TOTP))).toMatchObject(REQUIRED);
    await alice.client.ask(REGENERATE_BACKUP_CODES);
  });

  it("again replaces the app once the new one is confirmed; the old one no longer counts for sessions", async () => {
    const alice = await createUser(app);
    const { authenticator: old } = await enableTotp(app, alice);
    const { client, session } = await logInByTotp(app, alice, old);
    const { enableTotp: shown } = await alice.client.ask(ENABLE_TOTP);
    await logInByTotp(app, alice, old);
    const next = new AuthenticatorApp(shown.secret);
    await alice.client.ask(CONFIRM_TOTP, { code: next.code(app.clock.now()) });
    expect((await foundationsOf(alice))[session.id]).toEqual(["PASSWORD"]);
    expect((await foundationsOf(alice))[alice.sessionId]).toEqual(["PASSWORD", "TOTP"]);
    await mailOf(alice, "an authenticator app was added");
    await mailOf(alice, "the authenticator app was replaced by another");

    waitForNewCode(app);
    const { challenge } = await beginLogin(client, alice);
    const input = { challenge, code: old.code(app.clock.now()) };
    const refusal = await refusalOf(app, alice, () => app.client().refused(VERIFY_TOTP, { input }));
    expect(refusal).toMatchObject({ code: "INVALID_CODE" });
    await finishLogin(client, VERIFY_TOTP, { challenge, code: next.code(app.clock.now()) });
  });
});

describe("turning TOTP off", () => {
  it("removes it, and its backup codes, from what the sessions rest on; logins require only a password", async () => {
    const alice = await createUser(app);
    const { authenticator, backupCodes } = await enableTotp(app, alice);
    const { session: byTotp } = await logInByTotp(app, alice, authenticator);
    const { challenge } = await beginLogin(app.client(), alice);
    const other = app.client();
    const { session: byCode } = await finishLogin(other, VERIFY_BACKUP_CODE, { challenge, code: backupCodes[0] ?? "" });
    const { disableTotp } = await alice.client.ask(DISABLE_TOTP);
    expect(disableTotp.user.mfa).toEqual({
      enabled: false,
      totpEnabled: false,
      passkeyCount: 0,
      backupCodesLeft: 0,
      preferredFactor: null,
    });
    expect(await foundationsOf(alice)).toEqual(
      Object.fromEntries([alice.sessionId, byTotp.id, byCode.id].map((id) => [id, ["PASSWORD"]])),
    );
    await refresh(other);
    expect(await other.ask("{ me { id } }")).toEqual({ me: { id: alice.id } });
    const [event] = await historyOf(alice);
    expect(event).toEqual({ type: "MFA_DISABLED", factor: "TOTP", stillEnabled: false, denied: false });
    await mailOf(alice, "an authenticator app was added");
    await mailOf(alice, "the authenticator app was removed");
    expect(await beginLogin(app.client(), alice)).toMatchObject({ __typename: "LoginSuccess", mfaRecommended: true });
  });

  it("is refused if it is not on", async () => {
    const alice = await createUser(app);
    const refusal = await refusalOf(app, alice, () => alice.client.refused(DISABLE_TOTP));
    expect(refusal).toMatchObject({ code: "BAD_REQUEST" });
  });

  it("leaves a passkey on, with the backup codes; removing that one, too, removes the last protection", async () => {
    const alice = await createUser(app);
    const { id } = await addPasskey(alice);
    await enableTotp(app, alice);
    const { disableTotp } = await alice.client.ask(DISABLE_TOTP);
    expect(disableTotp.user.mfa).toMatchObject({ enabled: true, passkeyCount: 1, backupCodesLeft: 10 });
    await alice.client.ask(DELETE_PASSKEY, { id });
    expect(await foundationsOf(alice)).toEqual({ [alice.sessionId]: ["PASSWORD"] });
    expect((await historyOf(alice)).map(({ type }) => type).sort()).toEqual(
      ["MFA_DISABLED", "MFA_DISABLED", "MFA_ENABLED", "MFA_ENABLED", "PASSKEY_ADDED", "PASSKEY_REMOVED"].sort(),
    );
    const { me } = await alice.client.ask("{ me { mfa { enabled backupCodesLeft } } }");
    expect(me.mfa).toEqual({ enabled: false, backupCodesLeft: 0 });
  });
});
