import { eq } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Tenant, tenants } from "#features/tenants/index";
import { DAY, HOUR, MINUTE } from "#shared/durations";
import type { RiskSignalKind } from "#shared/risk";
import { confirmationToken, DENY_LOGIN, userWithHistory } from "../../support/clients/confirmations.ts";
import {
  beginLogin,
  enableTotp,
  finishLogin,
  LOGIN_STEP,
  VERIFY_EMAIL_CODE,
  VERIFY_TOTP,
  waitForNewCode,
} from "../../support/clients/factors.ts";
import type { GraphQLClient, UntypedData } from "../../support/clients/graphql.ts";
import { addressIn, hostedInSingapore } from "../../support/factories/places.ts";
import { createMember, createTenant, createUserAs } from "../../support/factories/tenants.ts";
import {
  newAddress,
  newEmail,
  newPassword,
  register,
  type SignedInUser,
  verify,
} from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
let tenant: Tenant;
beforeAll(async () => {
  app = await startTestApp();
  tenant = await createTenant(app);
});
afterAll(() => app?.stop());

const clientIn = (city: Parameters<typeof addressIn>[0]): GraphQLClient =>
  app.client({ "x-forwarded-for": addressIn(city, app.app.geoip) });

const SIGNALS: Readonly<Record<RiskSignalKind, number>> = {
  NEW_DEVICE: 20,
  NEW_LOCATION: 15,
  FAR_FROM_HOME: 10,
  RECENT_FAILURES: 25,
  UNUSUAL_TIME: 10,
  ANONYMOUS_NETWORK: 10,
  SUSPICIOUS_IP: 25,
  IMPOSSIBLE_TRAVEL: 30,
  DORMANT: 15,
  GOOD_HISTORY: -10,
};

/** An assessment with these signals. */
const risk = (score: number, level: string, ...kinds: readonly RiskSignalKind[]) => ({
  score,
  level,
  signals: kinds.map((kind) => ({ kind, points: SIGNALS[kind] })),
});

const ATTEMPTS = /* GraphQL */ `
  query ($userId: ID!) {
    loginAttempts(first: 50, filter: { userId: $userId }) {
      nodes { outcome risk { score level signals { kind points } } }
    }
  }
`;

/** The newest login attempts of this user, newest first, as an admin sees them: in the user's tenant, unless another is given. */
const attemptsOf = async (
  { id }: Pick<SignedInUser, "id">,
  count: number,
  admin?: SignedInUser,
): Promise<UntypedData[]> => {
  const { client } = admin ?? (await createMember(app, tenant, "ADMIN"));
  const { loginAttempts } = await client.ask(ATTEMPTS, { userId: id });
  return loginAttempts.nodes.slice(0, count);
};

const wrongPassword = (client: GraphQLClient, { email }: SignedInUser) =>
  client.refused(LOGIN_STEP, { input: { identifier: email, password: newPassword() } });

const maskOf = ({ email }: SignedInUser): string => `${email.slice(0, 2)}***@example.com`;

/** Advances the clock to the start of this hour of the day. */
const waitForNextHour = (): void => app.clock.advance(HOUR - (app.clock.now().getTime() % HOUR));

describe("the examples of the specification", () => {
  it("the first login after onboarding: 35, allowed, and a second factor is recommended", async () => {
    const credentials = { email: newEmail(), password: newPassword() };
    const token = await register(app, credentials);
    const client = clientIn("Kuala Lumpur, Malaysia");
    const login = await verify(client, token);
    expect(login).toMatchObject({ __typename: "LoginSuccess", mfaRecommended: true });
    expect(await attemptsOf(login.user, 2, await createUserAs(app, "ADMIN"))).toEqual([
      { outcome: "SUCCESS", risk: risk(35, "MEDIUM", "NEW_DEVICE", "NEW_LOCATION") },
    ]);
  });

  it("a new laptop far away: 45, to be confirmed by mail", async () => {
    const bob = await userWithHistory(app, tenant);
    app.clock.advance(DAY);
    const step = await beginLogin(clientIn("Sydney, Australia"), bob);
    expect(step).toEqual({
      __typename: "LoginConfirmationRequired",
      challenge: expect.any(String),
      number: expect.stringMatching(/^[1-9][0-9]$/),
      sentTo: maskOf(bob),
      expiresAt: expect.any(String),
    });
    const lifetime = Date.parse(step.expiresAt) - app.app.clock.now().getTime();
    expect(lifetime).toBeGreaterThan(59 * MINUTE);
    expect(lifetime).toBeLessThanOrEqual(HOUR);
    expect(await attemptsOf(bob, 2)).toEqual([
      { outcome: "CHALLENGED", risk: risk(45, "ELEVATED", "NEW_DEVICE", "NEW_LOCATION", "FAR_FROM_HOME") },
      { outcome: "SUCCESS", risk: risk(35, "MEDIUM", "NEW_DEVICE", "NEW_LOCATION") },
    ]);
  });

  it("a new device at a new place, after failures, at an odd hour, through a hosting network: 80, a code by mail", async () => {
    waitForNextHour();
    const bob = await userWithHistory(app, tenant);
    const { deviceToken } = bob.client;
    for (let login = 2; login <= 10; login++)
      await beginLogin(clientIn("Kuala Lumpur, Malaysia"), bob, { deviceToken });
    app.clock.advance(6 * HOUR);
    const address = hostedInSingapore(app.app.geoip, app.app.networks);
    const client = app.client({ "x-forwarded-for": address });
    for (let failure = 1; failure <= 3; failure++) await wrongPassword(client, bob);

    const step = await beginLogin(client, bob, { deviceName: "A rented server" });
    expect(step).toMatchObject({
      __typename: "SecondFactorRequired",
      reason: "HIGH_RISK",
      factors: ["EMAIL_CODE"],
      preferredFactor: "EMAIL_CODE",
      codeSentTo: maskOf(bob),
    });
    const failed = risk(55, "ELEVATED", "NEW_DEVICE", "NEW_LOCATION", "UNUSUAL_TIME", "ANONYMOUS_NETWORK");
    const kinds = ["NEW_DEVICE", "NEW_LOCATION", "RECENT_FAILURES", "UNUSUAL_TIME", "ANONYMOUS_NETWORK"] as const;
    expect(await attemptsOf(bob, 4)).toEqual([
      { outcome: "CHALLENGED", risk: risk(80, "HIGH", ...kinds) },
      ...Array.from({ length: 3 }, () => ({ outcome: "FAILED", risk: failed })),
    ]);

    const mail = await app.mail.waitForMail({ to: bob.email, subject: /is your login code/ });
    // Only what the server observed about the login, and no text chosen by the party logging in.
    expect(mail.text).toContain(`on “unknown device”, from the address ${address}.`);
    expect(`${mail.text} ${mail.html}`).not.toContain("A rented server");
    const code = mail.subject?.slice(0, 6) ?? "";
    const login = await finishLogin(client, VERIFY_EMAIL_CODE, { challenge: step.challenge, code });
    expect(login).toMatchObject({ session: { authenticatedWith: ["PASSWORD", "EMAIL_CODE"] }, mfaRecommended: true });
    expect(await attemptsOf(bob, 1)).toEqual([{ outcome: "SUCCESS", risk: risk(80, "HIGH", ...kinds) }]);
  });

  it("a known device at home: low, and lower with a good history", async () => {
    const bob = await userWithHistory(app, tenant);
    const { deviceToken } = bob.client;
    for (let login = 2; login <= 6; login++) {
      const client = clientIn("Kuala Lumpur, Malaysia");
      expect(await beginLogin(client, bob, { deviceToken })).toMatchObject({ __typename: "LoginSuccess", deviceToken });
    }
    expect(await attemptsOf(bob, 6)).toEqual([
      { outcome: "SUCCESS", risk: risk(0, "LOW", "GOOD_HISTORY") },
      ...Array.from({ length: 4 }, () => ({ outcome: "SUCCESS", risk: risk(0, "LOW") })),
      { outcome: "SUCCESS", risk: risk(35, "MEDIUM", "NEW_DEVICE", "NEW_LOCATION") },
    ]);
  });

  it("a denied login: its address is suspicious for all users of the tenant", async () => {
    const [bob, carol] = [await userWithHistory(app, tenant), await userWithHistory(app, tenant)];
    const company = await createTenant(app);
    const stranger = await userWithHistory(app, company);
    app.clock.advance(DAY);
    const thief = clientIn("London, United Kingdom");
    await beginLogin(thief, bob);
    await app.client().ask(DENY_LOGIN, { token: await confirmationToken(app, bob) });
    const unusual = risk(45, "ELEVATED", "NEW_DEVICE", "NEW_LOCATION", "FAR_FROM_HOME");
    expect(await attemptsOf(bob, 2)).toEqual([
      { outcome: "DENIED", risk: unusual },
      { outcome: "CHALLENGED", risk: unusual },
    ]);

    expect(await beginLogin(clientIn("London, United Kingdom"), carol)).toMatchObject({
      __typename: "SecondFactorRequired",
      reason: "HIGH_RISK",
    });
    const suspicious = risk(70, "HIGH", "NEW_DEVICE", "NEW_LOCATION", "FAR_FROM_HOME", "SUSPICIOUS_IP");
    expect(await attemptsOf(carol, 1)).toEqual([{ outcome: "CHALLENGED", risk: suspicious }]);

    // In another tenant, the address is like any other.
    expect(await beginLogin(clientIn("London, United Kingdom"), stranger)).toMatchObject({
      __typename: "LoginConfirmationRequired",
    });
    expect(await attemptsOf(stranger, 1, await createMember(app, company, "ADMIN"))).toEqual([
      { outcome: "CHALLENGED", risk: unusual },
    ]);

    // From another address it is as before.
    expect(await beginLogin(clientIn("Sydney, Australia"), carol)).toMatchObject({
      __typename: "LoginConfirmationRequired",
    });
    expect(await attemptsOf(carol, 1)).toEqual([{ outcome: "CHALLENGED", risk: unusual }]);
  });
});

describe("the risk of a login", () => {
  it("includes impossible travel, until enough time has passed", async () => {
    const bob = await userWithHistory(app, tenant);
    const { deviceToken } = bob.client;
    const kinds = ["NEW_LOCATION", "FAR_FROM_HOME", "IMPOSSIBLE_TRAVEL"] as const;
    await beginLogin(clientIn("New York, United States"), bob, { deviceToken });
    expect(await attemptsOf(bob, 1)).toEqual([{ outcome: "CHALLENGED", risk: risk(55, "ELEVATED", ...kinds) }]);
    app.clock.advance(DAY);
    await beginLogin(clientIn("New York, United States"), bob, { deviceToken });
    expect(await attemptsOf(bob, 1)).toEqual([
      { outcome: "SUCCESS", risk: risk(25, "LOW", "NEW_LOCATION", "FAR_FROM_HOME") },
    ]);
  });

  it("is that of a new device for the same User-Agent elsewhere, and for another user's device token", async () => {
    const [bob, carol] = [await userWithHistory(app, tenant), await userWithHistory(app, tenant)];
    app.clock.advance(DAY);
    for (const deviceToken of [null, carol.client.deviceToken]) {
      const step = await beginLogin(clientIn("Sydney, Australia"), bob, { deviceToken });
      expect(step).toMatchObject({ __typename: "LoginConfirmationRequired" });
    }
    const unusual = risk(45, "ELEVATED", "NEW_DEVICE", "NEW_LOCATION", "FAR_FROM_HOME");
    expect(await attemptsOf(bob, 2)).toEqual(Array(2).fill({ outcome: "CHALLENGED", risk: unusual }));
  });

  it("is not lowered by a stolen device token alone: the password is verified as usual, and the location counts", async () => {
    const bob = await userWithHistory(app, tenant);
    const { deviceToken } = bob.client;
    app.clock.advance(DAY);
    const thief = clientIn("Sydney, Australia");
    const input = { identifier: bob.email, password: newPassword(), deviceToken };
    for (let guess = 1; guess <= 3; guess++)
      expect(await thief.refused(LOGIN_STEP, { input })).toMatchObject({ code: "INVALID_CREDENTIALS" });
    const step = await beginLogin(thief, bob, { deviceToken });
    expect(step).toMatchObject({ __typename: "LoginConfirmationRequired" });
    expect(await attemptsOf(bob, 2)).toEqual([
      { outcome: "CHALLENGED", risk: risk(50, "ELEVATED", "NEW_LOCATION", "FAR_FROM_HOME", "RECENT_FAILURES") },
      { outcome: "FAILED", risk: risk(25, "LOW", "NEW_LOCATION", "FAR_FROM_HOME") },
    ]);
  });

  it("is empty if the attempt was refused before it was assessed", async () => {
    const bob = await userWithHistory(app, tenant);
    const client = clientIn("Sydney, Australia");
    for (let guess = 1; guess <= 5; guess++) await wrongPassword(client, bob);
    expect(await wrongPassword(client, bob)).toMatchObject({ code: "RATE_LIMITED", reason: "ACCOUNT_LOCKED" });
    expect(await attemptsOf(bob, 1)).toEqual([{ outcome: "LOCKED", risk: risk(0, "LOW") }]);
  });

  it("is also assessed for a right password that an obstacle refuses", async () => {
    const bob = await userWithHistory(app, tenant);
    const boss = await createMember(app, tenant, "ADMIN");
    await boss.client.ask("mutation ($id: ID!) { suspendUser(input: { userId: $id }) { user { id } } }", {
      id: bob.id,
    });
    const input = { identifier: bob.email, password: bob.password };
    const refusal = await clientIn("Kuala Lumpur, Malaysia").refused(LOGIN_STEP, { input });
    expect(refusal).toMatchObject({ code: "FORBIDDEN", reason: "ACCOUNT_SUSPENDED" });
    expect(await attemptsOf(bob, 1)).toEqual([{ outcome: "FAILED", risk: risk(20, "LOW", "NEW_DEVICE") }]);
  });
});

describe("a second factor", () => {
  it("of the user's own is required instead of a confirmation, and still recommended from 30 on", async () => {
    const bob = await userWithHistory(app, tenant);
    const { authenticator } = await enableTotp(app, bob);
    app.clock.advance(DAY);
    const logInFrom = async (client: GraphQLClient, options = {}): Promise<UntypedData> => {
      waitForNewCode(app);
      const step = await beginLogin(client, bob, options);
      expect(step).toMatchObject({ __typename: "SecondFactorRequired", reason: "SECOND_FACTOR_ENABLED" });
      return finishLogin(client, VERIFY_TOTP, {
        challenge: step.challenge,
        code: authenticator.code(app.clock.now()),
      });
    };
    const far = await logInFrom(clientIn("Sydney, Australia"));
    expect(far).toMatchObject({ __typename: "LoginSuccess", mfaRecommended: true });
    const { deviceToken } = bob.client;
    const home = await logInFrom(clientIn("Kuala Lumpur, Malaysia"), { deviceToken });
    expect(home).toMatchObject({ __typename: "LoginSuccess", mfaRecommended: true });
    app.clock.advance(DAY);
    const next = await logInFrom(clientIn("Kuala Lumpur, Malaysia"), { deviceToken });
    expect(next).toMatchObject({ __typename: "LoginSuccess", mfaRecommended: false });
    expect((await attemptsOf(bob, 6)).map(({ outcome, risk: { score } }) => [outcome, score])).toEqual([
      ["SUCCESS", 0],
      ["CHALLENGED", 0],
      // Back within a minute, which is impossible travel.
      ["SUCCESS", 30],
      ["CHALLENGED", 30],
      ["SUCCESS", 45],
      ["CHALLENGED", 45],
    ]);
  });
});

describe("the tenant's thresholds", () => {
  it.each([
    [
      { confirmLoginAtRisk: 46, secondFactorAtRisk: 70 },
      { __typename: "LoginSuccess", mfaRecommended: true },
    ],
    [{ confirmLoginAtRisk: 45, secondFactorAtRisk: 46 }, { __typename: "LoginConfirmationRequired" }],
    [
      { confirmLoginAtRisk: 40, secondFactorAtRisk: 45 },
      { __typename: "SecondFactorRequired", reason: "HIGH_RISK" },
    ],
    [
      { confirmLoginAtRisk: 101, secondFactorAtRisk: 101 },
      { __typename: "LoginSuccess", mfaRecommended: true },
    ],
  ])("decide what a login with 45 points requires: %j", async (thresholds, answer) => {
    const company = await createTenant(app);
    const [bob, admin] = [await userWithHistory(app, company), await createMember(app, company, "ADMIN")];
    await app.app.db.update(tenants).set(thresholds).where(eq(tenants.id, company.id));
    expect(await beginLogin(app.client({ "x-forwarded-for": newAddress() }), bob)).toMatchObject(answer);
    const [attempt] = await attemptsOf(bob, 1, admin);
    expect(attempt?.risk).toMatchObject({ score: 45, level: "ELEVATED" });
  });
});
