import { sql } from "drizzle-orm";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MINUTE, SECOND } from "#shared/durations";
import { SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import {
  type AuthenticatorApp,
  accountsOf,
  beginLogin,
  DISABLE_TOTP,
  enableTotp,
  finishLogin,
  isWaiting,
  logInByTotp,
  refusalOf,
  VERIFY_TOTP,
  waitForNewCode,
  waitForNextStep,
} from "../../support/clients/factors.ts";
import type { GraphQLClient, UntypedData } from "../../support/clients/graphql.ts";
import { present } from "../../support/clients/narrow.ts";
import { passkeysOf } from "../../support/clients/passkeys.ts";
import { createTenantWithUsers, createUser } from "../../support/factories/tenants.ts";
import { REFRESH, type SignedInUser, signUp } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const ORIGIN = "https://id.example.test";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: { PUBLIC_URL: ORIGIN } });
});
afterAll(() => app?.stop());

/** A user with TOTP on, whose next code was not used yet. */
const protectedUser = async (
  making: Promise<SignedInUser> = createUser(app),
): Promise<SignedInUser & { authenticator: AuthenticatorApp }> => {
  const alice = await making;
  const { authenticator } = await enableTotp(app, alice);
  waitForNewCode(app);
  return { ...alice, authenticator };
};

const codeOf = ({ authenticator }: { authenticator: AuthenticatorApp }, steps = 0): string =>
  authenticator.code(app.clock.now(), steps);

/** The part of a step that the next one takes. */
const pick = ({ challenge }: UntypedData): { challenge: string } => ({ challenge });

const verify = (challenge: string, code: string) => app.client().refused(VERIFY_TOTP, { input: { challenge, code } });

const deviceOf = async ({ id }: UntypedData): Promise<string> => {
  const [row] = await app.app.db.execute<{ device: string }>(
    sql`select device_id as device from sessions where id = ${id}::uuid`,
  );
  return row?.device ?? "";
};

describe("a login with TOTP", () => {
  it("grants nothing after the password, and after the code a session that rests on both", async () => {
    const alice = await protectedUser(signUp(app));
    const before = await accountsOf(app, alice);
    const client = app.client();
    const step = await beginLogin(client, alice);
    expect(step).toEqual({
      __typename: "SecondFactorRequired",
      challenge: expect.stringMatching(/^[\w-]{64}$/),
      factors: ["TOTP", "BACKUP_CODE"],
      preferredFactor: "TOTP",
      reason: "SECOND_FACTOR_ENABLED",
      codeSentTo: null,
      expiresAt: expect.any(String),
    });
    expect(Date.parse(step.expiresAt) - app.clock.now().getTime()).toBeGreaterThan(10 * MINUTE - 5 * SECOND);
    expect(await accountsOf(app, alice)).toEqual(before);

    const login = await finishLogin(client, VERIFY_TOTP, { challenge: step.challenge, code: codeOf(alice) });
    expect(login).toMatchObject({
      __typename: "LoginSuccess",
      user: { id: alice.id },
      session: { authenticatedWith: ["PASSWORD", "TOTP"] },
      mfaRecommended: false,
    });
    const { me, sessions } = await client.ask("{ me { lastLoginAt } sessions { id current } }");
    expect(app.clock.now().getTime() - Date.parse(present(me.lastLoginAt))).toBeLessThan(10 * SECOND);
    expect(sessions).toContainEqual({ id: login.session.id, current: true });
  });

  it("accepts the code as apps show it, in groups", async () => {
    const alice = await protectedUser();
    const code = codeOf(alice);
    const { challenge } = await beginLogin(app.client(), alice);
    const spaced = ` ${code.slice(0, 3)} ${code.slice(3)} `;
    await finishLogin(app.client(), VERIFY_TOTP, { challenge, code: spaced });
  });

  it("records in its tokens how and when it was proved, also after a refresh", async () => {
    const alice = await protectedUser();
    const { client } = await logInByTotp(app, alice, alice.authenticator);
    const provedAt = Math.floor(app.clock.now().getTime() / 1_000);
    const claims = decodeJwt(client.accessToken ?? "");
    expect(claims).toMatchObject({ sub: alice.id, amr: ["pwd", "otp", "mfa"] });
    expect(provedAt - Number(claims.auth_time)).toBeLessThan(10);

    app.clock.advance(5 * MINUTE);
    const { refreshToken } = await app.client().ask(REFRESH, { token: client.refreshToken });
    const { amr, auth_time } = claims;
    expect(decodeJwt(refreshToken.tokens.accessToken)).toMatchObject({ amr, auth_time });
  });

  it("is an attempt CHALLENGED and one with SUCCESS, as an admin sees them", async () => {
    const { admin, bob } = await createTenantWithUsers(app);
    const { authenticator } = await enableTotp(app, bob);
    waitForNewCode(app);
    const outcomes = async (): Promise<string[]> => {
      const { loginAttempts } = await admin.client.ask(
        "query ($userId: ID!) { loginAttempts(filter: { userId: $userId }) { nodes { outcome identifier user { id } } } }",
        { userId: bob.id },
      );
      for (const attempt of loginAttempts.nodes)
        expect(attempt).toMatchObject({ identifier: bob.email, user: { id: bob.id } });
      return loginAttempts.nodes.map(({ outcome }: UntypedData) => outcome);
    };
    const step = await beginLogin(app.client(), bob);
    expect(await outcomes()).toEqual(["CHALLENGED"]);
    await verify(step.challenge, authenticator.wrongCode(app.clock.now()));
    expect(await outcomes()).toEqual(["CHALLENGED"]);
    await finishLogin(app.client(), VERIFY_TOTP, { ...pick(step), code: codeOf({ authenticator }) });
    expect(await outcomes()).toEqual(["SUCCESS", "CHALLENGED"]);
  });

  it("records in the history what was turned on, which codes were wrong, and what was proved", async () => {
    const alice = await protectedUser();
    const { challenge } = await beginLogin(app.client(), alice);
    await verify(challenge, alice.authenticator.wrongCode(app.clock.now()));
    const { session } = await finishLogin(alice.client, VERIFY_TOTP, { challenge, code: codeOf(alice) });
    const { securityEvents } = await alice.client.ask(
      "{ securityEvents { nodes { type ipAddress ... on MfaVerifySuccessEvent { method stepUp } ... on MfaVerifyFailedEvent { method } ... on MfaEnabledEvent { factor } ... on LoginSucceededEvent { methods } ... on NewDeviceEvent { sessionId } } } }",
    );
    const ipAddress = expect.any(String);
    // Of one transaction, in no defined order. The device of the login was new.
    expect(securityEvents.nodes.slice(0, 3)).toEqual(
      expect.arrayContaining([
        { type: "MFA_VERIFY_SUCCESS", method: "TOTP", stepUp: false, ipAddress },
        {
          type: "LOGIN_SUCCEEDED",
          methods: ["PASSWORD", "TOTP"],
          ipAddress,
        },
        { type: "NEW_DEVICE", sessionId: session.id, ipAddress },
      ]),
    );
    expect(securityEvents.nodes.slice(3, 5)).toEqual([
      { type: "MFA_VERIFY_FAILED", method: "TOTP", ipAddress },
      { type: "MFA_ENABLED", factor: "TOTP", ipAddress },
    ]);
  });
});

describe("the options sent at the start of a login apply at its end", () => {
  const finish = async (
    client: GraphQLClient,
    alice: SignedInUser & { authenticator: AuthenticatorApp },
    options = {},
  ) => {
    waitForNewCode(app);
    const step = await beginLogin(client, alice, options);
    return finishLogin(client, VERIFY_TOTP, { ...pick(step), code: codeOf(alice) });
  };

  it("BODY: the response contains both tokens and the device token, and no cookie is set", async () => {
    const alice = await protectedUser();
    const client = app.client();
    const { tokens, deviceToken } = await finish(client, alice);
    expect(tokens.refreshToken).toMatch(/^pcr_/);
    expect(deviceToken).toEqual(expect.any(String));
    expect(client.cookies.size).toBe(0);
  });

  it("COOKIE: the refresh token and the device token are in cookies only, and refresh", async () => {
    const alice = await protectedUser();
    const client = app.client();
    const { tokens, deviceToken, session } = await finish(client, alice, { transport: "COOKIE" });
    expect({ refreshToken: tokens.refreshToken, deviceToken }).toEqual({ refreshToken: null, deviceToken: null });
    expect([...client.cookies.keys()]).toHaveLength(2);
    const { refreshToken } = await client.ask("mutation { refreshToken { tokens { accessToken refreshToken } } }");
    expect(refreshToken.tokens.refreshToken).toBeNull();
    expect(decodeJwt(refreshToken.tokens.accessToken)).toMatchObject({ sid: session.id });
  });

  it("a known device stays the same one, by its token or its cookie, and its token is returned the same way", async () => {
    const alice = await protectedUser();
    const first = await finish(app.client(), alice);
    const byToken = await finish(app.client(), alice, { deviceToken: first.deviceToken });
    expect(byToken.deviceToken).toBe(first.deviceToken);

    const browser = app.client();
    const inCookie = await finish(browser, alice, { transport: "COOKIE", deviceToken: first.deviceToken });
    const byCookie = await finish(browser, alice);
    expect(byCookie).toMatchObject({ deviceToken: null, tokens: { refreshToken: expect.any(String) } });

    const devices = await Promise.all([first, byToken, inCookie, byCookie].map(({ session }) => deviceOf(session)));
    expect(new Set(devices).size).toBe(1);
    expect(await deviceOf((await finish(app.client(), alice)).session)).not.toBe(devices[0]);
  });

  it("the device has the name that was sent", async () => {
    const alice = await protectedUser();
    const { session } = await finish(app.client(), alice, { deviceName: "Alice's old laptop" });
    expect(session.device.label).toBe("Alice's old laptop");
  });

  it("trustDevice makes the device a trusted one, which still does not skip the second factor", async () => {
    const alice = await protectedUser();
    const client = app.client();
    expect((await finish(client, alice)).session.device.trusted).toBe(false);
    const { deviceToken } = client;
    waitForNewCode(app);
    const step = await beginLogin(client, alice, { deviceToken });
    const trusted = await finishLogin(client, VERIFY_TOTP, { ...pick(step), code: codeOf(alice), trustDevice: true });
    expect(trusted.session.device.trusted).toBe(true);
    expect(await beginLogin(client, alice, { deviceToken })).toMatchObject({ __typename: "SecondFactorRequired" });
    expect((await finish(client, alice, { deviceToken })).session.device.trusted).toBe(true);
  });
});

describe("a code", () => {
  it.each([
    ["two steps early", 2, false],
    ["one step early", 1, true],
    ["of this step", 0, true],
    ["one step late", -1, true],
    ["two steps late", -2, false],
  ])("%s (%i) is accepted: %s", async (_, steps, accepted) => {
    const alice = await protectedUser();
    const { challenge } = await beginLogin(app.client(), alice);
    // Three steps have started since the confirmation, so none of these codes was used already.
    waitForNextStep(app);
    waitForNextStep(app);
    const code = codeOf(alice, steps);
    if (accepted) return void (await finishLogin(app.client(), VERIFY_TOTP, { challenge, code }));
    const refusal = await refusalOf(app, alice, () => verify(challenge, code));
    expect(refusal).toMatchObject({ code: "INVALID_CODE", status: 401, attemptsLeft: 4 });
    await finishLogin(app.client(), VERIFY_TOTP, { challenge, code: codeOf(alice) });
  });

  it("that was used is refused for the next login, and so is an older unused one", async () => {
    const alice = await protectedUser();
    waitForNextStep(app);
    const [older, used] = [codeOf(alice), codeOf(alice, 1)];
    const first = await beginLogin(app.client(), alice);
    await finishLogin(app.client(), VERIFY_TOTP, { ...pick(first), code: used });

    const { challenge } = await beginLogin(app.client(), alice);
    for (const code of [used, older])
      expect(await refusalOf(app, alice, () => verify(challenge, code))).toMatchObject({ code: "INVALID_CODE" });
    waitForNewCode(app);
    await finishLogin(app.client(), VERIFY_TOTP, { challenge, code: codeOf(alice) });
  });

  it("that turned TOTP on is refused for a login", async () => {
    const alice = await createUser(app);
    waitForNextStep(app);
    const { authenticator } = await enableTotp(app, alice);
    const { challenge } = await beginLogin(app.client(), alice);
    const refusal = await refusalOf(app, alice, () => verify(challenge, codeOf({ authenticator })));
    expect(refusal).toMatchObject({ code: "INVALID_CODE" });
    expect(await isWaiting(app, { challenge })).toBe(true);
  });
});

describe("the preferred factor", () => {
  const PREFER =
    "mutation ($factor: AuthenticationMethod!) { setPreferredFactor(input: { factor: $factor }) { user { mfa { preferredFactor } } } }";

  it("is offered first: a passkey by default, or TOTP if its owner chose it and while it is on", async () => {
    const alice = await protectedUser();
    const device = new SoftwareAuthenticator();
    await passkeysOf(app).enrol(alice, (publicKey) => device.create(publicKey, { origin: ORIGIN }));
    const offered = async () => {
      const { factors, preferredFactor } = await beginLogin(app.client(), alice);
      expect(factors[0]).toBe(preferredFactor);
      return factors;
    };
    expect(await offered()).toEqual(["PASSKEY", "TOTP", "BACKUP_CODE"]);
    const { setPreferredFactor } = await alice.client.ask(PREFER, { factor: "TOTP" });
    expect(setPreferredFactor.user.mfa.preferredFactor).toBe("TOTP");
    expect(await offered()).toEqual(["TOTP", "PASSKEY", "BACKUP_CODE"]);
    const { disableTotp } = await alice.client.ask(DISABLE_TOTP);
    expect(disableTotp.user.mfa).toMatchObject({ preferredFactor: "PASSKEY", backupCodesLeft: 10 });
    expect(await offered()).toEqual(["PASSKEY", "BACKUP_CODE"]);
  });

  it.each(["PASSKEY", "BACKUP_CODE", "EMAIL_CODE"])(
    "is not %s if that is not on or was never preferred",
    async (factor) => {
      const alice = await protectedUser();
      const refusal = await refusalOf(app, alice, () => alice.client.refused(PREFER, { factor }));
      expect(refusal).toMatchObject({ code: "BAD_REQUEST" });
      const { me } = await alice.client.ask("{ me { mfa { preferredFactor } } }");
      expect(me.mfa.preferredFactor).toBe("TOTP");
    },
  );
});
