import { eq, sql } from "drizzle-orm";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { users } from "#features/users/index";
import { DAY, HOUR, MINUTE } from "#shared/durations";
import type { UserId } from "#shared/ids";
import {
  AuthenticatorApp,
  accountsOf,
  beginLogin,
  CONFIRM_TOTP,
  ENABLE_TOTP,
  enableTotp,
  refusalOf,
  waitForNewCode,
} from "../../support/clients/factors.ts";
import type { GraphQLClient, UntypedData } from "../../support/clients/graphql.ts";
import { memberWith } from "../../support/clients/narrow.ts";
import { createUser, createUserAs } from "../../support/factories/tenants.ts";
import {
  elevate,
  grantRole,
  REFRESH,
  resetPassword,
  type SignedInUser,
  tokenIn,
} from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const REQUEST = "mutation ($challenge: String!) { requestFactorReset(input: { challenge: $challenge }) { dueAt } }";
const CANCEL = "mutation ($token: String!) { cancelFactorReset(input: { token: $token }) { cancelledFactorResetId } }";
const CANCEL_OWN = "mutation { cancelOwnFactorReset { cancelledFactorResetId } }";
const VERIFY_CODE = `mutation ($input: VerifyEmailCodeInput!) {
  verifyEmailCode(input: $input) {
    __typename
    ... on EnrolmentRequired { tokens { accessToken refreshToken } expiresAt }
  }
}`;
const REFUSED = { code: "FORBIDDEN", reason: "FACTOR_RESET_REFUSED" };
const ONLY_ENROLMENT = { code: "FORBIDDEN", reason: "ENROLMENT_REQUIRED" };
const ABOUT_TO_BE_RESET = "Your second factors are about to be reset";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app?.stop());

/** A user with an app and a month-old password who has lost the app. */
const loser = async () => {
  const alice = await createUser(app);
  const { authenticator } = await enableTotp(app, alice);
  await app.app.db.execute(sql`update passwords set set_by_mail_at = null where user_id = ${alice.id}::uuid`);
  return { ...alice, authenticator };
};

const begin = async (alice: SignedInUser): Promise<string> => (await beginLogin(app.client(), alice)).challenge;

const request = async (alice: SignedInUser): Promise<UntypedData> =>
  (await app.client().ask(REQUEST, { challenge: await begin(alice) })).requestFactorReset;

const factorsOf = async (alice: SignedInUser): Promise<number> =>
  (await accountsOf(app, alice)).filter(({ kind }: UntypedData) => kind === "totp").length;

const handleDue = () => app.app.factorResets.handleDue();

/** Logs in after the reset, with the password and a mailed code. */
const enter = async (alice: SignedInUser): Promise<{ client: GraphQLClient; entered: UntypedData }> => {
  const client = app.client();
  const step = await beginLogin(client, alice);
  expect(step).toMatchObject({ reason: "ENROLMENT_REQUIRED", factors: ["EMAIL_CODE"] });
  const { subject } = await app.mail.waitForMail({ to: alice.email, subject: /^\d{6}/ });
  const input = { challenge: step.challenge, code: subject?.slice(0, 6) };
  const { verifyEmailCode } = await client.ask(VERIFY_CODE, { input });
  const entered = memberWith("tokens", verifyEmailCode);
  client.accessToken = entered.tokens.accessToken;
  client.refreshToken = entered.tokens.refreshToken;
  return { client, entered };
};

describe("a reset of lost factors", () => {
  it("waits for 72 hours, mails the user every day, ends all sessions, and the next login enrols", async () => {
    const alice = await loser();
    const { dueAt } = await request(alice);
    const left = new Date(dueAt).getTime() - app.clock.now().getTime();
    expect(Math.abs(left - 72 * HOUR)).toBeLessThan(5 * MINUTE);
    await app.mail.waitForMail({ to: alice.email, subject: ABOUT_TO_BE_RESET });
    expect((await request(alice)).dueAt).toBe(dueAt);

    for (let day = 1; day <= 2; day++) {
      app.clock.advance(DAY + MINUTE);
      await handleDue();
      await app.mail.waitForMail({ to: alice.email, subject: ABOUT_TO_BE_RESET });
      expect(await factorsOf(alice)).toBe(1);
    }
    app.clock.advance(DAY);
    await handleDue();
    expect(await factorsOf(alice)).toBe(0);
    expect(await alice.client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });

    const { client, entered } = await enter(alice);
    expect(entered.__typename).toBe("EnrolmentRequired");
    expect(decodeJwt(entered.tokens.accessToken)).toMatchObject({ enrolment_only: true });
    for (const operation of ["{ me { id } }", "{ sessions { id } }"])
      expect(await client.refused(operation)).toMatchObject(ONLY_ENROLMENT);
    const validate = "mutation ($token: String!) { validateToken(input: { token: $token }) { valid } }";
    const { validateToken } = await app.client().ask(validate, { token: entered.tokens.accessToken });
    expect(validateToken.valid).toBe(false);

    const { secret } = (await client.ask(ENABLE_TOTP)).enableTotp;
    await client.ask(CONFIRM_TOTP, { code: new AuthenticatorApp(secret).code(app.clock.now()) });
    const { refreshToken } = await client.ask(REFRESH, { token: client.refreshToken });
    expect(decodeJwt(refreshToken.tokens.accessToken)).not.toHaveProperty("enrolment_only");
    client.accessToken = refreshToken.tokens.accessToken;
    expect((await client.ask("{ me { id } }")).me.id).toBe(alice.id);
    expect((await beginLogin(app.client(), alice)).reason).toBe("SECOND_FACTOR_ENABLED");
  });

  it("allows ten minutes for the enrolment, and a refresh does not extend them", async () => {
    const alice = await loser();
    await app.app.factorResets.resetNow(alice.email);
    const { client } = await enter(alice);
    app.clock.advance(9 * MINUTE);
    const { refreshToken } = await client.ask(REFRESH, { token: client.refreshToken });
    client.accessToken = refreshToken.tokens.accessToken;
    expect(await client.refused("{ me { id } }")).toMatchObject(ONLY_ENROLMENT);
    app.clock.advance(2 * MINUTE);
    expect(await client.refused(ENABLE_TOTP)).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("is shown to its user while it is waiting, and to no other user", async () => {
    const alice = await loser();
    const ownReset = "{ me { factorReset { status origin dueAt } } }";
    expect((await alice.client.ask(ownReset)).me).toEqual({ factorReset: null });
    const { dueAt } = await request(alice);
    expect((await alice.client.ask(ownReset)).me).toEqual({
      factorReset: { status: "WAITING", origin: "USER", dueAt },
    });
    const admin = await createUserAs(app, "OPERATOR");
    const ofAlice = "query ($id: ID!) { user(id: $id) { id factorReset { id } } }";
    expect((await admin.client.ask(ofAlice, { id: alice.id })).user).toEqual({ id: alice.id, factorReset: null });

    const token = tokenIn(await app.mail.waitForMail({ to: alice.email, subject: ABOUT_TO_BE_RESET }));
    await app.client().ask(CANCEL, { token });
    expect((await alice.client.ask(ownReset)).me).toEqual({ factorReset: null });
  });

  it("is stopped by the link in its mail, once", async () => {
    const alice = await loser();
    await request(alice);
    const token = tokenIn(await app.mail.waitForMail({ to: alice.email, subject: ABOUT_TO_BE_RESET }));
    await app.client().ask(CANCEL, { token });
    expect(await app.client().refused(CANCEL, { token })).toMatchObject({ code: "INVALID_TOKEN" });
    await app.mail.waitForMail({ to: alice.email, subject: "The reset of your second factors was stopped" });
    app.clock.advance(73 * HOUR);
    await handleDue();
    expect(await factorsOf(alice)).toBe(1);
  });

  it("is stopped by a session after a step-up with the factor, and by no weaker proof", async () => {
    const alice = await loser();
    await request(alice);
    const plain = app.client();
    const { refreshToken } = await alice.client.ask(REFRESH, { token: alice.client.refreshToken });
    plain.accessToken = refreshToken.tokens.accessToken;
    expect(await plain.refused(CANCEL_OWN)).toMatchObject({ code: "REAUTHENTICATION_REQUIRED" });
    waitForNewCode(app);
    await elevate(plain, { totpCode: alice.authenticator.code(app.clock.now()) });
    await plain.ask(CANCEL_OWN);
    expect(await plain.refused(CANCEL_OWN)).toMatchObject({ code: "NOT_FOUND" });
    app.clock.advance(73 * HOUR);
    await handleDue();
    expect(await factorsOf(alice)).toBe(1);
  });

  it("is stopped by a password reset", async () => {
    const alice = await loser();
    await request(alice);
    await resetPassword(app, alice, "quite another passphrase 77");
    app.clock.advance(73 * HOUR);
    await handleDue();
    expect(await factorsOf(alice)).toBe(1);
  });

  it.each<[string, (alice: SignedInUser) => Promise<unknown>]>([
    [
      "whose password came through a mailed link",
      async (alice) => {
        await resetPassword(app, alice, "quite another passphrase 78");
        alice.password = "quite another passphrase 78";
      },
    ],
    ["who is an admin", (alice) => grantRole(app, alice.id, "ADMIN")],
    ["who is an operator", (alice) => grantRole(app, alice.id, "OPERATOR")],
  ])("is refused to a user %s, and none is pending", async (_, prepare) => {
    const alice = await loser();
    await prepare(alice);
    const challenge = await begin(alice);
    expect(await refusalOf(app, alice, () => app.client().refused(REQUEST, { challenge }))).toMatchObject(REFUSED);
    app.clock.advance(73 * HOUR);
    await handleDue();
    expect(await factorsOf(alice)).toBe(1);
  });

  it("succeeds once in thirty days", async () => {
    const alice = await loser();
    await app.app.factorResets.resetNow(alice.email);
    const { client } = await enter(alice);
    const { secret } = (await client.ask(ENABLE_TOTP)).enableTotp;
    await client.ask(CONFIRM_TOTP, { code: new AuthenticatorApp(secret).code(app.clock.now()) });
    expect(await app.client().refused(REQUEST, { challenge: await begin(alice) })).toMatchObject(REFUSED);
    app.clock.advance(31 * DAY);
    await request(alice);
  });

  it("is refused to a login whose user does not lack a factor", async () => {
    const alice = await loser();
    await app.app.factorResets.resetNow(alice.email);
    const [row] = await app.app.db
      .select()
      .from(users)
      .where(eq(users.id, alice.id as UserId));
    expect(row?.mustEnrol).toBe(true);
    const { challenge } = await beginLogin(app.client(), alice);
    expect(await app.client().refused(REQUEST, { challenge })).toMatchObject({ code: "BAD_REQUEST" });
  });
});
