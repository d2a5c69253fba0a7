import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { SECOND } from "#shared/durations";
import type { GraphQLClient } from "../support/clients/graphql.ts";
import {
  authorizeAtProvider,
  type Callback,
  countPeople,
  finishSocialLogin,
  LINK_SOCIAL_ACCOUNT,
  logInBySocial,
  newProviderUser,
  newUserAgent,
  PROVIDER,
  REDIRECT_URI,
  refusedSocialLogin,
  SOCIAL_ACCOUNTS,
  START_SOCIAL_LOGIN,
  socialSettings,
} from "../support/clients/social.ts";
import { LOGIN, type SignedInUser, signUp } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { type OidcProvider, type ProviderTrouble, startOidcProvider } from "../support/servers/oidc-provider.ts";

const AWAY = { code: "UPSTREAM_FAILED", status: 502 };
const TROUBLES: readonly ("down" | NonNullable<ProviderTrouble>)[] = [
  "down", "silent", "halfway", "dripping", "broken", "confused",
]; // biome-ignore format: one list

let app: TestApp;
/** A third provider. The program calls each provider once at its start; this one fails during it in the tests that say so. */
let stranger: OidcProvider;
let acme: OidcProvider;
let other: OidcProvider;
beforeAll(async () => {
  [acme, other, stranger] = await Promise.all([provide(), provide(), provide()]);
  app = await startTestApp({ settings: settings() });
});
afterAll(async () => {
  await app?.stop();
  await Promise.all([acme?.stop(), other?.stop(), stranger?.stop()]);
});
const provide = () => startOidcProvider({ redirectUris: [REDIRECT_URI] });
const settings = () => socialSettings({ [PROVIDER]: acme, other, stranger });

const troubled = new Set<OidcProvider>();
const begin = async (provider: OidcProvider, trouble: (typeof TROUBLES)[number]): Promise<void> => {
  troubled.add(provider);
  if (trouble === "down") await provider.goDown();
  else provider.trouble = trouble;
};
const end = async (provider: OidcProvider): Promise<void> => {
  if (troubled.delete(provider) && provider.trouble === null) await provider.goUp();
  provider.trouble = null;
};
afterEach(() => Promise.all([...troubled].map(end)));

/**
 * The longest time that this work may wait, in milliseconds, whatever the speed of this machine: the shortest of its deadlines,
 * because the library has its own deadline of half a minute.
 */
const patienceIn = async (work: () => Promise<unknown>): Promise<number> => {
  const deadlines = vi.spyOn(AbortSignal, "timeout");
  await work();
  const times = deadlines.mock.calls.map(([time]) => time);
  deadlines.mockRestore();
  return Math.min(...times);
};

/** A client that has returned from the provider, with the callback. */
const returned = async (): Promise<{ subject: string; client: GraphQLClient; callback: Callback }> => {
  const { subject } = newProviderUser(acme);
  const client = newUserAgent(app);
  return { subject, client, callback: await authorizeAtProvider(client, subject) };
};

const logInByPassword = ({ email, password }: SignedInUser) =>
  newUserAgent(app).ask(LOGIN, { input: { identifier: email, password } });

describe("an identity provider", () => {
  it.each(TROUBLES)("that is %s before its first call fails a login in time, and no later login", async (trouble) => {
    await begin(stranger, trouble);
    const started = await startTestApp({ settings: settings(), replicaOf: app });
    const input = { provider: "stranger", redirectUri: REDIRECT_URI };
    const before = await countPeople(app);
    const patience = await patienceIn(async () =>
      expect(await newUserAgent(started).refused(START_SOCIAL_LOGIN, { input })).toMatchObject(AWAY),
    );
    expect(patience).toBeLessThanOrEqual(5 * SECOND);
    expect(await countPeople(app)).toEqual(before);
    const { subject } = newProviderUser(other);
    await logInBySocial(newUserAgent(started), subject, { provider: "other" });
    // The provider is called again with the next login, once it is available.
    await end(stranger);
    await logInBySocial(newUserAgent(started), newProviderUser(stranger).subject, { provider: "stranger" });
    await started.stop();
  });

  it.each(TROUBLES)("that is %s when users return from it fails their login in time", async (trouble) => {
    const { client, callback, subject } = await returned();
    await begin(acme, trouble);
    const before = await countPeople(app);
    const patience = await patienceIn(async () =>
      expect(await refusedSocialLogin(client, callback)).toMatchObject(AWAY),
    );
    expect(patience).toBeLessThanOrEqual(5 * SECOND);
    expect(await countPeople(app)).toEqual(before);

    await end(acme);
    // The authorization request is used up before the call, because a failed call may have used up the code.
    expect(await refusedSocialLogin(client, callback)).toMatchObject({ code: "INVALID_TOKEN" });
    expect(await countPeople(app)).toEqual(before);
    await logInBySocial(client, subject);
  });

  it("that does not respond links no account", async () => {
    const person = await signUp(app);
    const callback = await authorizeAtProvider(person.client, newProviderUser(acme).subject);
    await begin(acme, "silent");
    expect(await person.client.refused(LINK_SOCIAL_ACCOUNT, { input: callback })).toMatchObject(AWAY);
    expect((await person.client.ask(SOCIAL_ACCOUNTS)).me.socialAccounts).toEqual([]);
  });

  it("that keeps fifty users waiting delays no other user, and its connections are closed", async () => {
    const people = [await signUp(app), await signUp(app), await signUp(app)];
    const elsewhere = newProviderUser(other);
    await logInBySocial(newUserAgent(app), elsewhere.subject, { provider: "other" });
    const waiting = await Promise.all(Array.from({ length: 50 }, returned));
    const before = await countPeople(app);
    await begin(acme, "silent");

    let answered = 0;
    const callbacks = waiting.map(async ({ client, callback }) => {
      const refused = await refusedSocialLogin(client, callback);
      answered++;
      return refused;
    });
    await expect.poll(() => acme.open, { interval: 10 }).toBe(50);
    // More than the database has connections, because a waiting callback holds none.
    const others = [
      ...people.map(logInByPassword),
      ...people.map(({ client }) => client.ask("{ me { id } }")),
      logInBySocial(newUserAgent(app), elsewhere.subject, { provider: "other" }),
    ];
    await Promise.any(others.slice(0, people.length));
    expect(answered, "the provider still keeps all of them waiting").toBe(0);
    await Promise.all(others);

    for (const refused of await Promise.all(callbacks)) expect(refused).toMatchObject(AWAY);
    await expect.poll(() => acme.open).toBe(0);
    const { sessions, ...rest } = await countPeople(app);
    expect({ ...rest, sessions }).toEqual({ ...before, sessions: before.sessions + people.length + 1 });

    await end(acme);
    const [{ client, subject }] = waiting as [(typeof waiting)[number]];
    expect((await finishSocialLogin(client, await authorizeAtProvider(client, subject))).__typename).toBe(
      "LoginSuccess",
    );
  });
});
