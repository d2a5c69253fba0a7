import { getIntrospectionQuery } from "graphql";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  connect,
  eventually,
  followEvents,
  LiveClient,
  openRaw,
  type RawSocket,
  SECURITY_EVENTS,
} from "../../support/clients/live.ts";
import { post } from "../../support/clients/raw.ts";
import { beginChallenge } from "../../support/factories/challenges.ts";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import { newAddress, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { PRODUCTION } from "../../support/servers/production.ts";

let app: TestApp;
let alice: SignedInUser;
const sockets: RawSocket[] = [];
const clients: LiveClient[] = [];

const raw = async (options: Parameters<typeof openRaw>[1] = {}, url = app.url): Promise<RawSocket> => {
  const socket = await openRaw(url, options);
  sockets.push(socket);
  return socket;
};

/** A socket that the server has authenticated. */
const ready = async (payload: unknown = { accessToken: alice.client.accessToken }): Promise<RawSocket> => {
  const socket = await raw();
  socket.send({ type: "connection_init", payload });
  await eventually(() => socket.messages.length > 0 || socket.closed, "the acknowledgement");
  return socket;
};

const open = async (params: Record<string, unknown>): Promise<LiveClient> => {
  const live = new LiveClient(app.url, { params });
  clients.push(live);
  await live.opened;
  return live;
};

/** The server's response to one operation, over a socket of alice's. */
const answerTo = async (query: string, variables = {}, socket?: RawSocket) => {
  const on = socket ?? (await ready());
  const id = `s${on.messages.length}`;
  on.send({ id, type: "subscribe", payload: { query, variables } });
  const answer = await eventually(() => on.messages.find((message) => message.id === id), "an answer");
  return { type: answer.type, errors: answer.type === "error" ? answer.payload : (answer.payload.errors ?? []) };
};

const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${app.url}/metrics`)).text();
  return Number(
    text
      .split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.split(" ")[1] ?? 0,
  );
};

beforeAll(async () => {
  app = await startTestApp({ settings: { SOCKETS_PER_ADDRESS: "30", TRUSTED_PROXY_HOPS: "1" } });
  alice = await createMember(app, await createTenant(app));
});
afterEach(async () => {
  for (const { socket } of sockets.splice(0)) socket.terminate();
  await Promise.all(clients.splice(0).map((live) => live.stop()));
  await eventually(async () => (await metric("portcullis_sockets")) === 0, "the end of all sockets");
});
afterAll(() => app.stop());

describe("opening a socket", () => {
  it.each([
    ["a page on this computer", "http://localhost:3000", null],
    ["a page of Apollo's own sites", "https://sandbox.embed.apollographql.com", 403],
    ["a page of another site", "https://evil.test", 403],
    ["a page whose host name begins like an allowed one", "http://localhost.evil.test:3000", 403],
    ["a page without an origin", "null", 403],
    ["a page with two origins", "http://localhost:3000, https://evil.test", 403],
  ])("%s, in development", async (_, origin, status) => {
    const socket = await raw({ origin });
    expect(socket.refused?.status ?? null).toBe(status);
    if (status) expect(socket.refused?.body).toMatchObject({ errors: [{ extensions: { code: "FORBIDDEN", status } }] });
  });

  it.each([
    ["https://app.example.com", null],
    ["https://id.example.com", null],
    ["https://app.example.com.evil.test", 403],
    ["http://app.example.com", 403],
    ["http://localhost:3000", 403],
    ["https://sandbox.embed.apollographql.com", 403],
    ["null", 403],
  ])("in production a page of %s gets status %s", async (origin, status) => {
    const server = await startTestApp({ settings: PRODUCTION });
    try {
      const socket = await raw({ origin }, server.url);
      expect(socket.refused?.status ?? null).toBe(status);
      socket.socket.terminate();
    } finally {
      await server.stop();
    }
  });

  it("is possible at /graphql only", async () => {
    for (const path of ["/", "/graphql/", "/livez", "/graphql%00", "//graphql", "//[", "/%"])
      expect((await raw({ path })).refused?.status).toBe(404);
    expect((await raw({ path: "/graphql?x=1" })).refused).toBeNull();
  });

  it.each([[[]], [["graphql-ws"]], [["chat", "graphql-ws"]]])(
    "is refused with the subprotocols %j",
    async (protocols) => {
      const socket = await raw({ protocols });
      // A client whose subprotocol is not selected closes the connection itself.
      if (protocols.length === 0) expect((await socket.wait()).code).toBe(4406);
      else await eventually(() => socket.closed);
    },
  );

  it("is limited for each client address, as reported by the trusted proxies; other addresses are not affected", async () => {
    const headers = { "x-forwarded-for": newAddress() };
    const held = await Promise.all(Array.from({ length: 30 }, () => raw({ headers })));
    expect(held.filter(({ refused }) => refused)).toEqual([]);
    const refused = await raw({ headers });
    expect(refused.refused).toMatchObject({
      status: 429,
      body: { errors: [{ extensions: { code: "RATE_LIMITED" } }] },
    });
    // From another network. The entry before the trusted one can be forged by anyone.
    expect((await raw({ headers: { "x-forwarded-for": newAddress() } })).refused).toBeNull();
    const forged = { "x-forwarded-for": `${newAddress()}, ${headers["x-forwarded-for"]}` };
    expect((await raw({ headers: forged })).refused?.status).toBe(429);
    // A closed socket makes room for another one.
    held[0]?.socket.close();
    await eventually(() => held[0]?.closed);
    await eventually(async () => (await raw({ headers })).refused === null, "room");
  });

  it("is refused if the settings allow no sockets", async () => {
    const server = await startTestApp({ settings: { SOCKETS_PER_PROCESS: "0" } });
    const socket = await raw({}, server.url);
    expect(socket.refused).toMatchObject({
      status: 503,
      body: { errors: [{ extensions: { code: "SERVICE_UNAVAILABLE" } }] },
    });
    await server.stop();
  });
});

describe("authentication", () => {
  it.each([
    ["the HTTP header name", () => ({ authorization: `Bearer ${alice.client.accessToken}` })],
    ["the header in capitals", () => ({ Authorization: `bearer ${alice.client.accessToken}` })],
    ["the token by itself", () => ({ accessToken: alice.client.accessToken })],
    ["the token under another name", () => ({ token: alice.client.accessToken })],
    ["the token with its scheme", () => ({ accessToken: `Bearer ${alice.client.accessToken}` })],
    ["a list of headers", () => ({ headers: { authorization: `Bearer ${alice.client.accessToken}` } })],
    ["a list of headers in capitals", () => ({ headers: { Authorization: `Bearer ${alice.client.accessToken}` } })],
  ])("accepts %s", async (_, params) => {
    const live = await open(params());
    expect((await followEvents(app, live)).results).toEqual([]);
    expect(live.closed).toBeNull();
  });

  it.each([
    ["is not a token", () => ({ accessToken: "x" })],
    ["is empty", () => ({ authorization: "" })],
    ["is another scheme", () => ({ authorization: `Basic ${alice.client.accessToken}` })],
    ["is not text", () => ({ accessToken: { $ne: null } })],
    ["is not text in headers", () => ({ headers: { authorization: 7 } })],
    ["is another scheme in headers", () => ({ headers: { authorization: `Basic ${alice.client.accessToken}` } })],
    ["is not a token, under another name", () => ({ token: "x" })],
    ["has a broken signature", () => ({ accessToken: `${alice.client.accessToken?.slice(0, -4)}AAAA` })],
    ["is a refresh token", () => ({ accessToken: alice.client.refreshToken })],
    ["is the challenge of a login", async () => ({ accessToken: (await beginChallenge(app, alice)).token })],
  ])("is refused if the token %s: 4403", async (_, params) => {
    const live = await open(await params());
    expect(await live.wait()).toMatchObject({ code: 4403 });
    expect(live.connected).toBe(false);
  });

  it("is not required for public subscriptions; without a token the others are refused", async () => {
    for (const params of [{}, { authorization: null }, { accessToken: null }]) {
      const socket = await ready(params);
      expect(await answerTo(SECURITY_EVENTS, {}, socket)).toMatchObject({
        errors: [{ extensions: { code: "UNAUTHENTICATED", status: 401 } }],
      });
      expect(await answerTo('subscription { loginProgressed(challenge: "x") { status } }', {}, socket)).toMatchObject({
        errors: [{ extensions: { code: "INVALID_TOKEN" } }],
      });
    }
    expect(app.app.securityEventFeed.followers).toBe(0);
  });

  it("closes with 4401 if the session of a valid token has ended, because a refresh would not help", async () => {
    const bob = await createMember(app, await createTenant(app));
    await bob.client.ask("mutation { logout { endedSessionId } }");
    const live = await open({ accessToken: bob.client.accessToken });
    expect(await live.wait()).toMatchObject({ code: 4401 });
  });

  it("allows at most twenty open sockets for each session", async () => {
    const held = await Promise.all(Array.from({ length: 20 }, () => ready()));
    expect(held.map(({ closed }) => closed)).toEqual(held.map(() => null));
    expect(await (await ready()).wait()).toMatchObject({ code: 4429 });
  });
});

describe("an operation over a socket", () => {
  it.each([
    ["a query", "{ me { id } }"],
    ["a mutation", "mutation { logout { endedSessionId } }"],
    ["the schema", getIntrospectionQuery()],
  ])("is refused for %s, which must be sent over HTTP, and nothing happens", async (_, query) => {
    const { type, errors } = await answerTo(query);
    expect(type).toBe("error");
    expect(errors).toMatchObject([{ extensions: { code: "BAD_REQUEST", status: 400 } }]);
    expect(await alice.client.ask("{ me { id } }")).toEqual({ me: { id: alice.id } });
  });

  it("may be a subscription, which is refused over HTTP", async () => {
    const { status, errors } = await post(
      app,
      { query: SECURITY_EVENTS },
      { authorization: `Bearer ${alice.client.accessToken}` },
    );
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ extensions: { code: "BAD_REQUEST" } }]);
  });

  const times = (count: number, make: (index: number) => string) =>
    Array.from({ length: count }, (_, i) => make(i)).join(" ");

  it.each([
    ["is not GraphQL", "subscription {"],
    ["has an unknown field", "subscription { everything { id } }"],
    ["has two root fields", "subscription { a: securityEventOccurred { id } b: securityEventOccurred { id } }"],
    [
      "has two root fields in fragments",
      "subscription { ...A ...B } fragment A on Subscription { securityEventOccurred { id } } fragment B on Subscription { b: securityEventOccurred { type } }",
    ],
    [
      "is deep",
      `subscription { securityEventOccurred { user ${"{ tenant { id } sessions { nodes { user ".repeat(6)} { id } ${"} } }".repeat(6)} } }`,
    ],
    [
      "goes round",
      "subscription { securityEventOccurred { user { sessions { nodes { user { sessions { nodes { id } } } } } } } }",
    ],
    ["is wide because of aliases", `subscription { securityEventOccurred { ${times(16, (i) => `a${i}: id`)} } }`],
    [
      "doubles with each fragment",
      `subscription { securityEventOccurred { user { ...F0 } } } ${times(60, (i) => `fragment F${i} on User { ...F${i + 1} ...F${i + 1} }`)} fragment F60 on User { id }`,
    ],
    ["has too many directives", `subscription { securityEventOccurred { ${"id @skip(if: false) ".repeat(30)} } }`],
    ["has a thousand words", `subscription { securityEventOccurred { ${"id ".repeat(1_001)} } }`],
    [
      "contains two operations",
      "subscription A { securityEventOccurred { id } } subscription B { securityEventOccurred { id } }",
    ],
  ])("is refused early, as over HTTP, if it %s", async (_, query) => {
    const { type, errors } = await answerTo(query);
    expect(type).toBe("error");
    expect(errors.length).toBeGreaterThan(0);
    for (const { extensions } of errors) expect(extensions.code).toBe("BAD_REQUEST");
    expect(app.app.securityEventFeed.followers).toBe(0);
  });

  it("is refused if its variables do not fit, without repeating them", async () => {
    const query = "subscription ($challenge: String!) { loginProgressed(challenge: $challenge) { status } }";
    for (const challenge of [null, 7, ["hunter2"], { password: "hunter2" }]) {
      const { errors } = await answerTo(query, { challenge });
      expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", fields: [{ path: "challenge" }] } }]);
      expect(JSON.stringify(errors)).not.toContain("hunter2");
    }
    for (const challenge of ["\u0000", "\ud800", "x".repeat(10_000), "__proto__"]) {
      const { errors } = await answerTo(query, { challenge });
      expect(errors[0].extensions.status).toBe(400);
    }
  });

  it("in production returns neither the schema nor suggestions", async () => {
    const server = await startTestApp({ settings: PRODUCTION });
    const socket = await raw({}, server.url);
    socket.send({ type: "connection_init" });
    await eventually(() => socket.messages.length === 1, "the acknowledgement");
    for (const [id, query] of [
      ["a", "subscription { __schema { queryType { name } } }"],
      ["b", "subscription { securityEventOccured { id } }"],
    ])
      socket.send({ id, type: "subscribe", payload: { query } });
    await eventually(() => socket.messages.length === 3);
    expect(JSON.stringify(socket.messages)).not.toMatch(/Did you mean|"queryType"/);
    for (const { type } of socket.messages.slice(1)) expect(type).toBe("error");
    socket.socket.terminate();
    await server.stop();
  });
});

describe("a client that violates the protocol", () => {
  const INIT = { type: "connection_init" };
  const SUBSCRIBE = { id: "1", type: "subscribe", payload: { query: SECURITY_EVENTS } };

  it.each<[string, readonly unknown[], number]>([
    ["sends invalid JSON", ["garbage"], 4400],
    ["sends a message of an unknown type", [{ type: "no such thing" }], 4400],
    ["sends __proto__ as a key", ['{"__proto__":{"type":"connection_init"}}'], 4400],
    ["subscribes before connection_init", [SUBSCRIBE], 4401],
    ["sends connection_init twice", [INIT, INIT], 4429],
    ["floods with pings", [INIT, ...Array.from({ length: 150 }, () => ({ type: "ping" }))], 4429],
    [
      "floods with subscriptions",
      [INIT, ...Array.from({ length: 150 }, (_, n) => ({ ...SUBSCRIBE, id: `${n}` }))],
      4429,
    ],
    ["sends a message that is too large", [INIT, { type: "ping", payload: { x: "x".repeat(70_000) } }], 1009],
  ])("is disconnected if it %s", async (_, messages, code) => {
    const socket = await raw();
    for (const message of messages) {
      socket.send(message);
      if (message === INIT && messages.length > 2) await eventually(() => socket.messages.length > 0);
    }
    expect((await socket.wait()).code).toBe(code);
  });

  it.each(["connection_ack", "next", "error"])(
    "is disconnected with 4400 if it sends %s, a message of a server, and no server error is logged",
    async (type) => {
      const socket = await raw();
      socket.send({ type, id: "1", payload: type === "error" ? [{ message: "x" }] : {} });
      expect((await socket.wait()).code).toBe(4400);
      expect(app.logs.filter((line) => line.includes("a socket failed"))).toEqual([]);
    },
  );

  it("is disconnected with 4409 if it reuses the id of an active subscription", async () => {
    const socket = await ready();
    for (let n = 0; n < 2; n++) socket.send(SUBSCRIBE);
    expect((await socket.wait()).code).toBe(4409);
  });

  it("is disconnected with 1003 if it sends bytes that are not text", async () => {
    const socket = await ready();
    socket.socket.send(Buffer.from([1, 2, 3]));
    expect((await socket.wait()).code).toBe(1003);
  });

  it("is disconnected with 4408 if it sends nothing for five seconds", async () => {
    const socket = await raw();
    expect((await socket.wait()).code).toBe(4408);
  });

  it("may start ten subscriptions; more are refused, and the others continue", async () => {
    const socket = await ready();
    for (let n = 0; n < 12; n++) socket.send({ ...SUBSCRIBE, id: `${n}` });
    await eventually(() => socket.messages.filter(({ type }) => type === "error").length === 2, "two refusals");
    expect(socket.messages.filter(({ type }) => type === "error")).toMatchObject([
      { payload: [{ extensions: { code: "RATE_LIMITED", status: 429 } }] },
      { payload: [{ extensions: { code: "RATE_LIMITED", status: 429 } }] },
    ]);
    await eventually(() => app.app.securityEventFeed.followers === 10);
    // Completing one makes room for another.
    socket.send({ id: "0", type: "complete" });
    await eventually(() => app.app.securityEventFeed.followers === 9);
    socket.send({ ...SUBSCRIBE, id: "again" });
    await eventually(() => app.app.securityEventFeed.followers === 10);
    expect(socket.closed).toBeNull();
  });

  it("is disconnected if it does not read its messages", async () => {
    const socket = await ready();
    socket.socket.pause();
    for (let n = 0; n < 90; n++) socket.send({ type: "ping", payload: { x: "x".repeat(60_000) } });
    await eventually(async () => (await metric("portcullis_sockets")) === 0, "the end of the socket");
    expect(app.logs.some((line) => line.includes("does not read"))).toBe(true);
  });

  it("is counted by the close code", async () => {
    const before = await metric('portcullis_sockets_closed_total{code="4400"}');
    const socket = await raw();
    socket.send("garbage");
    await socket.wait();
    await eventually(async () => (await metric('portcullis_sockets_closed_total{code="4400"}')) === before + 1);
    // A close code chosen by the client does not become a label.
    const odd = await ready();
    odd.socket.close(4999);
    await odd.wait();
    await eventually(async () => (await metric('portcullis_sockets_closed_total{code="other"}')) > 0);
    expect(await metric('portcullis_sockets_closed_total{code="4999"}')).toBe(0);
  });

  it("leaves no subscription behind when its socket breaks", async () => {
    const live = await connect(app, alice);
    clients.push(live);
    await followEvents(app, live);
    const socket = await ready();
    socket.send(SUBSCRIBE);
    await eventually(() => app.app.securityEventFeed.followers === 2);
    socket.socket.terminate();
    await eventually(() => app.app.securityEventFeed.followers === 1);
  });
});
