import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MINUTE } from "#shared/durations";
import { SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import {
  AuthenticatorApp,
  accountsOf,
  beginLogin,
  CONFIRM_TOTP,
  DISABLE_TOTP,
  ENABLE_TOTP,
  enableTotp,
  REGENERATE_BACKUP_CODES,
  refusalOf,
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
  REAUTHENTICATE,
  REFRESH,
  type SignedInUser,
} from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

/**
 * What a thief of an access token can do, within minutes of the owner's login: read, but not change credentials or redirect mail.
 * Only `reauthenticate` elevates, and only the token that it returns.
 */

const ORIGIN = "https://id.example.test";
const REQUIRED = { code: "REAUTHENTICATION_REQUIRED", status: 403 };
const SOCIAL = { state: "x", code: "y" };

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: { PUBLIC_URL: ORIGIN } });
});
afterAll(() => app?.stop());

/** A user who has just logged in, and a client with only their access token. */
const robbed = async (): Promise<{ owner: SignedInUser; thief: GraphQLClient }> => {
  const owner = await createUser(app, { elevated: false });
  const thief = app.client();
  thief.accessToken = owner.client.accessToken;
  return { owner, thief };
};

/** Every change of a credential, and every one that redirects mail, with valid arguments of the owner. */
const CHANGES: Readonly<Record<string, { readonly operation: string; readonly variables?: UntypedData }>> = {
  enableTotp: { operation: ENABLE_TOTP },
  disableTotp: { operation: DISABLE_TOTP },
  regenerateBackupCodes: { operation: REGENERATE_BACKUP_CODES },
  startPasskeyRegistration: { operation: START_REGISTRATION },
  deletePasskey: {
    operation: "mutation ($id: ID!) { removePasskey(input: { passkeyId: $id }) { deletedPasskeyId } }",
    variables: { id: "00000000-0000-7000-8000-000000000000" },
  },
  changeEmail: {
    operation: "mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) { newEmail } }",
    variables: { input: { newEmail: newEmail("thief") } },
  },
  linkSocialAccount: {
    operation: "mutation ($input: LinkSocialAccountInput!) { linkSocialAccount(input: $input) { user { id } } }",
    variables: { input: SOCIAL },
  },
  unlinkSocialAccount: {
    operation: 'mutation { unlinkSocialAccount(input: { provider: "acme" }) { user { id } } }',
  },
};

describe("a stolen access token, a moment after the login", () => {
  it.each(Object.entries(CHANGES))("is refused by %s, which changes nothing", async (_, { operation, variables }) => {
    const { owner, thief } = await robbed();
    expect(await refusalOf(app, owner, () => thief.refused(operation, variables))).toMatchObject(REQUIRED);
  });

  it("is not elevated by the login, nor by the owner's step-up, whose own token is", async () => {
    const { owner, thief } = await robbed();
    expect(decodeJwt(thief.accessToken ?? "")).not.toHaveProperty("elevated_until");
    const before = app.clock.now().getTime() / 1_000;
    await elevate(owner.client, { password: owner.password });
    const { elevated_until, sid } = decodeJwt(owner.client.accessToken ?? "");
    expect(sid).toBe(owner.sessionId);
    expect(Number(elevated_until)).toBeGreaterThanOrEqual(Math.floor(before) + 600);

    expect(await refusalOf(app, owner, () => thief.refused(ENABLE_TOTP))).toMatchObject(REQUIRED);
    await owner.client.ask(ENABLE_TOTP);
  });

  it("is not elevated after a refresh: the refreshed token is not elevated either", async () => {
    const { owner } = await robbed();
    await elevate(owner.client, { password: owner.password });
    const { refreshToken } = await owner.client.ask(REFRESH, { token: owner.client.refreshToken });
    expect(decodeJwt(refreshToken.tokens.accessToken)).not.toHaveProperty("elevated_until");
    const refreshed = app.client();
    refreshed.accessToken = refreshToken.tokens.accessToken;
    expect(await refusalOf(app, owner, () => refreshed.refused(ENABLE_TOTP))).toMatchObject(REQUIRED);
    // The elevated one remains valid until its ten minutes are over.
    await owner.client.ask(ENABLE_TOTP);
    app.clock.advance(10 * MINUTE);
    expect(await refusalOf(app, owner, () => owner.client.refused(ENABLE_TOTP))).toMatchObject(REQUIRED);
  });

  it("cannot finish what its owner began", async () => {
    const { owner, thief } = await robbed();
    await elevate(owner.client, { password: owner.password });
    await owner.client.ask(ENABLE_TOTP);
    const code = new AuthenticatorApp("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP").code(app.clock.now());
    expect(await thief.refused(CONFIRM_TOTP, { code })).toMatchObject({ code: "INVALID_CODE" });
    const device = new SoftwareAuthenticator();
    const input = await passkeysOf(app).make(owner, (publicKey) => device.create(publicKey, { origin: ORIGIN }));
    const other = await createUser(app);
    expect(await refusalOf(app, other, () => other.client.refused(FINISH_REGISTRATION, { input }))).toMatchObject({
      code: "INVALID_TOKEN",
    });
  });
});

describe("the enrolment ticket of a login", () => {
  const loggedIn = async (): Promise<{ owner: SignedInUser; client: GraphQLClient; ticket: string }> => {
    const owner = await createUser(app, { elevated: false });
    const client = app.client();
    const login = await beginLogin(client, owner);
    client.accessToken = login.tokens.accessToken;
    return { owner, client, ticket: login.enrolmentTicket };
  };

  it("adds one factor without a step-up, once, and the owner is mailed; it is not in the access token", async () => {
    const { owner, client, ticket } = await loggedIn();
    expect(JSON.stringify(decodeJwt(client.accessToken ?? ""))).not.toContain(ticket);
    const { enableTotp: shown } = await client.ask(ENABLE_TOTP, { ticket });
    await client.ask(CONFIRM_TOTP, { code: new AuthenticatorApp(shown.secret).code(app.clock.now()) });
    await app.mail.waitForMail({ to: owner.email, subject: "The protection of your account was changed" });
    const again = () => client.refused(START_REGISTRATION, { ticket });
    expect(await refusalOf(app, owner, again)).toMatchObject(REQUIRED);
  });

  it("adds a passkey as well", async () => {
    const { owner, client, ticket } = await loggedIn();
    const device = new SoftwareAuthenticator();
    const { challenge, publicKey } = (await client.ask(START_REGISTRATION, { ticket })).startPasskeyRegistration;
    const input = { challenge, response: device.create(publicKey, { origin: ORIGIN }) };
    await client.ask(FINISH_REGISTRATION, { input });
    expect((await accountsOf(app, owner)).filter(({ kind }) => kind === "passkey")).toHaveLength(1);
  });

  it.each<[string, (scene: { owner: SignedInUser; client: GraphQLClient }) => Promise<GraphQLClient>]>([
    [
      "five minutes later",
      async ({ client }) => {
        app.clock.advance(5 * MINUTE);
        return client;
      },
    ],
    [
      "on another session of the same user",
      async ({ owner }) => {
        const other = app.client();
        await logIn(other, owner.email, owner.password);
        return other;
      },
    ],
    ["of another user", async () => (await createUser(app, { elevated: false })).client],
    [
      "once another session has turned a factor on",
      async ({ owner, client }) => {
        await elevate(owner.client, { password: owner.password });
        await enableTotp(app, owner);
        return client;
      },
    ],
  ])("is refused %s", async (_, prepare) => {
    const { owner, client, ticket } = await loggedIn();
    const user = await prepare({ owner, client });
    const attempt = () => user.refused(ENABLE_TOTP, { ticket });
    expect(await refusalOf(app, owner, attempt)).toMatchObject(REQUIRED);
  });

  it("is used up by the first of ten concurrent calls", async () => {
    const { client, ticket } = await loggedIn();
    const answers = await Promise.all(Array.from({ length: 10 }, () => client.send(START_REGISTRATION, { ticket })));
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
  });

  it("is not accepted for any other purpose", async () => {
    const { owner, client, ticket } = await loggedIn();
    const operation = "mutation ($ticket: String) { regenerateBackupCodes(enrolmentTicket: $ticket) { backupCodes } }";
    expect(await client.refused(operation, { ticket })).toMatchObject({ code: "BAD_REQUEST" });
    expect(await refusalOf(app, owner, () => client.refused(DISABLE_TOTP))).toMatchObject(REQUIRED);
  });
});

describe("failed step-ups", () => {
  const wrong = { input: { password: newPassword() } };
  const stepUps = (client: GraphQLClient, times: number) =>
    Promise.all(Array.from({ length: times }, () => client.send(REAUTHENTICATE, wrong)));
  const CHANGE_PASSWORD = `mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }`;
  const CHANGE_USERNAME = "mutation ($input: ChangeUsernameInput!) { changeUsername(input: $input) { user { id } } }";
  const DELETE = "mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { deletedUserId } }";

  it("end the session at the tenth in a row, over all fields that take a password; its owner is notified", async () => {
    const { owner, thief } = await robbed();
    const currentPassword = newPassword();
    await stepUps(thief, 7);
    for (const [operation, input] of [
      [CHANGE_PASSWORD, { currentPassword, newPassword: newPassword() }],
      [CHANGE_USERNAME, { username: "some.body", password: currentPassword }],
      [DELETE, { password: currentPassword }],
    ] as const)
      expect(await thief.refused(operation, { input })).toMatchObject({ reason: "INCORRECT_PASSWORD" });
    expect(await thief.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
    await app.mail.waitForMail({ to: owner.email, subject: "We ended one of your sessions" });

    // They lock nothing else: the owner logs in and steps up as before, and all of it is in the history.
    await logIn(owner.client, owner.email, owner.password);
    await elevate(owner.client, { password: owner.password });
    const { securityEvents } = await owner.client.ask(
      "{ securityEvents(filter: { types: [STEP_UP_FAILED, SESSION_ENDED] }) { nodes { type ... on SessionEndedEvent { sessionId endReason } } } }",
    );
    expect(securityEvents.nodes.filter(({ type }: UntypedData) => type === "STEP_UP_FAILED")).toHaveLength(10);
    expect(securityEvents.nodes).toContainEqual({
      type: "SESSION_ENDED",
      sessionId: owner.sessionId,
      endReason: "STEP_UP_FAILED",
    });
  });

  it("that are concurrent are ten at most", async () => {
    const { thief } = await robbed();
    const answers = await stepUps(thief, 20);
    const codes = answers.map(({ errors }) => errors[0]?.extensions.code);
    expect(codes.filter((code) => code === "FORBIDDEN")).toHaveLength(10);
    expect(codes.filter((code) => code === "UNAUTHENTICATED")).toHaveLength(10);
  });

  it("with codes count as well, and refuse no login of the owner", async () => {
    const owner = await createUser(app);
    const { authenticator } = await enableTotp(app, owner);
    waitForNewCode(app);
    const input = { totpCode: authenticator.wrongCode(app.clock.now()) };
    expect(await owner.client.refused(REAUTHENTICATE, { input })).toMatchObject({
      code: "INVALID_CODE",
      attemptsLeft: 9,
    });
    for (let n = 8; n >= 0; n--)
      expect(await owner.client.refused(REAUTHENTICATE, { input })).toMatchObject({ attemptsLeft: n });
    expect(await owner.client.refused(REAUTHENTICATE, { input })).toMatchObject({ code: "UNAUTHENTICATED" });
    const { challenge } = await beginLogin(app.client(), owner);
    const verify = "mutation ($input: VerifyTotpInput!) { verifyTotp(input: $input) { __typename } }";
    const code = authenticator.code(app.clock.now());
    expect((await app.client().ask(verify, { input: { challenge, code } })).verifyTotp.__typename).toBe("LoginSuccess");
  });
});
