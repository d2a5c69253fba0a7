import { readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { HOUR } from "#shared/durations";
import { beginLogin, enableTotp, waitForNewCode } from "../../support/clients/factors.ts";
import { logIn, newEmail, signUp, tokenIn } from "../../support/factories/users.ts";
import { describeIf } from "../../support/servers/index.ts";
import { startWebApp, type WebApp } from "./page.ts";
import { openAs } from "./signed-in.ts";

const CHANGE_EMAIL = "mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) { newEmail } }";
const CONFIRM = "mutation ($token: String!) { confirmEmailChange(input: { token: $token }) { email } }";
const REQUEST_RESET =
  "mutation ($challenge: String!) { requestFactorReset(input: { challenge: $challenge }) { dueAt } }";

describeIf("chromium", "the account pages, about the user's own", (executablePath) => {
  let web: WebApp;

  beforeAll(async () => {
    web = await startWebApp(executablePath);
  });
  afterAll(() => web?.stop());
  beforeEach(() => web.app.clock.advance(HOUR));
  afterEach(() => web.closePages());

  it("data: save everything in one file", async () => {
    const person = await signUp(web.app);
    for (let logins = 0; logins < 3; logins++) await logIn(web.app.client(), person.email, person.password);
    const visit = await openAs(web, person, "/account/data");
    await visit.shows("Download your data");
    await visit.check();
    const downloading = visit.page.waitForEvent("download");
    await visit.press("Download");
    const download = await downloading;
    expect(download.suggestedFilename()).toMatch(/^account-\d{4}-\d{2}-\d{2}\.json$/);
    const text = await readFile(await download.path(), "utf8");
    const { user, sessions, devices, securityEvents } = JSON.parse(text);
    expect(user).toMatchObject({ id: person.id, email: person.email, memberships: [{ isHome: true }] });
    expect(sessions.length).toBeGreaterThan(1);
    expect(devices.length).toBeGreaterThan(0);
    const types = securityEvents.map(({ type }: { readonly type: string }) => type);
    expect(types).toEqual(expect.arrayContaining(["USER_REGISTERED", "LOGIN_SUCCEEDED"]));
    expect(text).not.toContain("__typename");
    await visit.says("The file is downloaded.");
    expect(visit.errors).toEqual([]);
  });

  it("new address: still pending after a reload, until it is cancelled", async () => {
    const person = await signUp(web.app);
    const newOne = newEmail("elsewhere");
    await person.client.ask(CHANGE_EMAIL, { input: { newEmail: newOne } });
    const token = tokenIn(await web.app.mail.waitForMail({ to: newOne }));
    const visit = await openAs(web, person, "/account/profile");
    await visit.says(`We have sent a link to ${newOne}`);
    await visit.page.reload();
    await visit.says(`We have sent a link to ${newOne}`);
    await visit.check();
    await visit.press("Cancel the change");
    await visit.page.getByLabel("New e-mail address").waitFor();
    expect(await web.app.client().refused(CONFIRM, { token })).toMatchObject({ code: "INVALID_TOKEN" });
  });

  it("waiting factor reset: show when it is due, and stop it after a step-up with a factor", async () => {
    const person = await signUp(web.app);
    const visit = await openAs(web, person, "/account/factors");
    await visit.shows("Second factors");
    const { authenticator } = await enableTotp(web.app, person);
    await web.app.app.db.execute("update passwords set set_by_mail_at = null");
    const { challenge } = await beginLogin(web.app.client(), person);
    await web.app.client().ask(REQUEST_RESET, { challenge });
    await visit.page.reload();
    await visit.says("Your second factors will be reset");
    await visit.check();
    await visit.press("Stop the reset");
    await visit.shows("Confirm that it is you");
    waitForNewCode(web.app);
    await visit.type("Code of your authenticator app", authenticator.code(web.app.clock.now()));
    await visit.enter();
    await visit.says("The reset is stopped.");
    await visit.page.getByText("Your second factors will be reset").waitFor({ state: "detached" });
    expect((await person.client.ask("{ me { factorReset { id } mfa { totpEnabled } } }")).me).toEqual({
      factorReset: null,
      mfa: { totpEnabled: true },
    });
  });
});
