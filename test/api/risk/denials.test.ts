import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { networkOf } from "#platform/ip-address";
import { HOUR, MINUTE } from "#shared/durations";
import {
  CONFIRM_LOGIN,
  DENY_LOGIN,
  denialToken,
  NEW_DEVICE_MAIL,
  statusOf,
  userWithHistory,
  waitingLogin,
} from "../../support/clients/confirmations.ts";
import { AuthenticatorApp, beginLogin, CONFIRM_TOTP, LOGIN_STEP, refusalOf } from "../../support/clients/factors.ts";
import type { GraphQLClient, UntypedData } from "../../support/clients/graphql.ts";
import { addressIn } from "../../support/factories/places.ts";
import { endedSessionIds } from "../../support/factories/session-ends.ts";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import { newAddress, newPassword, REFRESH, type SignedInUser, signUp, tokenIn } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { readersOf } from "../../support/servers/smtp.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: { PUBLIC_URL: "https://id.example.test" } });
});
afterAll(() => app?.stop());

const INVALID_TOKEN = { code: "INVALID_TOKEN", status: 400 };
const SECURED_MAIL = "Your account is safe again: choose a new password";
const ENROL = "mutation ($ticket: String) { enableTotp(input: { enrolmentTicket: $ticket }) { secret } }";
const RESET = "mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessionIds } }";

const visitor = () => app.client({ "x-forwarded-for": newAddress() });

const rowsOf = async (table: string, { id }: Pick<SignedInUser, "id">): Promise<number> =>
  (await app.app.db.execute(`select from ${table} where user_id = '${id}'`)).length;

interface Theft {
  readonly bob: SignedInUser;
  readonly admin: SignedInUser;
  /** Logged in with Bob's password, on a new device at Bob's home, so that no confirmation is required. */
  readonly thief: GraphQLClient;
  readonly login: UntypedData;
  readonly address: string;
  /** The token of the link in the mail to Bob. */
  readonly token: string;
}

const theft = async (): Promise<Theft> => {
  const tenant = await createTenant(app);
  const [admin, bob] = [await createMember(app, tenant, "ADMIN"), await userWithHistory(app, tenant)];
  // The mail about Bob's own first login.
  await denialToken(app, bob);
  const address = addressIn("Kuala Lumpur, Malaysia", app.app.geoip);
  const thief = app.client({ "x-forwarded-for": address });
  const login = await beginLogin(thief, bob, { deviceName: "Not Bob's" });
  expect(login).toMatchObject({ __typename: "LoginSuccess" });
  thief.accessToken = login.tokens.accessToken;
  return { bob, admin, thief, login, address, token: await denialToken(app, bob) };
};

describe("a login on a new device that its user denies afterwards", () => {
  it("is reported by a mail with a link to a page, which does nothing until it is confirmed", async () => {
    const tenant = await createTenant(app);
    const bob = await userWithHistory(app, tenant);
    const mail = await app.mail.waitForMail({ to: bob.email, subject: NEW_DEVICE_MAIL });
    for (const part of [mail.text, String(mail.html)])
      expect(part).toContain("https://id.example.test/deny-login#token=");
    expect(mail.text).toContain("No, that was not me");
  });

  it("has the same effect as a denial before it succeeds: sessions, devices, password and address", async () => {
    const { bob, admin, thief, login, address, token } = await theft();
    const waiting = await waitingLogin(app, bob);
    const deniedAt = app.clock.now();
    const phone = visitor();
    const { data, headers } = await phone.send(DENY_LOGIN, { token });
    expect(data).toEqual({ denyLogin: { endedSessionIds: endedSessionIds(2), passwordResetRequired: true } });
    expect(headers.getSetCookie()).toEqual([]);

    for (const client of [bob.client, thief])
      expect(await client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await visitor().refused(REFRESH, { token: login.tokens.refreshToken })).toMatchObject({
      code: "INVALID_REFRESH_TOKEN",
    });
    const { allSessions } = await admin.client.ask(
      "query ($id: ID!) { allSessions(filter: { userId: $id, active: false }) { nodes { endReason } } }",
      { id: bob.id },
    );
    expect(allSessions.nodes).toEqual(Array(2).fill({ endReason: "LOGIN_DENIED" }));
    expect(await rowsOf("devices", bob)).toBe(0);
    expect(await statusOf(app, waiting)).toBe("EXPIRED");
    for (const operation of [CONFIRM_LOGIN, DENY_LOGIN])
      expect(await visitor().refused(operation, { token: waiting.token, number: waiting.number })).toMatchObject(
        INVALID_TOKEN,
      );
    const input = { identifier: bob.email, password: bob.password };
    expect(await visitor().refused(LOGIN_STEP, { input })).toMatchObject({ reason: "PASSWORD_RESET_REQUIRED" });

    // It names the login, not the phone from which it was denied.
    const { loginAttempts } = await admin.client.ask(
      "query ($id: ID!) { loginAttempts(filter: { userId: $id, outcome: DENIED }) { nodes { identifier ipAddress device { label } risk { score signals { kind } } } } }",
      { id: bob.id },
    );
    expect(loginAttempts.nodes).toEqual([
      {
        identifier: bob.email,
        ipAddress: address,
        device: { label: "Not Bob's" },
        risk: { score: 20, signals: [{ kind: "NEW_DEVICE" }] },
      },
    ]);
    const { securityEvents } = await admin.client.ask(
      "query ($id: ID!) { securityEvents(filter: { userId: $id }) { nodes { type ipAddress ... on LoginDeniedEvent { endedSessionCount sessionId } } } }",
      { id: bob.id },
    );
    expect(securityEvents.nodes).toContainEqual({
      type: "LOGIN_DENIED",
      endedSessionCount: 2,
      sessionId: login.session.id,
      ipAddress: address,
    });
    const suspicious = await app.app.db.execute<{ network: string }>(
      sql`select network from denied_networks where denied_at >= ${deniedAt.toISOString()}::timestamptz`,
    );
    expect(suspicious.map(({ network }) => network)).toEqual([networkOf(address)]);

    const mail = await app.mail.waitForMail({ to: bob.email, subject: SECURED_MAIL });
    expect(mail.text).toContain("2 sessions were ended.");
    const password = newPassword();
    await visitor().ask(RESET, { input: { token: tokenIn(mail), newPassword: password } });
    const anew = await waitingLogin(app, { email: bob.email, password }, { deviceToken: bob.client.deviceToken });
    expect(await statusOf(app, anew)).toBe("WAITING");
  });

  it("is denied once by its link, and its link confirms nothing", async () => {
    const { bob, token } = await theft();
    const { number } = await waitingLogin(app, bob);
    const attempt = () => visitor().refused(CONFIRM_LOGIN, { token, number });
    expect(await refusalOf(app, bob, attempt)).toMatchObject(INVALID_TOKEN);
    await visitor().ask(DENY_LOGIN, { token });
    const again = () => visitor().refused(DENY_LOGIN, { token });
    expect(await refusalOf(app, bob, again)).toMatchObject(INVALID_TOKEN);
  });

  it("may be denied for 72 hours, even after its session has ended", async () => {
    const [early, late] = [await theft(), await theft()];
    await early.thief.ask("mutation { logout { endedSessionId } }");
    app.clock.advance(72 * HOUR - MINUTE);
    const { denyLogin } = await visitor().ask(DENY_LOGIN, { token: early.token });
    expect(denyLogin).toEqual({ endedSessionIds: endedSessionIds(1), passwordResetRequired: true });
    app.clock.advance(2 * MINUTE);
    const attempt = () => visitor().refused(DENY_LOGIN, { token: late.token });
    expect(await refusalOf(app, late.bob, attempt)).toMatchObject(INVALID_TOKEN);
  });

  it("also removes what its session has added, and keeps what another session has", async () => {
    const { bob, login, thief, token } = await theft();
    const { enableTotp } = await thief.ask(ENROL, { ticket: login.enrolmentTicket });
    expect(enableTotp.secret).toEqual(expect.any(String));
    await confirmTotp(thief, enableTotp.secret);
    expect(await rowsOf("totp_secrets", bob)).toBe(1);
    await visitor().ask(DENY_LOGIN, { token });
    expect(await rowsOf("totp_secrets", bob)).toBe(0);

    const other = await theft();
    const own = await other.bob.client.ask(ENROL, {});
    await confirmTotp(other.bob.client, own.enableTotp.secret);
    await visitor().ask(DENY_LOGIN, { token: other.token });
    expect(await rowsOf("totp_secrets", other.bob)).toBe(1);
  });

  it("keeps the links about other logins: each names another session and address", async () => {
    const { bob, token } = await theft();
    const home = app.client({ "x-forwarded-for": addressIn("Kuala Lumpur, Malaysia", app.app.geoip) });
    await beginLogin(home, bob);
    const second = await denialToken(app, bob);
    await visitor().ask(DENY_LOGIN, { token });
    expect((await visitor().ask(DENY_LOGIN, { token: second })).denyLogin).toMatchObject({
      endedSessionIds: endedSessionIds(0),
    });
  });

  it("can be denied however many mails were sent before: one for each login, regardless of any budget", async () => {
    const bob = await userWithHistory(app, await createTenant(app, "Roomy", { maxSessions: 50 }));
    const home = addressIn("Kuala Lumpur, Malaysia", app.app.geoip);
    const tokens = new Set([await denialToken(app, bob)]);
    for (let logins = 0; logins < 24; logins++) {
      expect(await beginLogin(app.client({ "x-forwarded-for": home }), bob)).toMatchObject({
        __typename: "LoginSuccess",
      });
      tokens.add(await denialToken(app, bob));
    }
    expect(tokens.size).toBe(25);
  });
});

describe("the first device of an account", () => {
  const mailsTo = async ({ email }: Pick<SignedInUser, "email">): Promise<string[]> => {
    const waiting = async () =>
      (await app.app.db.execute(sql`select from graphile_worker._private_jobs where payload ->> 'to' = ${email}`))
        .length;
    await expect.poll(waiting, { interval: 20 }).toBe(0);
    return app.mail
      .all()
      .filter((mail) => readersOf(mail).includes(email))
      .map(({ subject }) => subject ?? "");
  };

  it("is not mailed if a mailed link opened it; the second one is", async () => {
    const alice = await signUp(app);
    expect(await mailsTo(alice)).toEqual(["Confirm your e-mail address"]);
    const events = await app.app.db.execute(
      sql`select from security_events where user_id = ${alice.id}::uuid and type = 'NEW_DEVICE'`,
    );
    expect(events.length).toBe(1);
    await beginLogin(app.client(), alice);
    expect(await mailsTo(alice)).toContain(NEW_DEVICE_MAIL);
  });
});

const confirmTotp = async (client: GraphQLClient, secret: string): Promise<void> => {
  const code = new AuthenticatorApp(secret).code(app.clock.now());
  await client.ask(CONFIRM_TOTP, { code });
};
