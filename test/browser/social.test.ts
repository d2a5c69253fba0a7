import type { Server } from "node:http";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { HOUR } from "#shared/durations";
import {
  AuthenticatorApp,
  CONFIRM_TOTP,
  ENABLE_TOTP,
  LOGIN_STEP,
  REAUTHENTICATE,
  VERIFY_TOTP,
  waitForNewCode,
} from "../support/clients/factors.ts";
import {
  countPeople,
  newProviderUser,
  PROVIDER,
  SOCIAL_ACCOUNTS,
  socialSettings,
  UNLINK_SOCIAL_ACCOUNT,
} from "../support/clients/social.ts";
import { signUp } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { launchChromium } from "../support/servers/chromium.ts";
import { describeIf } from "../support/servers/index.ts";
import { type OidcProvider, startOidcProvider } from "../support/servers/oidc-provider.ts";
import { findFreePort } from "../support/servers/ports.ts";
import { originOf, serveFrontend, Tab } from "./social.tab.ts";

describeIf("chromium", "a social login", (executablePath) => {
  let app: TestApp;
  let provider: OidcProvider;
  let browser: Browser;
  let frontend: Server;
  let ours: string;

  beforeAll(async () => {
    const port = await findFreePort();
    const url = `http://localhost:${port}`;
    frontend = await serveFrontend(`${url}/graphql`);
    ours = originOf(frontend);
    const redirectUris = [`${ours}/signed-in`];
    provider = await startOidcProvider({ redirectUris });
    const settings = {
      PORT: `${port}`,
      PUBLIC_URL: url,
      CORS_ORIGINS: ours,
      ...socialSettings({ [PROVIDER]: provider }, redirectUris),
    };
    [app, browser] = await Promise.all([startTestApp({ settings }), launchChromium(executablePath)]);
  });
  afterAll(async () => {
    await browser?.close();
    frontend?.close();
    await app?.stop();
    await provider?.stop();
  });
  // Every test has the hour's logins to itself.
  beforeEach(() => app.clock.advance(HOUR));
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));

  const openTab = async (context?: BrowserContext): Promise<Tab> =>
    Tab.open(context ?? (await browser.newContext()), ours);
  const cookiesOf = async (tab: Tab) => tab.page.context().cookies();
  const stepUp = (tab: Tab, proof: object) => tab.ask(REAUTHENTICATE, { input: proof });
  const me = async (tab: Tab) => (await tab.ask(SOCIAL_ACCOUNTS)).me;

  it("creates a user, and logs in the same user later", async () => {
    const { subject, email, name } = newProviderUser(provider);
    const tab = await openTab();
    expect(await tab.authorizeAtProvider(subject)).toContain("code=");
    const first = await tab.finishLogin();
    expect(first).toMatchObject({
      __typename: "LoginSuccess",
      user: { email, name },
      session: { authenticatedWith: ["SOCIAL"] },
    });
    expect(tab.page.url()).toBe(`${ours}/signed-in`);
    expect(await me(tab)).toMatchObject({ id: first.user.id, socialAccounts: [{ provider: PROVIDER, email }] });
    // No script can read what binds the authorization request to this browser, and no other host receives it.
    const cookies = (await cookiesOf(tab)).filter(({ domain }) => domain === "localhost");
    expect(cookies.map(({ name }) => name)).toContain("__Host-portcullis_social");
    for (const cookie of cookies) expect(cookie).toMatchObject({ httpOnly: true, secure: true, path: "/" });

    await tab.ask("mutation { logout { endedSessionId } }");
    await expect(me(tab)).rejects.toThrow("UNAUTHENTICATED");
    // The provider already knows this browser, and does not ask.
    await tab.authorizeAtProvider(subject);
    expect(await tab.finishLogin()).toMatchObject({ __typename: "LoginSuccess", user: { id: first.user.id } });
    expect((await me(tab)).id).toBe(first.user.id);
    expect(tab.pageErrors).toEqual([]);
  });

  it("is linked by a signed-in user, and logs that user in from then on", async () => {
    const person = await signUp(app);
    const { subject, email } = newProviderUser(provider);
    const tab = await openTab();
    const input = { identifier: person.email, password: person.password, transport: "COOKIE" };
    await tab.ask(LOGIN_STEP, { input });
    await tab.authorizeAtProvider(subject);
    await expect(tab.ask(SOCIAL_ACCOUNTS)).rejects.toThrow("UNAUTHENTICATED");
    await tab.refresh();
    await stepUp(tab, { password: person.password });
    expect(await tab.finishLinking()).toMatchObject({
      id: person.id,
      socialAccounts: [{ provider: PROVIDER, email }],
    });

    const elsewhere = await openTab();
    await elsewhere.authorizeAtProvider(subject);
    expect(await elsewhere.finishLogin()).toMatchObject({ user: { id: person.id, email: person.email } });
  });

  it("requires the code of the authenticator app, if the user has one", async () => {
    const { subject } = newProviderUser(provider);
    const tab = await openTab();
    await tab.authorizeAtProvider(subject);
    const { user, enrolmentTicket: ticket } = await tab.finishLogin();
    await expect(tab.ask(ENABLE_TOTP)).rejects.toThrow("REAUTHENTICATION_REQUIRED");
    const { enableTotp } = await tab.ask(ENABLE_TOTP, { ticket });
    const authenticator = new AuthenticatorApp(enableTotp.secret);
    await tab.ask(CONFIRM_TOTP, { code: authenticator.code(app.clock.now()) });
    await tab.ask("mutation { logout { endedSessionId } }");

    await tab.authorizeAtProvider(subject);
    const step = await tab.finishLogin();
    expect(step).toMatchObject({ __typename: "SecondFactorRequired", preferredFactor: "TOTP" });
    await expect(me(tab)).rejects.toThrow("UNAUTHENTICATED");
    waitForNewCode(app);
    const input = { challenge: step.challenge, code: authenticator.code(app.clock.now()) };
    expect((await tab.ask(VERIFY_TOTP, { input })).verifyTotp).toMatchObject({
      __typename: "LoginSuccess",
      user: { id: user.id },
      session: { authenticatedWith: ["SOCIAL", "TOTP"] },
    });
    expect((await me(tab)).id).toBe(user.id);
  });

  it("is unlinked, and no longer logs its user in; the only login method cannot be unlinked", async () => {
    const newcomer = newProviderUser(provider);
    const tab = await openTab();
    await tab.authorizeAtProvider(newcomer.subject);
    await tab.finishLogin();
    await tab.ask("mutation { sendReauthenticationCode { sentTo } }");
    const { subject: code } = await app.mail.waitForMail({ to: newcomer.email, subject: /^\d{6}/ });
    await stepUp(tab, { emailCode: code?.slice(0, 6) });
    await expect(tab.ask(UNLINK_SOCIAL_ACCOUNT, { provider: PROVIDER })).rejects.toThrow("LAST_LOGIN_METHOD");
    expect((await me(tab)).socialAccounts).toHaveLength(1);

    const person = await signUp(app);
    const { subject } = newProviderUser(provider);
    const other = await openTab();
    const input = { identifier: person.email, password: person.password, transport: "COOKIE" };
    await other.ask(LOGIN_STEP, { input });
    await other.authorizeAtProvider(subject);
    await other.refresh();
    await stepUp(other, { password: person.password });
    await other.finishLinking();
    const { unlinkSocialAccount } = await other.ask(UNLINK_SOCIAL_ACCOUNT, { provider: PROVIDER });
    expect(unlinkSocialAccount.user).toEqual({ id: person.id, socialAccounts: [] });
    await other.authorizeAtProvider(subject);
    expect((await other.finishLogin()).user.id).not.toBe(person.id);
  });

  it("is completed in each of two tabs that started one", async () => {
    const context = await browser.newContext();
    const [first, second] = [await openTab(context), await openTab(context)];
    const { subject, email } = newProviderUser(provider);
    await first.leave();
    await second.leave();
    await second.say(subject);
    expect(await second.finishLogin()).toMatchObject({ __typename: "LoginSuccess", user: { email } });
    await first.say(subject);
    expect(await first.finishLogin()).toMatchObject({ __typename: "LoginSuccess", user: { email } });
  });

  it("cannot be completed in another browser with the stolen URL", async () => {
    const { subject, email } = newProviderUser(provider);
    const [owner, thief] = [await openTab(), await openTab()];
    const address = await owner.authorizeAtProvider(subject);
    const before = await countPeople(app);
    await thief.page.goto(address);
    await expect(thief.finishLogin()).rejects.toThrow("INVALID_TOKEN");
    await thief.authorizeAtProvider(newProviderUser(provider).subject);
    await thief.page.goto(address);
    await expect(thief.finishLogin()).rejects.toThrow("INVALID_TOKEN");
    expect(await countPeople(app)).toEqual(before);
    expect(await owner.finishLogin()).toMatchObject({ __typename: "LoginSuccess", user: { email } });
  });

  it("is completed by an app without cookies, with the verifier that it stored", async () => {
    const { subject, email } = newProviderUser(provider);
    const tab = await openTab();
    const address = await tab.authorizeAtProvider(subject, { asApp: true });
    expect((await cookiesOf(tab)).filter(({ domain }) => domain === "localhost")).toEqual([]);
    const thief = await openTab();
    await thief.page.goto(address);
    await expect(thief.finishLogin()).rejects.toThrow("INVALID_TOKEN");
    expect(await tab.finishLogin()).toMatchObject({ __typename: "LoginSuccess", user: { email } });
  });

  it("ends if the user cancels at the provider", async () => {
    const tab = await openTab();
    const before = await countPeople(app);
    await tab.leave();
    await tab.say("Cancel");
    await expect(tab.finishLogin()).rejects.toThrow("access_denied");
    expect(await countPeople(app)).toEqual(before);
  });
});
