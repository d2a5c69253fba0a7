import type { Server } from "node:http";
import type { Browser } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { HOUR, MINUTE } from "#shared/durations";
import { FINISH_PASSKEY_LOGIN, LOGIN_STEP, REAUTHENTICATE } from "../support/clients/factors.ts";
import type { UntypedData } from "../support/clients/graphql.ts";
import { DELETE_PASSKEY, FINISH_REGISTRATION, PASSKEYS, passkeysOf } from "../support/clients/passkeys.ts";
import { type SignedInUser, signUp } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { launchChromium } from "../support/servers/chromium.ts";
import { describeIf } from "../support/servers/index.ts";
import { findFreePort } from "../support/servers/ports.ts";
import { TOUCH_ONLY } from "./authenticator.ts";
import { openTab, originOf, serveFrontend, type Tab } from "./passkeys.tab.ts";

describeIf("chromium", "a passkey", (executablePath) => {
  let app: TestApp;
  let browser: Browser;
  let frontend: Server;
  /** The frontend's origin, which the operator has configured. */
  let ours: string;
  let passkeys: ReturnType<typeof passkeysOf>;

  beforeAll(async () => {
    const port = await findFreePort();
    const url = `http://localhost:${port}`;
    frontend = await serveFrontend(`${url}/graphql`);
    ours = originOf(frontend);
    const settings = { PORT: `${port}`, PUBLIC_URL: url, PASSKEY_ORIGINS: ours, CORS_ORIGINS: ours };
    [app, browser] = await Promise.all([startTestApp({ settings }), launchChromium(executablePath)]);
    passkeys = passkeysOf(app);
  });
  afterAll(async () => {
    await browser?.close();
    frontend?.close();
    await app?.stop();
  });
  // Every test has the hour's logins to itself.
  beforeEach(() => app.clock.advance(HOUR));
  afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));

  const enrolled = async (name: string): Promise<{ person: SignedInUser; tab: Tab }> => {
    const [person, tab] = await Promise.all([signUp(app, { name }), openTab(browser, ours)]);
    await passkeys.enrol(person, tab.create());
    return { person, tab };
  };

  it("is added by a user, and is the step after the password from then on", async () => {
    const { email: identifier, password } = await signUp(app);
    const { run } = await openTab(browser, ours);
    const { login: first } = await run("ask", LOGIN_STEP, { input: { identifier, password } });
    await expect(run("addPasskey", "Laptop")).rejects.toThrow("REAUTHENTICATION_REQUIRED");
    const laptop = await run("addPasskey", "Laptop", first.enrolmentTicket);
    expect(laptop).toEqual({ id: expect.any(String), name: "Laptop" });
    await run("ask", "mutation { logout { endedSessionId } }");
    await expect(run("ask", PASSKEYS)).rejects.toThrow("UNAUTHENTICATED");

    const { login } = await run("ask", LOGIN_STEP, { input: { identifier, password } });
    expect(login).toMatchObject({
      __typename: "SecondFactorRequired",
      reason: "SECOND_FACTOR_ENABLED",
      factors: ["PASSKEY"],
      preferredFactor: "PASSKEY",
      codeSentTo: null,
    });
    const input = await run("provePasskey", login.challenge);
    expect((await run("ask", FINISH_PASSKEY_LOGIN, { input })).finishPasskeyLogin).toMatchObject({
      __typename: "LoginSuccess",
      session: { authenticatedWith: ["PASSWORD", "PASSKEY"] },
      mfaRecommended: false,
    });
    expect((await run("ask", PASSKEYS)).me).toMatchObject({
      mfa: { enabled: true, passkeyCount: 1, preferredFactor: "PASSKEY" },
      passkeys: [{ ...laptop, useCount: 1, lastUsedAt: expect.any(String) }],
    });
  });

  it("logs in without a password, and identifies its user", async () => {
    for (const { person, tab } of [await enrolled("alice"), await enrolled("bob")]) {
      const input = await tab.run("provePasskey");
      expect((await tab.run("ask", FINISH_PASSKEY_LOGIN, { input })).finishPasskeyLogin).toMatchObject({
        __typename: "LoginSuccess",
        user: { id: person.id },
        session: { authenticatedWith: ["PASSKEY"] },
        mfaRecommended: false,
      });
      expect((await tab.run("ask", "{ me { id } }")).me.id).toBe(person.id);
    }
  });

  it("reauthenticates a session, can then be deleted, and the password alone is sufficient again", async () => {
    const { person, tab } = await enrolled("alice");
    const { run } = tab;
    await run("ask", FINISH_PASSKEY_LOGIN, { input: await run("provePasskey") });
    const { id } = (await run("ask", PASSKEYS)).me.passkeys[0];
    app.clock.advance(11 * MINUTE);
    await expect(run("ask", DELETE_PASSKEY, { id })).rejects.toThrow("REAUTHENTICATION_REQUIRED");
    expect((await run("ask", PASSKEYS)).me.passkeys).toHaveLength(1);

    await run("ask", REAUTHENTICATE, { input: { passkey: await run("provePasskey") } });
    const late = await passkeys.prove(tab.get());
    await run("ask", DELETE_PASSKEY, { id });
    await passkeys.expectNoLogin(late, [person]);
    const input = { identifier: person.email, password: person.password };
    expect((await run("ask", LOGIN_STEP, { input })).login.session.authenticatedWith).toEqual(["PASSWORD"]);
  });

  it("is created once on each device", async () => {
    const { person, tab } = await enrolled("alice");
    await expect(passkeys.enrol(person, tab.create())).rejects.toThrow("InvalidStateError");
    await passkeys.enrol(person, (await openTab(browser, ours)).create());
    expect((await person.client.ask(PASSKEYS)).me.passkeys).toHaveLength(2);
  });

  it("is refused from a page on another port", async () => {
    const { person, tab } = await enrolled("alice");
    const other = await serveFrontend("");
    await tab.page.goto(originOf(other));
    await passkeys.expectNoLogin(await passkeys.prove(tab.get()), [person]);
    await passkeys.expectNoLogin(await passkeys.prove(tab.get(), await passkeys.passwordGiven(person)), [person]);
    await passkeys.expectNoPasskey(await passkeys.make(person, tab.create({ excludeCredentials: [] })), person);
    other.close();
  });

  it("is not shown to a page on another host name, and a passkey created there is refused", async () => {
    const { person, tab } = await enrolled("alice");
    // Chromium treats names below localhost as secure, like https.
    await tab.page.goto(ours.replace("localhost", "phish.localhost"));
    await expect(passkeys.prove(tab.get())).rejects.toThrow("SecurityError");
    await expect(passkeys.prove(tab.get({ rpId: undefined }))).rejects.toThrow("NotAllowedError");

    await expect(passkeys.make(person, tab.create())).rejects.toThrow("SecurityError");
    const made = await passkeys.make(person, tab.create({ rp: { name: "Portcullis" } }));
    await passkeys.expectNoPasskey(made, person);
    await passkeys.expectNoLogin(await passkeys.prove(tab.get({ rpId: undefined })), [person]);
  });

  it("answers a challenge once", async () => {
    const { person, tab } = await enrolled("alice");
    const second = await passkeys.passwordGiven(person);
    for (const [login, code] of [
      [undefined, "INVALID_CREDENTIALS"],
      [second, "INVALID_TOKEN"],
    ] as const) {
      const { challenge, publicKey } = await passkeys.startLogin(login);
      const [one, another] = [await tab.get()(publicKey), await tab.get()(publicKey)];
      expect((await passkeys.finish({ challenge, response: one })).user.id).toBe(person.id);
      for (const response of [one, another]) await passkeys.expectNoLogin({ challenge, response }, [person], code);
    }
  });

  it("is created once for a challenge", async () => {
    const [person, one, another] = [await signUp(app), await openTab(browser, ours), await openTab(browser, ours)];
    let again: UntypedData;
    const input = await passkeys.make(person, async (publicKey) => {
      again = await another.create()(publicKey);
      return one.create()(publicKey);
    });
    await person.client.ask(FINISH_REGISTRATION, { input });
    for (const response of [input.response, again])
      await passkeys.expectNoPasskey({ ...input, response }, person, "INVALID_TOKEN");
  });

  it("does not work without the user's finger or PIN", async () => {
    const { person, tab } = await enrolled("alice");
    await tab.authenticator.setUserVerified(false);
    const second = await passkeys.passwordGiven(person);
    for (const login of [undefined, second]) {
      await expect(passkeys.prove(tab.get(), login)).rejects.toThrow("NotAllowedError");
      // A page may require less from its browser than the server asked for.
      const proof = await passkeys.prove(tab.get({ userVerification: "discouraged" }), login);
      await passkeys.expectNoLogin(proof, [person]);
    }

    // A key that cannot verify the user cannot create one, either.
    const [bob, { create }] = [await signUp(app, { name: "bob" }), await openTab(browser, ours, TOUCH_ONLY)];
    const authenticatorSelection = { userVerification: "discouraged" };
    await passkeys.expectNoPasskey(await passkeys.make(bob, create({ authenticatorSelection })), bob);
  });

  it("cannot claim to be another user's", async () => {
    const { person: mallory, tab } = await enrolled("mallory");
    const { person: victim, tab: theirs } = await enrolled("victim");
    const { userHandle = "" } = await theirs.authenticator.credential();
    await tab.authenticator.change({ userHandle });
    const proof = await passkeys.prove(tab.get());
    expect(proof.response.response.userHandle).toBe((await passkeys.prove(theirs.get())).response.response.userHandle);
    await passkeys.expectNoLogin(proof, [mallory, victim]);
  });

  it("is not another user's second factor", async () => {
    const { person: mallory, tab } = await enrolled("mallory");
    const { person: victim } = await enrolled("victim");
    const login = await passkeys.passwordGiven(victim);
    await expect(passkeys.prove(tab.get(), login)).rejects.toThrow("NotAllowedError");
    await passkeys.expectNoLogin(await passkeys.prove(tab.get({ allowCredentials: [] }), login), [mallory, victim]);
  });

  it("is refused if its counter has decreased, as that of a copy would", async () => {
    const { person, tab } = await enrolled("alice");
    for (let times = 0; times < 3; times += 1) await passkeys.finish(await passkeys.prove(tab.get()));
    const { signCount } = await tab.authenticator.credential();
    await tab.authenticator.change({ signCount: signCount - 2 });
    await passkeys.expectNoLogin(await passkeys.prove(tab.get()), [person]);
    await tab.authenticator.change({ signCount: signCount - 1 });
    await passkeys.expectNoLogin(await passkeys.prove(tab.get(), await passkeys.passwordGiven(person)), [person]);

    expect((await passkeys.finish(await passkeys.prove(tab.get()))).user.id).toBe(person.id);
  });

  it("completes only the login that requested it", async () => {
    const { person, tab } = await enrolled("alice");
    const [one, another] = [await passkeys.passwordGiven(person), await passkeys.passwordGiven(person)];
    const [second, alone] = [await passkeys.prove(tab.get(), one), await passkeys.prove(tab.get())];
    for (const { challenge } of [await passkeys.startLogin(another), await passkeys.startLogin()])
      for (const { response } of [second, alone]) await passkeys.expectNoLogin({ challenge, response }, [person]);

    expect((await passkeys.finish(second)).user.id).toBe(person.id);
    expect((await passkeys.finish(await passkeys.prove(tab.get()))).user.id).toBe(person.id);
  });
});

describeIf("chromium", "a passkey of a domain", (executablePath) => {
  let app: TestApp;
  let browser: Browser;
  let passkeys: ReturnType<typeof passkeysOf>;
  const [shop, admin] = ["https://shop.example.test", "https://admin.example.test"];

  beforeAll(async () => {
    const settings = {
      PUBLIC_URL: "https://id.example.test",
      PASSKEY_RP_ID: "example.test",
      PASSKEY_ORIGINS: `${shop},${admin}`,
    };
    [app, browser] = await Promise.all([startTestApp({ settings }), launchChromium(executablePath)]);
    passkeys = passkeysOf(app);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
  });

  it("works on all configured pages, and on no other page of the domain", async () => {
    const [person, tab] = [await signUp(app), await openTab(browser, shop)];
    await passkeys.enrol(person, tab.create());
    for (const page of [shop, admin]) {
      await tab.page.goto(page);
      expect((await passkeys.finish(await passkeys.prove(tab.get()))).user.id).toBe(person.id);
    }
    await tab.page.goto("https://forum.example.test");
    await passkeys.expectNoLogin(await passkeys.prove(tab.get()), [person]);
  });

  it("is refused if it is bound to another domain, although the page is allowed", async () => {
    const [person, tab] = [await signUp(app), await openTab(browser, shop)];
    const rpId = "shop.example.test";
    await passkeys.enrol(person, tab.create());
    // The same key: everything except the domain is correct.
    await tab.authenticator.change({ rpId });
    await passkeys.expectNoLogin(await passkeys.prove(tab.get({ rpId })), [person]);
    await tab.authenticator.change({ rpId: "example.test" });
    expect((await passkeys.finish(await passkeys.prove(tab.get()))).user.id).toBe(person.id);

    const made = await passkeys.make(person, tab.create({ rp: { id: rpId, name: "Shop" } }));
    await passkeys.expectNoPasskey(made, person);
  });
});
