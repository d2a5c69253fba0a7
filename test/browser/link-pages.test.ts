import { eq } from "drizzle-orm";
import type { Browser, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { sessions } from "#features/sessions/index";
import { tenants } from "#features/tenants/index";
import { findUserByEmail } from "#features/users/index";
import { DAY, HOUR } from "#shared/durations";
import type { UserId } from "#shared/ids";
import type { GraphQLClient, UntypedData } from "../support/clients/graphql.ts";
import { memberWith } from "../support/clients/narrow.ts";
import { invite, ONBOARD } from "../support/factories/invitations.ts";
import { createMember, createTenant } from "../support/factories/tenants.ts";
import { newAddress, newEmail, newPassword, register, signUp } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { launchChromium, type PageVisit, visit } from "../support/servers/chromium.ts";
import { describeIf } from "../support/servers/index.ts";
import { findFreePort } from "../support/servers/ports.ts";
import { linkIn, linkTokenOf } from "../support/servers/smtp.ts";

/** A mail's link, and whether its purpose is still pending. */
interface MailedLink {
  readonly url: string;
  /** The cookie of a device on which the page must run. */
  readonly deviceToken?: string;
  readonly isUnused: () => Promise<boolean>;
  /** The number that a page requests to confirm a login. */
  readonly number?: string;
}

/** A login that waits for confirmation by mail. */
interface WaitingLogin extends MailedLink {
  readonly email: string;
  readonly password: string;
  /** A client that has been signed in since before. */
  readonly client: GraphQLClient;
  /** The client that started the login. */
  readonly waiting: GraphQLClient;
  readonly challenge: string;
  readonly number: string;
}

const LOG_IN =
  "mutation ($input: LoginInput!) { login(input: $input) { __typename ... on LoginConfirmationRequired { challenge number } } }";
const PENDING =
  "mutation ($challenge: String!) { checkPendingLogin(input: { challenge: $challenge }) { pendingLogin { status } } }";
const RESUME =
  "mutation ($challenge: String!) { resumeLogin(input: { challenge: $challenge }) { __typename ... on LoginSuccess { session { device { trusted } } } } }";
const CONFIRM_CHANGE = "mutation ($token: String!) { confirmEmailChange(input: { token: $token }) { email } }";
const RESET = "mutation ($email: EmailAddress!) { requestPasswordReset(input: { email: $email }) { accepted } }";
const CHANGE_EMAIL = "mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) { newEmail } }";
const SESSIONS = "{ allSessions(first: 10, filter: { active: false }) { nodes { endReason user { email } } } }";
/** All operations except the lookup of a link, which is a mutation because a secret must not be in a query. */
const changesSomething = (operation: string): boolean =>
  operation.startsWith("mutation") && !operation.includes("checkPasswordResetToken");
const REGISTER = "mutation ($input: RegisterInput!) { register(input: $input) { next } }";

describeIf("chromium", "the pages behind the links in mails", (executablePath) => {
  let app: TestApp;
  let browser: Browser;
  let visits: PageVisit[] = [];
  /** The tokens of all links that a test has opened. */
  const tokens: string[] = [];

  beforeAll(async () => {
    const port = await findFreePort();
    [app, browser] = await Promise.all([
      startTestApp({ settings: { PORT: `${port}`, PUBLIC_URL: `http://localhost:${port}` } }),
      launchChromium(executablePath),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await app?.stop();
  });
  // Every test has its own hour, and so its own limit of registrations.
  beforeEach(() => app.clock.advance(HOUR));
  afterEach(async () => {
    await Promise.all(visits.map(({ page }) => page.context().close()));
    visits = [];
  });

  const open = async (url: string, profile?: Parameters<typeof visit>[2]): Promise<PageVisit> => {
    tokens.push(linkTokenOf(url));
    const opened = await visit(browser, url, profile);
    visits.push(opened);
    return opened;
  };

  // By domain, because Playwright creates no secure cookie for an http url.
  const keepDevice = (page: Page, value: string) =>
    page
      .context()
      .addCookies([
        { name: "__Host-portcullis_device", value, domain: "localhost", path: "/", secure: true, sameSite: "Strict" },
      ]);

  const linkFor = async (to: string, subject?: RegExp): Promise<string> =>
    linkIn(await app.mail.waitForMail({ to, ...(subject && { subject }) }));

  const verification = async (): Promise<MailedLink & { readonly email: string }> => {
    const input = { email: newEmail("vera"), password: newPassword() };
    await app.client().ask(REGISTER, { input });
    const { email } = input;
    return { url: await linkFor(email), isUnused: () => hasNoUser(email), email };
  };

  const reset = async (): Promise<MailedLink> => {
    const { client, email } = await signUp(app, { name: "rita" });
    await app.client().ask(RESET, { email });
    const isUnused = async () => (await client.send("{ me { id } }")).data !== null;
    return { url: await linkFor(email, /new password/), isUnused };
  };

  const undo = async (): Promise<MailedLink> => {
    const { client, email } = await signUp(app, { name: "uma" });
    const deviceToken = client.deviceToken ?? "";
    const newOne = newEmail("thief");
    await client.ask(CHANGE_EMAIL, { input: { newEmail: newOne } });
    await app.client().ask(CONFIRM_CHANGE, { token: linkTokenOf(await linkFor(newOne)) });
    const isUnused = async () => (await client.send("{ me { email } }")).data?.me.email === newOne;
    return { url: await linkFor(email, /being changed/), deviceToken, isUnused };
  };

  const confirmation = async (): Promise<WaitingLogin> => {
    const { client, email, password } = await signUp(app, { name: "cleo" });
    const waiting = app.client({ "x-forwarded-for": newAddress() });
    // A new device after three failures is unusual, wherever it is.
    for (let failures = 0; failures < 3; failures++)
      await waiting.send(LOG_IN, { input: { identifier: email, password: newPassword() } });
    const { login } = await waiting.ask(LOG_IN, { input: { identifier: email, password, deviceName: "Loft laptop" } });
    expect(login.__typename).toBe("LoginConfirmationRequired");
    const { challenge, number } = memberWith("number", login);
    const isUnused = async () =>
      (await waiting.ask(PENDING, { challenge })).checkPendingLogin.pendingLogin.status === "WAITING" &&
      (await client.send("{ me { id } }")).data !== null;
    return { url: await linkFor(email, /Was that you/), isUnused, email, password, client, waiting, challenge, number };
  };

  /** A login on a new device that required no confirmation. */
  const newDevice = async (): Promise<MailedLink & { readonly client: GraphQLClient }> => {
    const { client, email, password } = await signUp(app, { name: "dora" });
    // From a separate address, because a denial makes the address suspicious.
    await app.client({ "x-forwarded-for": newAddress() }).ask(LOG_IN, { input: { identifier: email, password } });
    const isUnused = async () => (await client.send("{ me { id } }")).data !== null;
    return { url: await linkFor(email, /new device/), isUnused, client };
  };

  const invited = async (): Promise<MailedLink & { readonly email: string; readonly admin: GraphQLClient }> => {
    const { client: admin } = await foundAdmin();
    const { invitation, mail } = await invite(app, { client: admin });
    return { url: linkIn(mail), isUnused: () => hasNoUser(invitation.email), email: invitation.email, admin };
  };

  const activation = async (): Promise<MailedLink & { readonly email: string }> => {
    const [adminEmail, password] = [newEmail("founder"), newPassword()];
    const input = { companyName: "Acme", adminName: "Ada", adminEmail, password };
    await app.client({ "x-forwarded-for": newAddress() }).ask(ONBOARD, { input });
    return { url: await linkFor(adminEmail), isUnused: () => hasNoUser(adminEmail), email: adminEmail };
  };

  const hasNoUser = async (email: string): Promise<boolean> => (await findUserByEmail(app.app.db, email)) === null;

  /** A change of address that waits for the verification of the new one. */
  const change = async (): Promise<MailedLink> => {
    const { client, email } = await signUp(app, { name: "nora" });
    const newEmailOf = newEmail("nora");
    await client.ask(CHANGE_EMAIL, { input: { newEmail: newEmailOf } });
    const isUnused = async () => (await client.ask("{ me { email } }")).me.email === email;
    return { url: await linkFor(newEmailOf), isUnused };
  };

  const foundAdmin = async () => createMember(app, await createTenant(app), "ADMIN");

  const KINDS = [
    ["verifyEmail", verification, "Ask for a new one"],
    ["confirmEmailChange", change, "Ask for a new one"],
    ["resetPassword", reset, "Ask for a new one"],
    // No new link is offered, because the mail was sent without a request.
    ["undoEmailChange", undo, "contact us"],
    ["confirmLogin", confirmation, "start again"],
    ["denyLogin", confirmation, "choose a new password on the login page"],
    ["denyLogin", newDevice, "choose a new password on the login page"],
    ["acceptInvitation", invited, "Ask the person who invited you"],
    ["verifyEmail", activation, "register the company again"],
  ] as const;

  it.each(KINDS)("%s: mail gateways and scripts change nothing", async (action, mail) => {
    const { url, isUnused } = await mail();

    for (const method of ["HEAD", "GET"]) expect((await fetch(url, { method })).status).toBe(200);
    expect((await fetch(url, { headers: { "sec-purpose": "prefetch" } })).status).toBe(200);
    for (const body of [new URLSearchParams({ token: linkTokenOf(url) }), new FormData()])
      expect((await fetch(url, { method: "POST", body })).status).toBeGreaterThanOrEqual(400);

    const { page, operations } = await open(url);
    await shows(page, action);
    await page.evaluate(SCRIPTED_ATTEMPTS);
    await page.context().route("http://localhost:3999/", (route) => {
      const body = `<link rel="prefetch" href="${url}"><iframe src="${url}"></iframe><form action="${url}" method="post"></form>`;
      return route.fulfill({ contentType: "text/html", body });
    });
    const webmail = await page.context().newPage();
    const refused = webmail.waitForEvent("requestfailed", (request) => request.isNavigationRequest());
    await webmail.goto("http://localhost:3999/");
    expect((await refused).url()).toBe(withoutFragment(url));
    const submitted = webmail.waitForResponse((response) => response.request().method() === "POST");
    await webmail.evaluate("document.forms[0].submit()");
    expect((await submitted).status()).toBeGreaterThanOrEqual(400);

    expect(operations.filter(changesSomething)).toEqual([]);
    expect(await isUnused()).toBe(true);
  });

  it.each(KINDS)(
    "%s: a user's click executes it, once, and the token is shown nowhere",
    async (action, mail, advice) => {
      const { url, isUnused, deviceToken, number = "" } = (await mail()) as MailedLink;
      const { page, pageErrors } = await open(url);
      if (deviceToken) await keepDevice(page, deviceToken);
      await shows(page, action);
      expect(page.url()).toBe(withoutFragment(url));

      if (asksPassword(url)) await typePassword(page, newPassword());
      if (action === "confirmLogin") await page.fill("#number", number);
      await press(page, action);
      if (action === "verifyEmail") await choose(page, newPassword());
      await says(page, "done");
      expect(await page.locator("button:visible").count()).toBe(0);
      expect(await isUnused()).toBe(false);
      expect(pageErrors).toEqual([]);

      const again = await open(url);
      // Before a password is chosen; for a link without a password, the button reports it.
      if (deviceToken) await keepDevice(again.page, deviceToken);
      if (action === "confirmLogin") await again.page.fill("#number", number);
      if (!asksPassword(url)) await press(again.page, action);
      await says(again.page, "invalid", advice);
      expect(again.pageErrors).toEqual([]);
    },
  );

  it.each([
    ["verifyEmail", verification, DAY],
    ["confirmEmailChange", change, DAY],
    ["resetPassword", reset, HOUR],
    ["undoEmailChange", undo, 3 * DAY],
    ["confirmLogin", confirmation, HOUR],
    ["denyLogin", confirmation, HOUR],
    ["denyLogin", newDevice, 3 * DAY],
    ["acceptInvitation", invited, 7 * DAY],
    ["verifyEmail", activation, 7 * DAY],
  ] as const)("%s: an expired link does nothing, and the page says so", async (action, mail, lifetime) => {
    const { url, number = "" } = (await mail()) as MailedLink;
    app.clock.advance(lifetime);
    const { page } = await open(url);
    if (action === "confirmLogin") await page.fill("#number", number);
    if (!asksPassword(url)) await press(page, action);
    await says(page, "invalid", "no longer valid");
  });

  it("reports an unknown token, and a missing one", async () => {
    const { origin } = new URL((await verification()).url);
    const invented = await open(`${origin}/verify-email#token=invented-but-long-enough`);
    await press(invented.page, "verifyEmail");
    await says(invented.page, "invalid");
    const without = await open(`${origin}/verify-email`);
    await says(without.page, "missing", "has lost its link");
    expect([...invented.pageErrors, ...without.pageErrors]).toEqual([]);
  });

  it("confirmLogin: the waiting client continues and gets the session, and the page gets none", async () => {
    const { url, waiting, challenge, client, number } = await confirmation();
    const { page, operations } = await open(url);
    await shows(page, "confirmLogin");
    await press(page, "confirmLogin");
    await says(page, "refused", "type the two digits");
    expect(operations).toEqual([]);
    expect(await page.isChecked("#trust-device")).toBe(false);
    await page.fill("#number", number);
    await page.press("#number", "Enter");
    await says(page, "done", "the login is confirmed: Unknown device");

    expect((await waiting.ask(RESUME, { challenge })).resumeLogin).toEqual({
      __typename: "LoginSuccess",
      session: { device: { trusted: false } },
    });
    expect(await page.context().cookies()).toEqual([]);
    expect(operations).toHaveLength(1);
    expect((await client.send("{ me { id } }")).errors).toEqual([]);
  });

  it("confirmLogin: the device is trusted if the user confirms that it is their own", async () => {
    const { url, waiting, challenge, number } = await confirmation();
    const { page } = await open(url);
    await shows(page, "confirmLogin");
    await page.check("#trust-device");
    await page.fill("#number", `${number[0]} ${number[1]}`);
    await press(page, "confirmLogin");
    await says(page, "done");
    expect((await waiting.ask(RESUME, { challenge })).resumeLogin).toMatchObject({
      session: { device: { trusted: true } },
    });
  });

  it("confirmLogin: another number ends the login, and invalid input is asked for again", async () => {
    const { url, waiting, challenge, client, number } = await confirmation();
    const { page, pageErrors } = await open(url);
    await shows(page, "confirmLogin");
    await page.fill("#number", "4");
    await press(page, "confirmLogin");
    await says(page, "refused", "type the two digits");
    expect((await waiting.ask(PENDING, { challenge })).checkPendingLogin.pendingLogin.status).toBe("WAITING");
    await page.fill("#number", number === "99" ? "10" : `${+number + 1}`);
    await press(page, "confirmLogin");
    await says(page, "wrongNumber", "this login has ended");
    expect(await page.locator("button:visible").count()).toBe(0);
    expect((await waiting.ask(PENDING, { challenge })).checkPendingLogin.pendingLogin.status).toBe("EXPIRED");
    expect((await client.send("{ me { id } }")).errors).toEqual([]);
    expect(pageErrors.filter((error) => !/40[01]/.test(error))).toEqual([]);
  });

  it("denyLogin: all sessions end, and the mail leads to a new password", async () => {
    const { url, waiting, challenge, client, email, password } = await confirmation();
    const { page, operations } = await open(url);
    await press(page, "denyLogin");
    await says(page, "done", "all devices are signed out");
    expect(operations).toHaveLength(1);

    const codeOf = async (sent: ReturnType<GraphQLClient["send"]>) => (await sent).errors[0]?.extensions;
    expect((await waiting.ask(PENDING, { challenge })).checkPendingLogin.pendingLogin.status).toBe("DENIED");
    expect(await codeOf(waiting.send(RESUME, { challenge }))).toMatchObject({ reason: "LOGIN_DENIED" });
    expect(await codeOf(client.send("{ me { id } }"))).toMatchObject({ code: "UNAUTHENTICATED" });
    const logIn = (known: string) => app.client().send(LOG_IN, { input: { identifier: email, password: known } });
    expect(await codeOf(logIn(password))).toMatchObject({ reason: "PASSWORD_RESET_REQUIRED" });

    const reset = await open(await linkFor(email, /new password/));
    const chosen = newPassword();
    await shows(reset.page, "resetPassword");
    await typePassword(reset.page, chosen);
    await press(reset.page, "resetPassword");
    await says(reset.page, "done");
    expect((await logIn(chosen)).errors).toEqual([]);
  });

  it("requires a new password until it is acceptable, which then logs in", async () => {
    const { client, email } = await signUp(app, { name: "rita" });
    await client.ask(RESET, { email });
    const { page, pageErrors, operations } = await open(await linkFor(email, /new password/));
    await shows(page, "resetPassword");

    await press(page, "resetPassword");
    await says(page, "empty");
    await typePassword(page, newPassword(), newPassword());
    await press(page, "resetPassword");
    await says(page, "mismatch");
    await typePassword(page, "password1");
    await press(page, "resetPassword");
    await says(page, "refused", "guessed first");
    expect(operations.filter(changesSomething)).toHaveLength(1);

    const password = newPassword();
    await typePassword(page, password);
    await page.press("#repeated", "Enter");
    await says(page, "done");
    await app.client().ask(LOG_IN, { input: { identifier: email, password } });
    expect(pageErrors).toEqual([]);
  });

  it("acceptInvitation: the password logs in afterwards, and the page keeps no session", async () => {
    const { url, email, admin } = await invited();
    const { page, pageErrors, operations } = await open(url);
    await shows(page, "acceptInvitation");
    await typePassword(page, "password1");
    await press(page, "acceptInvitation");
    await says(page, "refused", "guessed first");

    const password = newPassword();
    await typePassword(page, password);
    await page.press("#repeated", "Enter");
    await says(page, "done", `Welcome: ${email} is confirmed`);
    expect(operations.filter(changesSomething)).toHaveLength(3);
    expect(await page.context().cookies()).toEqual([]);
    const { allSessions } = await admin.ask(SESSIONS);
    expect(allSessions.nodes.filter(({ user }: UntypedData) => user.email === email)).toMatchObject([
      { endReason: "LOGGED_OUT" },
    ]);
    await app.client().ask(LOG_IN, { input: { identifier: email, password } });
    expect(pageErrors).toEqual([]);
  });

  const NEW_USERS = [
    ["verifyEmail", verification],
    ["acceptInvitation", invited],
    ["verifyEmail", activation],
  ] as const;

  it.each(NEW_USERS)(
    "%s: if a second factor is required first, the page names the user and keeps no session",
    async (action, mail) => {
      const { url, email } = await mail();
      await app.app.db.update(tenants).set({ secondFactor: "REQUIRED_OWN", requireSecondFactor: true });
      try {
        const { page, pageErrors } = await open(url);
        if (asksPassword(url)) await typePassword(page, newPassword());
        await press(page, action);
        if (action === "verifyEmail") await choose(page, newPassword());
        await says(page, "done", `${email} is confirmed`);

        const user = await findUserByEmail(app.app.db, email);
        const opened = await app.app.db
          .select()
          .from(sessions)
          .where(eq(sessions.userId, user?.id as UserId));
        expect(opened).toMatchObject([{ enrolmentOnly: true, endReason: "LOGGED_OUT" }]);
        expect(await page.context().cookies()).toEqual([]);
        expect(pageErrors).toEqual([]);
      } finally {
        await app.app.db.update(tenants).set({ secondFactor: "OPTIONAL", requireSecondFactor: false });
      }
    },
  );

  it("works with the keyboard alone", async () => {
    const { url, isUnused } = await verification();
    const { page } = await open(url);
    await shows(page, "verifyEmail");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await says(page, "choose");
    const password = newPassword();
    await page.keyboard.type(password);
    await page.keyboard.press("Tab");
    await page.keyboard.type(password);
    await page.keyboard.press("Enter");
    await says(page, "done");
    expect(await isUnused()).toBe(false);
  });

  it("verifyEmail: on another device a password is chosen, which logs in afterwards", async () => {
    const email = newEmail("phone");
    const [typed, chosen] = [newPassword(), newPassword()];
    await app.client().ask(REGISTER, { input: { email, password: typed } });
    const { page, pageErrors } = await open(await linkFor(email));
    await press(page, "verifyEmail");
    await choose(page, chosen);
    await says(page, "done");
    await app.client().ask(LOG_IN, { input: { identifier: email, password: chosen } });
    const { errors } = await app.client().send(LOG_IN, { input: { identifier: email, password: typed } });
    expect(errors[0]?.extensions.code).toBe("INVALID_CREDENTIALS");
    expect(pageErrors).toEqual([]);
  });

  it("verifyEmail: in the browser that registered with a cookie, the password of the registration applies", async () => {
    const [email, password] = [newEmail("same"), newPassword()];
    const elsewhere = await open(`${new URL((await verification()).url).origin}/verify-email`);
    await elsewhere.page.evaluate(
      ([query, input]) =>
        fetch("graphql", {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ query, variables: { input } }),
        }).then((response) => response.json()),
      [REGISTER, { email, password, transport: "COOKIE" }] as const,
    );
    const tab = await elsewhere.page.context().newPage();
    await tab.goto(await linkFor(email));
    await press(tab, "verifyEmail");
    await says(tab, "done");
    await app.client().ask(LOG_IN, { input: { identifier: email, password } });
    expect(await tab.context().cookies()).toEqual([]);
  });

  it("verifyEmail: a mail of an earlier version confirms a change of address on this page", async () => {
    const { url, isUnused } = await change();
    const { page } = await open(url.replace("/confirm-email-change", "/verify-email"));
    await press(page, "verifyEmail");
    await says(page, "done");
    expect(await isUnused()).toBe(false);
  });

  it("uses German if the user's browser does, from the mail to the last message", async () => {
    const email = newEmail("heidi");
    await register(app, { email: newEmail("other"), password: newPassword() });
    await app.client().ask(REGISTER, { input: { email, password: newPassword(), locale: "de-CH" } });
    const { page } = await open(await linkFor(email, /Bestätigen/), { locale: "de-CH" });
    await page.getByRole("button", { name: "Meine Adresse bestätigen" }).click();
    await says(page, "choose", "Bitte wählen Sie ein Passwort");
    await choose(page, newPassword());
    await says(page, "done", `Vielen Dank: ${email} ist bestätigt.`);
    expect(await page.locator("html").getAttribute("lang")).toBe("de");
  });

  it("left no token in the log", () => {
    expect(tokens.filter(Boolean).length).toBeGreaterThan(10);
    expect(app.logs.join("\n")).toContain("/verify-email");
    for (const token of tokens.filter(Boolean)) expect(app.logs.join("\n")).not.toContain(token);
  });
});

const withoutFragment = (url: string): string => url.slice(0, url.indexOf("#"));

const asksPassword = (url: string): boolean => /reset-password|accept-invitation/.test(url);

/** Waits for the button of this action. */
const shows = (page: Page, action: string): Promise<void> => page.locator(`[data-action="${action}"]`).waitFor();

/** Clicks the button as a user does. */
const press = (page: Page, action: string): Promise<void> => page.click(`[data-action="${action}"]`);

/** Waits until the page shows this one of its texts, which must contain `words`. */
const says = async (page: Page, name: string, words = ""): Promise<void> => {
  await page.locator(`#status[data-kind="${name}"]`).waitFor();
  expect(await page.locator("#status").innerText()).toContain(words);
};

const typePassword = async (page: Page, password: string, repeated = password): Promise<void> => {
  await page.fill("#password", password);
  await page.fill("#repeated", repeated);
};

/** Chooses the password that the page requires. */
const choose = async (page: Page, password: string): Promise<void> => {
  await says(page, "choose");
  await typePassword(page, password);
  await press(page, "verifyEmail");
};

/** All that a script can do to press the buttons; `isTrusted` is false for each attempt. */
const SCRIPTED_ATTEMPTS = `
  for (const id of ["password", "repeated", "number"]) {
    const field = document.getElementById(id);
    if (!field) continue;
    field.value = id === "number" ? "42" : "correct horse battery staple";
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  }
  const form = document.body.appendChild(document.createElement("form"));
  form.method = "post";
  for (const button of document.querySelectorAll("button")) {
    button.click();
    for (const type of ["pointerdown", "mousedown", "pointerup", "mouseup", "click", "submit"])
      button.dispatchEvent(new MouseEvent(type, { bubbles: true }));
    form.append(button);
  }
  form.requestSubmit();
  form.submit();
`;
