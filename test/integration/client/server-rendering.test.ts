import { sql } from "drizzle-orm";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { CookieBrowser, RenderedApp } from "../../support/clients/rendered-app.ts";
import { createUser } from "../../support/factories/tenants.ts";
import type { SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const LOGIN = `mutation Login($input: LoginInput!) {
  login(input: $input) { __typename ... on LoginSuccess { tokens { accessToken refreshToken expiresIn } session { id } } }
}`;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const REFRESH_COOKIE = "__Host-portcullis_refresh";
const ACCESS_COOKIE = "__Host-portcullis_access";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

interface SignedInBrowser {
  readonly user: SignedInUser;
  readonly browser: CookieBrowser;
  readonly sessionId: string;
}

/** A browser in which a new user is signed in at the app. */
const signIn = async (site: RenderedApp): Promise<SignedInBrowser> => {
  const user = await createUser(app);
  const browser = new CookieBrowser(() => app.clock.now().getTime());
  const input = { identifier: user.email, password: user.password, transport: "COOKIE" };
  const { data }: UntypedData = await (await browser.ask(site, LOGIN, { input })).json();
  expect(data.login.tokens.refreshToken).toBeNull();
  return { user, browser, sessionId: data.login.session.id };
};

const stateOf = async ({ sessionId }: SignedInBrowser): Promise<UntypedData> => {
  const [row] = await app.app.db.execute(sql`
    select refresh_generation - 1 as rotations, end_reason as "endReason" from sessions where id = ${sessionId}::uuid`);
  return row;
};

const signedIn = ({ user, sessionId }: SignedInBrowser) => ({
  session: { userId: user.id, sessionId, email: user.email },
  me: { email: user.email },
});
const SIGNED_OUT = { session: null, me: null };

it("renders a page for the user who has logged in through the app, and for no user after the logout", async () => {
  const site = new RenderedApp(app);
  const visitor = await signIn(site);
  const { browser } = visitor;
  expect([...browser.cookies.keys()].toSorted()).toEqual([ACCESS_COOKIE, "__Host-portcullis_device", REFRESH_COOKIE]);
  for (const { attributes } of browser.cookies.values())
    expect(attributes).toEqual(expect.arrayContaining(["Path=/", "HttpOnly", "Secure", "SameSite=Lax"]));
  expect(await (await browser.open(site, "/")).json()).toMatchObject(signedIn(visitor));
  // Reading spends nothing.
  expect(site.countOf("RefreshTokens")).toBe(0);
  expect((await stateOf(visitor)).rotations).toBe(0);

  await browser.ask(site, "mutation Logout { logout { endedSessionId } }");
  expect([...browser.cookies.keys()]).toEqual(["__Host-portcullis_device"]);
  expect(await (await browser.open(site, "/")).json()).toEqual(SIGNED_OUT);
  expect((await stateOf(visitor)).endReason).toBe("LOGGED_OUT");
});

it.each([1, 2])(
  "twenty requests at once with an expired token, to %i processes: one refresh, and no logout",
  async (count) => {
    const processes = Array.from({ length: count }, () => new RenderedApp(app));
    const processOf = (n: number) => processes[n % count] as RenderedApp;
    const visitor = await signIn(processOf(0));
    app.clock.advance(20 * MINUTE);
    const first = await Promise.all(Array.from({ length: 20 }, (_, n) => visitor.browser.send(processOf(n), `/${n}`)));
    expect(first.map(({ status, headers }) => [status, headers.get("location")])).toEqual(
      first.map((_, n) => [307, `/${n}`]),
    );
    const again = await Promise.all(first.map((_, n) => visitor.browser.open(processOf(n + 1), `/${n}`)));
    for (const response of again) expect(await response.json()).toMatchObject(signedIn(visitor));
    // Of two processes each asks once, and both get the same successor.
    for (const process of processes) expect(process.countOf("RefreshTokens")).toBe(1);
    expect(await stateOf(visitor)).toEqual({ rotations: 1, endReason: null });
  },
);

it("a request that was sent before the browser received the new cookies causes no second refresh", async () => {
  const site = new RenderedApp(app);
  const visitor = await signIn(site);
  app.clock.advance(20 * MINUTE);
  const late = new CookieBrowser(() => app.clock.now().getTime());
  for (const [name, cookie] of visitor.browser.cookies) late.cookies.set(name, cookie);
  expect(await (await visitor.browser.open(site, "/")).json()).toMatchObject(signedIn(visitor));
  expect(await (await late.open(site, "/")).json()).toMatchObject(signedIn(visitor));
  expect(site.countOf("RefreshTokens")).toBe(1);
});

it("from another address, a refresh is not shared: the API sees it, and records the event", async () => {
  const site = new RenderedApp(app);
  const { browser, user, sessionId } = await signIn(site);
  app.clock.advance(20 * MINUTE);
  const from = (address: string) => ({ headers: { "x-forwarded-for": `192.0.2.9, ${address}` } });
  const thief = new CookieBrowser(() => app.clock.now().getTime());
  for (const [name, cookie] of browser.cookies) thief.cookies.set(name, cookie);
  await browser.send(site, "/", from("203.0.113.5"));
  await thief.send(site, "/", from("198.51.100.7"));
  expect(site.countOf("RefreshTokens")).toBe(2);
  const events = await app.app.db.execute(sql`
    select ip_address as address from security_events
    where user_id = ${user.id}::uuid and type = 'REFRESH_FROM_ELSEWHERE' and details ->> 'sessionId' = ${sessionId}`);
  expect(events).toEqual([{ address: "198.51.100.7" }]);
});

it.each([
  ["a page", {}, 20 * MINUTE, 307],
  ["a form", { method: "POST", body: "name=Ada" }, 20 * MINUTE, 307],
  ["a page whose token was about to expire", {}, 12 * MINUTE, 200],
])(
  "a lost response with new cookies, to %s, ends no session: an hour later another process recovers it",
  async (_, init, age, status) => {
    const [first, second] = [new RenderedApp(app), new RenderedApp(app)];
    const visitor = await signIn(first);
    app.clock.advance(age);
    const lost = await visitor.browser.send(first, "/", init, { isLost: true });
    expect([lost.status, lost.headers.getSetCookie().length > 0]).toEqual([status, true]);
    expect((await stateOf(visitor)).rotations).toBe(1);
    await app.app.activity.flush();
    app.clock.advance(HOUR);
    await app.app.activity.flush();
    expect(await (await visitor.browser.open(second, "/")).json()).toMatchObject(signedIn(visitor));
    expect(await stateOf(visitor)).toEqual({ rotations: 1, endReason: null });
  },
);

it("repeats a form with its method and body after the refresh, and handles it once", async () => {
  const site = new RenderedApp(app);
  const visitor = await signIn(site);
  app.clock.advance(20 * MINUTE);
  const response = await visitor.browser.open(site, "/profile?tab=1", { method: "POST", body: "name=Ada" });
  expect(await response.json()).toMatchObject(signedIn(visitor));
  expect(site.rendered).toBe(1);
});

it("refreshes ahead of time without a redirect, once, and renders with the previous token", async () => {
  const site = new RenderedApp(app);
  const visitor = await signIn(site);
  const before = visitor.browser.cookies.get(ACCESS_COOKIE)?.value;
  app.clock.advance(9 * MINUTE);
  await visitor.browser.open(site, "/");
  expect(site.countOf("RefreshTokens")).toBe(0);
  app.clock.advance(3 * MINUTE);
  expect((await visitor.browser.send(site, "/")).status).toBe(200);
  expect(visitor.browser.cookies.get(ACCESS_COOKIE)?.value).not.toBe(before);
  expect((await visitor.browser.send(site, "/")).status).toBe(200);
  expect(site.countOf("RefreshTokens")).toBe(1);
});

it("while Portcullis is unavailable, the page learns that the login is unknown, and the user stays signed in", async () => {
  const site = new RenderedApp(app);
  const visitor = await signIn(site);
  app.clock.advance(20 * MINUTE);
  site.isCutOff = true;
  const before = new Map(visitor.browser.cookies);
  await expect(visitor.browser.open(site, "/")).rejects.toMatchObject({
    name: "AuthFailure",
    code: "SERVICE_UNAVAILABLE",
  });
  expect((await visitor.browser.ask(site, "{ me { id } }")).status).toBe(503);
  expect(visitor.browser.cookies.get(REFRESH_COOKIE)).toEqual(before.get(REFRESH_COOKIE));
  site.isCutOff = false;
  expect(await (await visitor.browser.open(site, "/")).json()).toMatchObject(signedIn(visitor));
});

it("signs the browser out once the session has ended, when its token is refreshed", async () => {
  const site = new RenderedApp(app);
  const visitor = await signIn(site);
  await visitor.user.client.ask("mutation ($id: ID!) { deleteSession(input: { sessionId: $id }) { __typename } }", {
    id: visitor.sessionId,
  });
  app.clock.advance(12 * MINUTE);
  expect(await (await visitor.browser.open(site, "/")).json()).toEqual(SIGNED_OUT);
  expect([...visitor.browser.cookies.keys()]).toEqual(["__Host-portcullis_device"]);
});

it("ignores an access token whose refresh token the API has deleted or replaced", async () => {
  const site = new RenderedApp(app);
  const [alice, bob] = [await signIn(site), await signIn(site)];
  const [ofAlice, ofBob] = [alice.browser.cookies.get(REFRESH_COOKIE), bob.browser.cookies.get(REFRESH_COOKIE)];
  if (!ofAlice || !ofBob) throw new Error("The cookies are missing.");
  alice.browser.cookies.set(REFRESH_COOKIE, ofBob);
  expect(await (await alice.browser.open(site, "/")).json()).toMatchObject(signedIn(bob));
  bob.browser.cookies.delete(REFRESH_COOKIE);
  expect(await (await bob.browser.open(site, "/")).json()).toEqual(SIGNED_OUT);
});

it("logs in by a form, without a script in the page", async () => {
  const site = new RenderedApp(app);
  const { email, password } = await createUser(app);
  const headers = new Headers({ "user-agent": "Browser/1.0" });
  const log = (variables: object) => site.auth.request(headers, { query: LOGIN, variables: { ...variables } });
  const wrong = await log({ input: { identifier: email, password: "wrong", transport: "COOKIE" } });
  expect(wrong).toMatchObject({ data: null, errors: [{ extensions: { code: "INVALID_CREDENTIALS" } }], cookies: [] });
  const { cookies, headers: returned } = await log({ input: { identifier: email, password, transport: "COOKIE" } });
  expect(returned.getSetCookie()).toHaveLength(cookies.length);
  const cookie = cookies.map(({ name, value }) => `${name}=${value}`).join("; ");
  expect(await site.auth.session(new Headers({ cookie }))).toMatchObject({ email });
});

it("shows a user with an enrolment token as signed out, and does not refresh for them", async () => {
  const site = new RenderedApp(app);
  const visitor = await signIn(site);
  await app.app.db.execute(sql`update sessions set enrolment_only = true where id = ${visitor.sessionId}::uuid`);
  app.clock.advance(20 * MINUTE);
  expect(await (await visitor.browser.open(site, "/")).json()).toEqual(SIGNED_OUT);
  expect(site.countOf("RefreshTokens")).toBe(1);
});
