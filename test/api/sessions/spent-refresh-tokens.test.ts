import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { networkOf } from "#platform/ip-address";
import { DENY_LOGIN } from "../../support/clients/confirmations.ts";
import type { GraphQLClient, UntypedData } from "../../support/clients/graphql.ts";
import { memberWith, present } from "../../support/clients/narrow.ts";
import { endedSessionIds } from "../../support/factories/session-ends.ts";
import { createMember, createTenant, createUser } from "../../support/factories/tenants.ts";
import { newAddress, type SignedInUser, tokenIn } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const REFRESH =
  "mutation ($input: RefreshTokenInput) { refreshToken(input: $input) { tokens { accessToken refreshToken } } }";
const EVENTS =
  "{ securityEvents(filter: { types: [REFRESH_FROM_ELSEWHERE, REFRESH_ANSWER_LOST, TOKEN_REUSED] }, first: 100) { nodes { type ipAddress ... on RefreshFromElsewhereEvent { sessionId spentBy { ipAddress device { label } } } ... on RefreshAnswerLostEvent { sessionId elsewhere spentBy { ipAddress device { label } } } ... on TokenReusedEvent { sessionId } } } }";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A signed-in client, its rotated refresh token, and the response that it may not have received. */
interface Spent {
  readonly actor: SignedInUser;
  readonly token: string;
  readonly deviceToken: string;
  readonly address: string;
  readonly successor: { readonly accessToken: string; readonly refreshToken: string | null };
}

describe("a rotated refresh token that is used again", () => {
  let app: TestApp;
  let replica: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
    replica = await startTestApp({ replicaOf: app });
  });
  afterAll(async () => {
    await replica.stop();
    await app.stop();
  });

  const clientAt = (address: string, from: TestApp = app, userAgent = "App/1.0"): GraphQLClient =>
    from.client({ "x-forwarded-for": address, "user-agent": userAgent });

  const spend = async (): Promise<Spent> => {
    const actor = await createUser(app);
    const { refreshToken: token, deviceToken } = actor.client;
    const address = newAddress();
    const {
      refreshToken: { tokens: successor },
    } = await clientAt(address).ask(REFRESH, { input: { refreshToken: token } });
    return { actor, token: token ?? "", deviceToken: deviceToken ?? "", address, successor };
  };

  const claim = (client: GraphQLClient, { token, deviceToken }: Pick<Spent, "token" | "deviceToken">) =>
    client.send(REFRESH, { input: { refreshToken: token, deviceToken } });

  const successorIn = ({ data, errors }: UntypedData): string | undefined => {
    expect(errors).toEqual([]);
    return data.refreshToken.tokens.refreshToken;
  };

  /** Of the session, as its owner reads it. */
  const eventsOf = async ({ successor, actor }: Spent): Promise<UntypedData[]> => {
    const client = app.client();
    client.accessToken = successor.accessToken;
    const { securityEvents } = await client.ask(EVENTS);
    return securityEvents.nodes.filter(({ sessionId }: UntypedData) => sessionId === actor.sessionId);
  };

  const isTheft = async (answer: UntypedData, { actor, successor }: Spent): Promise<void> => {
    expect(answer.errors).toMatchObject([{ extensions: { code: "INVALID_REFRESH_TOKEN", reason: "TOKEN_REUSED" } }]);
    expect(await app.client().refused(REFRESH, { input: { refreshToken: successor.refreshToken } })).toMatchObject({
      code: "INVALID_REFRESH_TOKEN",
    });
    await app.mail.waitForMail({ to: actor.email, subject: "We ended one of your sessions" });
  };

  it("within ten seconds, in another network: the same successor, with one event for all callers", async () => {
    const spent = await spend();
    const elsewhere = newAddress();
    const input = { refreshToken: spent.token };
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) => clientAt(elsewhere, n % 2 ? app : replica).send(REFRESH, { input })),
    );
    expect(new Set(answers.map(successorIn))).toEqual(new Set([spent.successor.refreshToken]));
    expect(await eventsOf(spent)).toMatchObject([
      { type: "REFRESH_FROM_ELSEWHERE", ipAddress: elsewhere, spentBy: { ipAddress: spent.address } },
    ]);
  });

  it("within ten seconds, on another kind of device or with another device token: the same, with an event", async () => {
    const [browser, stranger] = [await spend(), await spend()];
    const chrome =
      "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36";
    const first = await clientAt(browser.address, replica, chrome).send(REFRESH, {
      input: { refreshToken: browser.token },
    });
    expect(successorIn(first)).toBe(browser.successor.refreshToken);
    const second = await claim(clientAt(stranger.address), { ...stranger, deviceToken: browser.deviceToken });
    expect(successorIn(second)).toBe(stranger.successor.refreshToken);
    for (const spent of [browser, stranger])
      expect(await eventsOf(spent)).toMatchObject([{ type: "REFRESH_FROM_ELSEWHERE" }]);
  });

  it("within ten seconds, from the address that rotated it: the same, without an event", async () => {
    const spent = await spend();
    expect(successorIn(await claim(clientAt(spent.address), spent))).toBe(spent.successor.refreshToken);
    expect(await eventsOf(spent)).toEqual([]);
  });

  it("hours later, with the device token and the new pair unused: the successor twice, each with an event; then it is theft", async () => {
    const spent = await spend();
    for (const from of [app, replica]) {
      app.clock.advance(HOUR);
      expect(successorIn(await claim(clientAt(spent.address, from), spent))).toBe(spent.successor.refreshToken);
    }
    await isTheft(await claim(clientAt(spent.address), spent), spent);
  });

  it("hours later: the successor is valid, and its event says where the response was lost", async () => {
    const spent = await spend();
    app.clock.advance(HOUR);
    const again = await claim(clientAt(spent.address), spent);
    expect(successorIn(again)).toBe(spent.successor.refreshToken);
    const { accessToken } = present(again.data).refreshToken.tokens;
    expect(await eventsOf({ ...spent, successor: { ...spent.successor, accessToken } })).toMatchObject([
      { type: "REFRESH_ANSWER_LOST", elsewhere: false, spentBy: { ipAddress: spent.address } },
    ]);
    await clientAt(spent.address).ask(REFRESH, { input: { refreshToken: spent.successor.refreshToken } });
  });

  it("hours later, in many concurrent requests: at most twice", async () => {
    const spent = await spend();
    app.clock.advance(HOUR);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, n) => claim(clientAt(spent.address, n % 2 ? app : replica), spent)),
    );
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(2);
  });

  it.each([
    ["no device token", ""],
    ["another device's token", "A".repeat(43)],
  ])("hours later, with %s: theft", async (_, deviceToken) => {
    const spent = await spend();
    app.clock.advance(HOUR);
    await isTheft(await claim(clientAt(spent.address), { ...spent, deviceToken }), spent);
  });

  it("a day later: theft", async () => {
    const spent = await spend();
    app.clock.advance(24 * HOUR);
    await isTheft(await claim(clientAt(spent.address), spent), spent);
  });

  it("hours later, the successor refreshed: theft", async () => {
    const spent = await spend();
    const { refreshToken } = await clientAt(spent.address).ask(REFRESH, {
      input: { refreshToken: spent.successor.refreshToken },
    });
    app.clock.advance(HOUR);
    await isTheft(await claim(clientAt(spent.address), spent), { ...spent, successor: refreshToken.tokens });
  });

  it("a minute after the access token of the new pair was used on another replica: theft", async () => {
    const spent = await spend();
    const user = replica.client();
    user.accessToken = spent.successor.accessToken;
    await user.ask("{ me { id } }");
    app.clock.advance(MINUTE);
    await replica.app.activity.flush();
    await isTheft(await claim(clientAt(spent.address), spent), spent);
  });

  it("hours later, if only the access token before the new pair was used since: the successor", async () => {
    const spent = await spend();
    app.clock.advance(2 * MINUTE);
    await spent.actor.client.ask("{ me { id } }");
    await app.app.activity.flush();
    app.clock.advance(HOUR);
    expect(successorIn(await claim(clientAt(spent.address), spent))).toBe(spent.successor.refreshToken);
  });

  it("from another network: the owner is mailed a link to deny it; a second such request is theft", async () => {
    const spent = await spend();
    app.clock.advance(HOUR);
    expect(successorIn(await claim(clientAt(newAddress()), spent))).toBe(spent.successor.refreshToken);
    const mail = await app.mail.waitForMail({
      to: spent.actor.email,
      subject: "Was that you? A session was continued from another network",
    });
    expect(tokenIn(mail)).not.toBe("");
    app.clock.advance(HOUR);
    await isTheft(await claim(clientAt(newAddress()), spent), spent);
  });

  it("from another network: the link in the mail denies it like a login", async () => {
    const spent = await spend();
    app.clock.advance(HOUR);
    const address = newAddress();
    const elsewhere = clientAt(address);
    const { data } = await claim(elsewhere, spent);
    elsewhere.accessToken = present(data).refreshToken.tokens.accessToken;
    const mail = await app.mail.waitForMail({ to: spent.actor.email, subject: /^Was that you\? A session/ });
    const { denyLogin } = await app.client().ask(DENY_LOGIN, { token: tokenIn(mail) });
    expect(denyLogin).toEqual({ endedSessionIds: endedSessionIds(1), passwordResetRequired: true });
    expect(await elsewhere.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(
      await app.client().refused(REFRESH, { input: { refreshToken: spent.successor.refreshToken } }),
    ).toMatchObject({ code: "INVALID_REFRESH_TOKEN" });
    // The address that is suspicious from now on is that of the repeated refresh, not that of the session.
    const { id } = spent.actor;
    const [denied] = await app.app.db.execute<{
      address: string;
      session: string;
      suspicious: boolean;
      devices: number;
    }>(sql`
      select ip_address as address, details ->> 'sessionId' as session,
        exists (select from denied_networks where network = ${networkOf(address)}) as suspicious,
        (select count(*)::int from devices where user_id = ${id}::uuid) as devices
      from security_events where user_id = ${id}::uuid and type = 'LOGIN_DENIED'`);
    expect(denied).toEqual({ address, session: spent.actor.sessionId, suspicious: true, devices: 0 });
    expect(tokenIn(await app.mail.waitForMail({ to: spent.actor.email, subject: /^Your account is safe/ }))).not.toBe(
      "",
    );
  });

  it("in cookies: the device's cookie replaces the device token", async () => {
    const company = await createTenant(app);
    const { email, password } = await createMember(app, company);
    const browser = app.client();
    const { login } = await browser.ask(
      "mutation ($input: LoginInput!) { login(input: $input) { ... on LoginSuccess { session { id } } } }",
      { input: { identifier: email, password, transport: "COOKIE" } },
    );
    expect(memberWith("session", login).session.id).toBeDefined();
    const spent = new Map(browser.cookies);
    await browser.ask("mutation { refreshToken { tokens { accessToken } } }");
    const successor = browser.cookies.get("__Host-portcullis_refresh");
    // The response, with its cookie, was lost.
    for (const [name, value] of spent) browser.cookies.set(name, value);
    app.clock.advance(HOUR);
    await browser.ask("mutation { refreshToken { tokens { accessToken } } }");
    expect(browser.cookies.get("__Host-portcullis_refresh")).toBe(successor);
  });

  it("of a session that was refreshed before origins were recorded: theft, as before", async () => {
    const spent = await spend();
    await app.app.db.execute(sql`
      update sessions set refreshed_by = null, used_generation = 0 where id = ${spent.actor.sessionId}::uuid`);
    app.clock.advance(HOUR);
    await isTheft(await claim(clientAt(spent.address), spent), spent);
  });
});

describe("a rotated refresh token that is used again with a grace time of 0", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ settings: { REFRESH_GRACE_SECONDS: "0" } });
  });
  afterAll(() => app.stop());

  it("is theft, immediately and later, even with the device token", async () => {
    for (const wait of [0, HOUR]) {
      const { client } = await createUser(app);
      const { refreshToken, deviceToken } = client;
      const input = { refreshToken, deviceToken };
      await client.ask(REFRESH, { input });
      app.clock.advance(wait);
      expect(await app.client().refused(REFRESH, { input })).toMatchObject({ reason: "TOKEN_REUSED" });
    }
  });
});
