import { readFile } from "node:fs/promises";
import { sql } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { HOUR } from "#shared/durations";
import { beginLogin, enableTotp, waitForNewCode } from "../../support/clients/factors.ts";
import { logIn, newEmail, signUp, tokenIn } from "../../support/factories/users.ts";
import { describeIf } from "../../support/servers/index.ts";
import { startWebApp, type WebApp, type WebPage } from "./page.ts";
import { confirmWithPassword, openAs } from "./signed-in.ts";

const CHANGE_EMAIL = "mutation ($input: ChangeEmailInput!) { changeEmail(input: $input) { newEmail } }";
const CONFIRM = "mutation ($token: String!) { confirmEmailChange(input: { token: $token }) { email } }";
const REQUEST_RESET =
  "mutation ($challenge: String!) { requestFactorReset(input: { challenge: $challenge }) { dueAt } }";

/** More than one page of the API. */
const ROWS = 60;

interface OwnData {
  readonly user: object;
  readonly sessions: readonly object[];
  readonly devices: readonly object[];
  readonly endedSessions: readonly { readonly id: string }[];
  readonly securityEvents: readonly { readonly id: string; readonly type: string }[];
}

const idsOf = (rows: readonly { readonly id: string }[]) => new Set(rows.map(({ id }) => id));

describeIf("chromium", "the account pages, about the user's own", (executablePath) => {
  let web: WebApp;

  beforeAll(async () => {
    web = await startWebApp(executablePath);
  });
  afterAll(() => web?.stop());
  beforeEach(() => web.app.clock.advance(HOUR));
  afterEach(() => web.closePages());

  /** Presses the button, and reads the file. */
  const download = async (visit: WebPage) => {
    const downloading = visit.page.waitForEvent("download");
    await visit.press("Download");
    const file = await downloading;
    expect(file.suggestedFilename()).toMatch(/^account-\d{4}-\d{2}-\d{2}\.json$/);
    const text = await readFile(await file.path(), "utf8");
    return { text, ...(JSON.parse(text) as OwnData) };
  };

  it("data: save everything in one file", async () => {
    const person = await signUp(web.app);
    for (let logins = 0; logins < 3; logins++) await logIn(web.app.client(), person.email, person.password);
    const visit = await openAs(web, person, "/account/data");
    await visit.shows("Download your data");
    await visit.check();
    const { text, user, sessions, devices, securityEvents } = await download(visit);
    expect(user).toMatchObject({ id: person.id, email: person.email, memberships: [{ isHome: true }] });
    expect(sessions.length).toBeGreaterThan(1);
    expect(devices.length).toBeGreaterThan(0);
    const types = securityEvents.map(({ type }) => type);
    expect(types).toEqual(expect.arrayContaining(["USER_REGISTERED", "LOGIN_SUCCEEDED"]));
    expect(text).not.toContain("__typename");
    await visit.says("The file is downloaded.");
    expect(visit.errors).toEqual([]);
  });

  it("data: all pages of ended sessions and of history, each row once", async () => {
    const person = await signUp(web.app);
    const { db } = web.app.app;
    await db.execute(sql`
      insert into sessions
      select (jsonb_populate_record(null::sessions, to_jsonb(s) || jsonb_build_object('id', uuidv7(),
        'ended_at', now(), 'end_reason', 'LOGGED_OUT'))).*
      from sessions s, generate_series(1, ${ROWS}::int) where s.user_id = ${person.id}`);
    await db.execute(sql`
      insert into security_events
      select (jsonb_populate_record(null::security_events, to_jsonb(e) || jsonb_build_object('id', uuid_at(occurred_at)))).*
      from security_events e, generate_series(1, ${ROWS}::int) where e.user_id = ${person.id} and type = 'USER_REGISTERED'`);
    const visit = await openAs(web, person, "/account/data");
    const { endedSessions, securityEvents } = await download(visit);
    const registered = securityEvents.filter(({ type }) => type === "USER_REGISTERED");
    expect([endedSessions.length, registered.length]).toEqual([ROWS, ROWS + 1]);
    expect([idsOf(endedSessions).size, idsOf(registered).size]).toEqual([ROWS, ROWS + 1]);
  });

  it("new address: send the link again, after a step-up", async () => {
    const person = await signUp(web.app);
    const newOne = newEmail("elsewhere");
    await person.client.ask(CHANGE_EMAIL, { input: { newEmail: newOne } });
    const first = tokenIn(await web.app.mail.waitForMail({ to: newOne }));
    const visit = await openAs(web, person, "/account/profile");
    await visit.press("Send the link again");
    await confirmWithPassword(visit, person);
    await visit.says("The link is sent again.");
    await visit.says(`We have sent a link to ${newOne}`);
    const second = tokenIn(await web.app.mail.waitForMail({ to: newOne }));
    expect(second).not.toBe(first);
    const { confirmEmailChange } = await web.app.client().ask(CONFIRM, { token: second });
    expect(confirmEmailChange.email).toBe(newOne);
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
