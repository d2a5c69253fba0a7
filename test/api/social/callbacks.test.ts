import { createHash, randomBytes } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MINUTE, SECOND } from "#shared/durations";
import type { GraphQLClient } from "../../support/clients/graphql.ts";
import {
  authorizeAtProvider,
  type Callback,
  callbackIn,
  countPeople,
  FINISH_SOCIAL_LOGIN,
  finishSocialLogin,
  LINK_SOCIAL_ACCOUNT,
  logInBySocial,
  newAppBinding,
  newProviderUser,
  newUserAgent,
  PROVIDER,
  ProviderUserAgent,
  REDIRECT_URI,
  refusedSocialLogin,
  SOCIAL_ACCOUNTS,
  socialSettings,
  startSocialLogin,
} from "../../support/clients/social.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { elevate, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { type OidcProvider, startOidcProvider } from "../../support/servers/oidc-provider.ts";

let app: TestApp;
let replica: TestApp;
let acme: OidcProvider;
let other: OidcProvider;
beforeAll(async () => {
  [acme, other] = await Promise.all([
    startOidcProvider({ redirectUris: [REDIRECT_URI] }),
    startOidcProvider({ redirectUris: [REDIRECT_URI] }),
  ]);
  const settings = socialSettings({ [PROVIDER]: acme, other });
  app = await startTestApp({ settings });
  replica = await startTestApp({ settings, replicaOf: app });
});
afterAll(async () => {
  await replica?.stop();
  await app?.stop();
  await Promise.all([acme?.stop(), other?.stop()]);
});

const INVALID = { code: "INVALID_TOKEN", status: 400 };

/** A user who has logged in through the provider before, and returns from it with the callback still to be submitted. */
const returned = async (options: Parameters<typeof authorizeAtProvider>[2] = {}) => {
  const { subject } = newProviderUser(acme);
  await logInBySocial(newUserAgent(app), subject);
  const client = newUserAgent(app);
  return { subject, client, callback: await authorizeAtProvider(client, subject, options) };
};

/** The callback neither logs in nor links anything, and no request is sent to the provider. */
const expectUnasked = async (client: GraphQLClient, callback: Partial<Callback>, options = {}): Promise<void> => {
  const before = [await countPeople(app), acme.requests.length, other.requests.length];
  expect(await refusedSocialLogin(client, callback, options)).toMatchObject(INVALID);
  expect([await countPeople(app), acme.requests.length, other.requests.length]).toEqual(before);
};

describe("a callback's state", () => {
  it("is refused if it is missing", async () => {
    const { client, callback } = await returned();
    const before = await countPeople(app);
    const { state: _, ...rest } = callback;
    expect((await refusedSocialLogin(client, rest)).code).toBe("BAD_USER_INPUT");
    expect((await refusedSocialLogin(client, { ...callback, state: "" })).status).toBe(400);
    expect(await countPeople(app)).toEqual(before);
    expect((await finishSocialLogin(client, callback)).__typename).toBe("LoginSuccess");
  });

  it("is refused if it was never issued", async () => {
    const { client, callback } = await returned();
    for (const state of [
      randomBytes(32).toString("base64url"),
      callback.state.slice(0, -1),
      `${callback.state}A`,
      callback.state.toLowerCase(),
      "%",
      "'; drop table users --",
    ])
      await expectUnasked(client, { ...callback, state });
    expect((await finishSocialLogin(client, callback)).__typename).toBe("LoginSuccess");
  });

  it("with its code is refused in another browser, and remains valid in its own", async () => {
    const { client, callback } = await returned();
    const empty = newUserAgent(app);
    await expectUnasked(empty, callback);
    expect(empty.cookies.size).toBe(0);
    const busy = newUserAgent(app);
    await startSocialLogin(busy);
    await expectUnasked(busy, callback);
    expect((await finishSocialLogin(client, callback)).__typename).toBe("LoginSuccess");
  });

  it("does not log a victim in as the attacker: the attacker's callback is refused in the victim's browser", async () => {
    const attacker = await returned();
    const victim = newUserAgent(app);
    const own = await authorizeAtProvider(victim, newProviderUser(acme).subject);
    await expectUnasked(victim, attacker.callback);
    const { code, iss } = attacker.callback;
    // The victim's own state with the attacker's code: the provider refuses the code without the verifier it was requested with.
    const before = await countPeople(app);
    expect(await refusedSocialLogin(victim, { state: own.state, code, ...(iss && { iss }) })).toMatchObject(INVALID);
    expect(await countPeople(app)).toEqual(before);
  });

  it("does not link an account to a user who is tricked into submitting it", async () => {
    const victim: SignedInUser = await createUser(app);
    await startSocialLogin(victim.client);
    const attacker = await returned();
    const before = await countPeople(app);
    expect(await victim.client.refused(LINK_SOCIAL_ACCOUNT, { input: attacker.callback })).toMatchObject(INVALID);
    expect(await countPeople(app)).toEqual(before);
    expect((await victim.client.ask(SOCIAL_ACCOUNTS)).me.socialAccounts).toEqual([]);
  });

  it("waits for a step-up on the session that links it", async () => {
    const person = await createUser(app);
    app.clock.advance(9 * MINUTE);
    const { subject, email } = newProviderUser(acme);
    const input = await authorizeAtProvider(person.client, subject);
    app.clock.advance(2 * MINUTE);
    expect((await person.client.refused(LINK_SOCIAL_ACCOUNT, { input })).code).toBe("REAUTHENTICATION_REQUIRED");
    expect((await person.client.ask(SOCIAL_ACCOUNTS)).me.socialAccounts).toEqual([]);
    await elevate(person.client, { password: person.password });
    const { linkSocialAccount } = await person.client.ask(LINK_SOCIAL_ACCOUNT, { input });
    expect(linkSocialAccount.user.socialAccounts).toMatchObject([{ provider: PROVIDER, email }]);
  });

  it("can be used once", async () => {
    const { client, callback } = await returned();
    await finishSocialLogin(client, callback);
    await expectUnasked(client, callback);
    const second = newUserAgent(app);
    for (const [name, value] of client.cookies) second.cookies.set(name, value);
    await expectUnasked(second, callback);
  });

  it("can be used once by twenty concurrent requests, over two replicas", async () => {
    const { client, callback } = await returned();
    const before = await countPeople(app);
    const visitors = Array.from({ length: 20 }, (_, index) => {
      const visitor = newUserAgent(index % 2 === 0 ? app : replica);
      for (const [name, value] of client.cookies) visitor.cookies.set(name, value);
      return visitor;
    });
    const answers = await Promise.all(
      visitors.map((visitor) => visitor.send(FINISH_SOCIAL_LOGIN, { input: callback })),
    );
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
    for (const { errors } of answers) if (errors[0]) expect(errors[0].extensions).toMatchObject(INVALID);
    expect(await countPeople(app)).toEqual({ ...before, sessions: before.sessions + 1 });
  });

  it("is used up by a code that the provider refuses", async () => {
    const { client, callback } = await returned();
    const before = await countPeople(app);
    expect(await refusedSocialLogin(client, { ...callback, code: "guessed" })).toMatchObject(INVALID);
    await expectUnasked(client, callback);
    expect(await countPeople(app)).toEqual(before);
  });

  it("is valid for ten minutes", async () => {
    const [early, late] = [await returned(), await returned()];
    app.clock.advance(10 * MINUTE - 30 * SECOND);
    expect((await finishSocialLogin(early.client, early.callback)).__typename).toBe("LoginSuccess");
    app.clock.advance(30 * SECOND);
    await expectUnasked(late.client, late.callback);
  });

  it("must return from the provider it was sent to, and no other", async () => {
    const { subject } = newProviderUser(acme);
    other.people.set(subject, { email: "mallory@example.com", email_verified: true });
    const client = newUserAgent(app);
    const { authorizationUrl, state } = await startSocialLogin(client);
    // Mix-up (RFC 9700, section 4.4): the request was passed on to another provider, whose code is returned.
    const asked = new URL(authorizationUrl);
    asked.searchParams.set("client_id", other.clientId);
    const elsewhere = new URL(`${asked.pathname}${asked.search}`, other.issuer);
    const back = callbackIn(await new ProviderUserAgent().open(elsewhere.href, subject));
    expect(back).toMatchObject({ state, iss: other.issuer });
    const [before, asks] = [await countPeople(app), other.requests.length];
    expect(await refusedSocialLogin(client, back)).toMatchObject(INVALID);
    expect([await countPeople(app), other.requests.length]).toEqual([before, asks]);
  });

  it("is refused without the issuer if the provider advertises that parameter", async () => {
    const { client, callback } = await returned();
    const before = await countPeople(app);
    const { iss: _, ...nameless } = callback;
    expect(await refusedSocialLogin(client, nameless)).toMatchObject(INVALID);
    expect(await countPeople(app)).toEqual(before);
  });
});

describe("an app that keeps a verifier", () => {
  it("logs in with it, whatever the cookies of its browser are", async () => {
    const { codeVerifier, codeChallenge } = newAppBinding();
    const { callback, client } = await returned({ codeChallenge });
    expect(client.cookies.size).toBe(0);
    const { session } = await finishSocialLogin(newUserAgent(app), callback, { codeVerifier });
    expect(session.authenticatedWith).toEqual(["SOCIAL"]);
    await expectUnasked(newUserAgent(app), callback, { codeVerifier });
  });

  it("is the only client that can finish what it started", async () => {
    const { codeVerifier, codeChallenge } = newAppBinding();
    const { callback, client } = await returned({ codeChallenge });
    for (const wrong of [newAppBinding().codeVerifier, codeChallenge, codeVerifier.slice(0, -1), ""])
      await expectUnasked(client, callback, { codeVerifier: wrong });
    await expectUnasked(client, callback);
    const browser = newUserAgent(app);
    await startSocialLogin(browser);
    await expectUnasked(browser, callback);
    expect((await finishSocialLogin(client, callback, { codeVerifier })).__typename).toBe("LoginSuccess");
  });

  it.each([
    ["is short enough to be guessed", "0123456789"],
    ["has one character too few", "v".repeat(42)],
    ["has one too many", "v".repeat(129)],
    ["has invalid characters", "é".repeat(43)],
  ])("cannot finish if its verifier %s", async (_, codeVerifier) => {
    const codeChallenge = createHash("sha256").update(codeVerifier).digest("base64url");
    const { callback, client } = await returned({ codeChallenge });
    await expectUnasked(client, callback, { codeVerifier });
  });

  it("cannot finish what a browser started", async () => {
    const { client, callback } = await returned();
    const [cookie = ""] = client.cookies.values();
    for (const codeVerifier of [cookie, newAppBinding().codeVerifier]) {
      await expectUnasked(newUserAgent(app), callback, { codeVerifier });
      // And a party in that browser may not choose the binding.
      await expectUnasked(client, callback, { codeVerifier });
    }
    expect((await finishSocialLogin(client, callback)).__typename).toBe("LoginSuccess");
  });

  it("links an account with it", async () => {
    const person = await createUser(app);
    const { subject, email } = newProviderUser(acme);
    const { codeVerifier, codeChallenge } = newAppBinding();
    const callback = await authorizeAtProvider(person.client, subject, { codeChallenge });
    expect(await person.client.refused(LINK_SOCIAL_ACCOUNT, { input: callback })).toMatchObject(INVALID);
    const { linkSocialAccount } = await person.client.ask(LINK_SOCIAL_ACCOUNT, {
      input: { ...callback, codeVerifier },
    });
    expect(linkSocialAccount.user.socialAccounts).toMatchObject([{ provider: PROVIDER, email }]);
  });
});

describe("two tabs of one browser", () => {
  it("each finish their own login, in any order", async () => {
    const client = newUserAgent(app);
    const people = [newProviderUser(acme), newProviderUser(acme)];
    const [first, second] = [
      await authorizeAtProvider(client, people[0]?.subject ?? ""),
      await authorizeAtProvider(client, people[1]?.subject ?? ""),
    ];
    expect(await finishSocialLogin(client, second)).toMatchObject({ user: { email: people[1]?.email } });
    expect(await finishSocialLogin(client, first)).toMatchObject({ user: { email: people[0]?.email } });
  });

  it("link one account once, although both requested it", async () => {
    const person = await createUser(app);
    const { subject } = newProviderUser(acme);
    const callbacks = [
      await authorizeAtProvider(person.client, subject),
      await authorizeAtProvider(person.client, subject),
    ];
    const answers = await Promise.all(callbacks.map((input) => person.client.ask(LINK_SOCIAL_ACCOUNT, { input })));
    for (const { linkSocialAccount } of answers) expect(linkSocialAccount.user.socialAccounts).toHaveLength(1);
  });
});
