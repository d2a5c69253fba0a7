import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  enableTotp,
  SEND_EMAIL_CODE,
  VERIFY_EMAIL_CODE,
  VERIFY_TOTP,
  waitForNewCode,
} from "../../support/clients/factors.ts";
import type { GraphQLClient, UntypedData } from "../../support/clients/graphql.ts";
import {
  authorizeAtProvider,
  countPeople,
  finishSocialLogin,
  logInBySocial,
  newProviderUser,
  newUserAgent,
  PROVIDER,
  REDIRECT_URI,
  SOCIAL_ACCOUNTS,
  socialSettings,
} from "../../support/clients/social.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { newEmail } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { type OidcProvider, startOidcProvider } from "../../support/servers/oidc-provider.ts";
import { tracesIn } from "../../support/servers/traces.ts";

/** A real provider that verifies addresses, but that the settings trust for one domain only. */
let app: TestApp;
let acme: OidcProvider;
beforeAll(async () => {
  acme = await startOidcProvider({ redirectUris: [REDIRECT_URI] });
  app = await startTestApp({ settings: socialSettings({ [PROVIDER]: { ...acme, vouchesFor: ["acme.example"] } }) });
});
afterAll(async () => {
  await app?.stop();
  await acme?.stop();
});

const codeTo = async (email: string): Promise<string> => {
  const { subject } = await app.mail.waitForMail({ to: email, subject: /^\d{6}/ });
  return subject?.slice(0, 6) ?? "";
};

/** Returns from the provider as this person, and is asked for the code. */
const begin = async (subject: string): Promise<{ client: GraphQLClient; step: UntypedData }> => {
  const client = newUserAgent(app);
  const step = await finishSocialLogin(client, await authorizeAtProvider(client, subject));
  expect(step).toMatchObject({
    __typename: "SecondFactorRequired",
    reason: "ADDRESS_UNPROVED",
    factors: ["EMAIL_CODE"],
    preferredFactor: "EMAIL_CODE",
  });
  return { client, step };
};

const prove = async (client: GraphQLClient, step: UntypedData, code: string): Promise<UntypedData> =>
  (await client.ask(VERIFY_EMAIL_CODE, { input: { challenge: step.challenge, code } })).verifyEmailCode;

const socialAccountsOf = async (client: GraphQLClient) => (await client.ask(SOCIAL_ACCOUNTS)).me.socialAccounts;

describe("a provider that is not trusted for the domain", () => {
  it("admits a user with the code that is mailed to the address, and is a way to log in from then on", async () => {
    const person = await createUser(app);
    const { subject } = newProviderUser(acme, { email: person.email });
    const { client, step } = await begin(subject);
    const { subject: title, text } = await app.mail.waitForMail({ to: person.email, subject: /^\d{6}/ });
    expect(title).toMatch(/^\d{6} proves your e-mail address$/);
    expect(text).toContain("Acme");
    expect(await socialAccountsOf(person.client)).toEqual([]);
    const done = await prove(client, step, title?.slice(0, 6) ?? "");
    expect(done).toMatchObject({
      __typename: "LoginSuccess",
      user: { id: person.id },
      session: { authenticatedWith: ["SOCIAL", "EMAIL_CODE"] },
    });
    // A mailed code is not a second factor.
    expect(decodeJwt(done.tokens.accessToken).amr).toEqual(["fed"]);
    expect(await socialAccountsOf(person.client)).toMatchObject([{ provider: PROVIDER, email: person.email }]);
    await app.mail.waitForMail({ to: person.email, subject: "The login methods of your account were changed" });
    expect((await logInBySocial(newUserAgent(app), subject)).user.id).toBe(person.id);
  });

  it("has exactly the same response for an unknown person, and creates no user before the code", async () => {
    const person = await createUser(app);
    const known = newProviderUser(acme, { email: person.email });
    const unknown = newProviderUser(acme, { email: newEmail() });
    const before = await countPeople(app);
    const [one, other] = [await begin(known.subject), await begin(unknown.subject)];
    expect(await countPeople(app)).toEqual(before);
    const shapeOf = ({ challenge, expiresAt, codeSentTo, ...rest }: UntypedData) => ({
      ...rest,
      challenge: challenge.length,
      codeSentTo: typeof codeSentTo,
      expiresAt: typeof expiresAt,
    });
    expect(shapeOf(one.step)).toEqual(shapeOf(other.step));
    const mailed = (to: string) => app.mail.waitForMail({ to, subject: /^\d{6}/ });
    const mails = await Promise.all([person.email, unknown.email].map(mailed));
    const [textToKnown, textToUnknown] = mails.map(({ subject = "", text = "" }) =>
      (subject + text).replaceAll(subject.slice(0, 6), "CODE").replaceAll(/from [0-9a-f:.]+\w/g, "from ADDRESS"),
    );
    expect(textToKnown).toBe(textToUnknown);
    expect(await prove(other.client, other.step, mails[1]?.subject?.slice(0, 6) ?? "")).toMatchObject({
      __typename: "LoginSuccess",
      user: { email: unknown.email },
    });
  });

  it("requires no code for the domain that the settings name", async () => {
    const email = newEmail().replace("example.com", "acme.example");
    const { subject } = newProviderUser(acme, { email });
    const login = await logInBySocial(newUserAgent(app), subject);
    expect(login).toMatchObject({ user: { email, emailVerified: true }, session: { authenticatedWith: ["SOCIAL"] } });
  });

  it("does not replace the user's own second factor: the code alone neither logs in nor links anything", async () => {
    const person = await createUser(app);
    const { authenticator } = await enableTotp(app, person);
    waitForNewCode(app);
    const { subject } = newProviderUser(acme, { email: person.email });
    const { client, step } = await begin(subject);
    const sessionsBefore = (await countPeople(app)).sessions;
    const next = await prove(client, step, await codeTo(person.email));
    expect(next).toMatchObject({ __typename: "SecondFactorRequired", reason: "SECOND_FACTOR_ENABLED" });
    expect(next.challenge).not.toBe(step.challenge);
    expect((await countPeople(app)).sessions).toBe(sessionsBefore);
    expect(await socialAccountsOf(person.client)).toEqual([]);
    const input = { challenge: next.challenge, code: authenticator.code(app.clock.now()) };
    const done = (await client.ask(VERIFY_TOTP, { input })).verifyTotp;
    expect(done).toMatchObject({ user: { id: person.id } });
    expect(decodeJwt(done.tokens.accessToken).amr).toEqual(["fed", "otp", "mfa"]);
    expect(await socialAccountsOf(person.client)).toHaveLength(1);
  });
});

describe("the code for an address", () => {
  it("is refused if it is wrong, and nothing is linked; another one can be mailed", async () => {
    const person = await createUser(app);
    const { client, step } = await begin(newProviderUser(acme, { email: person.email }).subject);
    const code = await codeTo(person.email);
    const wrong = { challenge: step.challenge, code: code === "000000" ? "111111" : "000000" };
    expect(await client.refused(VERIFY_EMAIL_CODE, { input: wrong })).toMatchObject({
      code: "INVALID_CODE",
      attemptsLeft: 4,
    });
    const soon = await client.refused(SEND_EMAIL_CODE, { challenge: step.challenge });
    expect(soon).toMatchObject({ code: "RATE_LIMITED", retryAfter: expect.any(Number) });
    app.clock.advance(31_000);
    await client.ask(SEND_EMAIL_CODE, { challenge: step.challenge });
    const newer = await codeTo(person.email);
    expect(await socialAccountsOf(person.client)).toEqual([]);
    expect(await prove(client, step, newer)).toMatchObject({
      user: { id: person.id },
    });
  });

  it("is the only thing this login waits for, and its challenge is not accepted elsewhere", async () => {
    const person = await createUser(app);
    const { client, step } = await begin(newProviderUser(acme, { email: person.email }).subject);
    const { challenge } = step;
    const input = { challenge, code: "123456" };
    expect(await client.refused(VERIFY_TOTP, { input })).toMatchObject({ code: "BAD_REQUEST" });
    const resume = "mutation ($challenge: String!) { resumeLogin(input: { challenge: $challenge }) { __typename } }";
    expect(await client.refused(resume, { challenge })).toMatchObject({ code: "INVALID_TOKEN" });
    const passkey =
      "mutation ($challenge: String) { startPasskeyLogin(input: { challenge: $challenge }) { challenge } }";
    expect(await client.refused(passkey, { challenge })).toMatchObject({ code: "INVALID_TOKEN" });
    const altered = challenge.slice(0, -1) + (challenge.endsWith("A") ? "B" : "A");
    expect(await client.refused(VERIFY_EMAIL_CODE, { input: { ...input, challenge: altered } })).toMatchObject({
      code: "INVALID_TOKEN",
      reason: "CHALLENGE_EXPIRED",
    });
    expect(await socialAccountsOf(person.client)).toEqual([]);
  });

  it("and its challenge are in no log, table or job; the address of an unknown person is in no table, either", async () => {
    const { email, subject, name } = newProviderUser(acme, { email: newEmail("stranger"), name: "Sylvia Strange" });
    const { client, step } = await begin(subject);
    const code = await codeTo(email);
    const { address_proofs: authMethods, log, ...places } = await tracesIn(app);
    expect(authMethods).toContain('"arrival"');
    for (const secret of [email, subject, name, step.challenge]) {
      expect(authMethods).not.toContain(secret);
      expect(log).not.toContain(secret);
    }
    for (const [place, content] of Object.entries(places))
      expect(content.includes(step.challenge), `${place} has the challenge`).toBe(false);
    expect(places.email_codes).not.toContain(`"${code}"`);
    expect(await prove(client, step, code)).toMatchObject({ user: { email } });
  });
});
