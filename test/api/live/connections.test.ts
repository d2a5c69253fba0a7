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
import { type Actor, newAddress } from "../../support/factories/actors.ts";
import { beginChallenge } from "../../support/factories/challenges.ts";
import { employ, foundTenant } from "../../support/factories/companies.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { PRODUCTION } from "../../support/servers/production.ts";

let app: TestApp;
let alice: Actor;
const sockets: RawSocket[] = [];
const clients: LiveClient[] = [];

const raw = async (options: Parameters<typeof openRaw>[1] = {}, url = app.url): Promise<RawSocket> => {
  const socket = await openRaw(url, options);
  sockets.push(socket);
  return socket;
};

/** A socket of which the server knows who it is. */
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

/** What the server says of one operation, over a socket of alice's. */
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
  alice = await employ(app, await foundTenant(app));
});
afterEach(async () => {
  for (const { socket } of sockets.splice(0)) socket.terminate();
  await Promise.all(clients.splice(0).map((live) => live.stop()));
  await eventually(async () => (await metric("portcullis_sockets")) === 0, "the end of all sockets");
});
afterAll(() => app.stop());

describe("who may open a socket", () => {
  it.each([
    ["a page on this computer", "http://localhost:3000", null],
    ["a page of Apollo's own sites", "https://sandbox.embed.apollographql.com", 403],
    ["a page of somebody else's", "https://evil.test", 403],
    ["a page whose name begins like ours", "http://localhost.evil.test:3000", 403],
    ["a page of no origin", "null", 403],
    ["a page with two of them", "http://localhost:3000, https://evil.test", 403],
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
  ])("in production a page of %s is answered with %s", async (origin, status) => {
    const server = await startTestApp({ settings: PRODUCTION });
    try {
      const socket = await raw({ origin }, server.url);
      expect(socket.refused?.status ?? null).toBe(status);
      socket.socket.terminate();
    } finally {
      await server.stop();
    }
  });

  it("at /graphql, and nowhere else", async () => {
    for (const path of ["/", "/graphql/", "/livez", "/graphql%00", "//graphql", "//[", "/%"])
      expect((await raw({ path })).refused?.status).toBe(404);
    expect((await raw({ path: "/graphql?x=1" })).refused).toBeNull();
  });

  it.each([[[]], [["graphql-ws"]], [["chat", "graphql-ws"]]])("not with the subprotocols %j", async (protocols) => {
    const socket = await raw({ protocols });
    // A client that asks for what it is not given hangs up by itself.
    if (protocols.length === 0) expect((await socket.wait()).code).toBe(4406);
    else await eventually(() => socket.closed);
  });

  it("at most so many from one address, as our proxies tell it; others come in", async () => {
    const headers = { "x-forwarded-for": newAddress() };
    const held = await Promise.all(Array.from({ length: 30 }, () => raw({ headers })));
    expect(held.filter(({ refused }) => refused)).toEqual([]);
    const refused = await raw({ headers });
    expect(refused.refused).toMatchObject({
      status: 429,
      body: { errors: [{ extensions: { code: "RATE_LIMITED" } }] },
    });
    // Of another network; the entry before the trusted one is anybody's to write.
    expect((await raw({ headers: { "x-forwarded-for": newAddress() } })).refused).toBeNull();
    const forged = { "x-forwarded-for": `${newAddress()}, ${headers["x-forwarded-for"]}` };
    expect((await raw({ headers: forged })).refused?.status).toBe(429);
    // Whoever goes makes room.
    held[0]?.socket.close();
    await eventually(() => held[0]?.closed);
    await eventually(async () => (await raw({ headers })).refused === null, "room");
  });

  it("none at all where the settings say so", async () => {
    const server = await startTestApp({ settings: { SOCKETS_PER_PROCESS: "0" } });
    const socket = await raw({}, server.url);
    expect(socket.refused).toMatchObject({
      status: 503,
      body: { errors: [{ extensions: { code: "SERVICE_UNAVAILABLE" } }] },
    });
    await server.stop();
  });
});

describe("who it is", () => {
  it.each([
    ["the header of HTTP", () => ({ authorization: `Bearer ${alice.client.accessToken}` })],
    ["the header in capitals", () => ({ Authorization: `bearer ${alice.client.accessToken}` })],
    ["the token by itself", () => ({ accessToken: alice.client.accessToken })],
    ["the token by another name", () => ({ token: alice.client.accessToken })],
    ["the token with its scheme", () => ({ accessToken: `Bearer ${alice.client.accessToken}` })],
    ["a list of headers", () => ({ headers: { authorization: `Bearer ${alice.client.accessToken}` } })],
    ["a list of headers in capitals", () => ({ headers: { Authorization: `Bearer ${alice.client.accessToken}` } })],
  ])("is told by %s", async (_, params) => {
    const live = await open(params());
    expect((await followEvents(app, live)).results).toEqual([]);
    expect(live.closed).toBeNull();
  });

  it.each([
    ["is no token", () => ({ accessToken: "x" })],
    ["is empty", () => ({ authorization: "" })],
    ["is another scheme", () => ({ authorization: `Basic ${alice.client.accessToken}` })],
    ["is not even text", () => ({ accessToken: { $ne: null } })],
    ["is not text in headers", () => ({ headers: { authorization: 7 } })],
    ["is another scheme in headers", () => ({ headers: { authorization: `Basic ${alice.client.accessToken}` } })],
    ["is no token by another name", () => ({ token: "x" })],
    ["has a broken signature", () => ({ accessToken: `${alice.client.accessToken?.slice(0, -4)}AAAA` })],
    ["is a refresh token", () => ({ accessToken: alice.client.refreshToken })],
    ["is the challenge of a login", async () => ({ accessToken: (await beginChallenge(app, alice)).token })],
  ])("is not believed where it %s: 4403", async (_, params) => {
    const live = await open(await params());
    expect(await live.wait()).toMatchObject({ code: 4403 });
    expect(live.connected).toBe(false);
  });

  it("is nobody without a token: public subscriptions are open, the others are not", async () => {
    for (const params of [{}, { authorization: null }, { accessToken: null }]) {
      const socket = await ready(params);
      expect(await answerTo(SECURITY_EVENTS, {}, socket)).toMatchObject({
        errors: [{ extensions: { code: "UNAUTHENTICATED", status: 401 } }],
      });
      expect(await answerTo('subscription { loginProgressed(challenge: "x") { status } }', {}, socket)).toMatchObject({
        errors: [{ extensions: { code: "INVALID_TOKEN" } }],
      });
    }
    expect(app.app.liveEvents.followers).toBe(0);
  });

  it("4401 where the session of a good token has ended: there is nothing to refresh", async () => {
    const bob = await employ(app, await foundTenant(app));
    await bob.client.ask("mutation { logout { endedSessionId } }");
    const live = await open({ accessToken: bob.client.accessToken });
    expect(await live.wait()).toMatchObject({ code: 4401 });
  });

  it("and at most twenty sockets are open on one session", async () => {
    const held = await Promise.all(Array.from({ length: 20 }, () => ready()));
    expect(held.map(({ closed }) => closed)).toEqual(held.map(() => null));
    expect(await (await ready()).wait()).toMatchObject({ code: 4429 });
  });
});

describe("what may be asked", () => {
  it.each([
    ["a query", "{ me { id } }"],
    ["a mutation", "mutation { logout { endedSessionId } }"],
    ["the schema", getIntrospectionQuery()],
  ])("not %s: that goes by HTTP, and nothing happens", async (_, query) => {
    const { type, errors } = await answerTo(query);
    expect(type).toBe("error");
    expect(errors).toMatchObject([{ extensions: { code: "BAD_REQUEST", status: 400 } }]);
    expect(await alice.client.ask("{ me { id } }")).toEqual({ me: { id: alice.id } });
  });

  it("and no subscription over HTTP", async () => {
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
    ["is no GraphQL", "subscription {"],
    ["has no such field", "subscription { everything { id } }"],
    ["has two root fields", "subscription { a: securityEventOccurred { id } b: securityEventOccurred { id } }"],
    [
      "hides two in fragments",
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
    ["is wide by aliases", `subscription { securityEventOccurred { ${times(16, (i) => `a${i}: id`)} } }`],
    [
      "doubles with each fragment",
      `subscription { securityEventOccurred { user { ...F0 } } } ${times(60, (i) => `fragment F${i} on User { ...F${i + 1} ...F${i + 1} }`)} fragment F60 on User { id }`,
    ],
    ["is stuffed with directives", `subscription { securityEventOccurred { ${"id @skip(if: false) ".repeat(30)} } }`],
    ["has a thousand words", `subscription { securityEventOccurred { ${"id ".repeat(1_001)} } }`],
    [
      "is two operations",
      "subscription A { securityEventOccurred { id } } subscription B { securityEventOccurred { id } }",
    ],
  ])("nothing that %s: it is refused as over HTTP, early", async (_, query) => {
    const { type, errors } = await answerTo(query);
    expect(type).toBe("error");
    expect(errors.length).toBeGreaterThan(0);
    for (const { extensions } of errors) expect(extensions.code).toBe("BAD_REQUEST");
    expect(app.app.liveEvents.followers).toBe(0);
  });

  it("with variables that fit; the answer repeats none", async () => {
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

  it("in production nobody reads the schema this way, and nothing is suggested", async () => {
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

describe("a client that does not keep to the protocol", () => {
  const INIT = { type: "connection_init" };
  const SUBSCRIBE = { id: "1", type: "subscribe", payload: { query: SECURITY_EVENTS } };

  it.each<[string, readonly unknown[], number]>([
    ["sends no JSON", ["garbage"], 4400],
    ["sends no message", [{ type: "no such thing" }], 4400],
    ["sends another's prototype", ['{"__proto__":{"type":"connection_init"}}'], 4400],
    ["subscribes before it says who it is", [SUBSCRIBE], 4401],
    ["says who it is twice", [INIT, INIT], 4429],
    ["floods with pings", [INIT, ...Array.from({ length: 150 }, () => ({ type: "ping" }))], 4429],
    [
      "floods with subscriptions",
      [INIT, ...Array.from({ length: 150 }, (_, n) => ({ ...SUBSCRIBE, id: `${n}` }))],
      4429,
    ],
    ["sends more than an operation needs", [INIT, { type: "ping", payload: { x: "x".repeat(70_000) } }], 1009],
  ])("%s: closed", async (_, messages, code) => {
    const socket = await raw();
    for (const message of messages) {
      socket.send(message);
      if (message === INIT && messages.length > 2) await eventually(() => socket.messages.length > 0);
    }
    expect((await socket.wait()).code).toBe(code);
  });

  it.each(["connection_ack", "next", "error"])(
    "says what a server says, %s: 4400, and no fault of ours",
    async (type) => {
      const socket = await raw();
      socket.send({ type, id: "1", payload: type === "error" ? [{ message: "x" }] : {} });
      expect((await socket.wait()).code).toBe(4400);
      expect(app.logs.filter((line) => line.includes("a socket failed"))).toEqual([]);
    },
  );

  it("uses the id of a subscription again: 4409", async () => {
    const socket = await ready();
    for (let n = 0; n < 2; n++) socket.send(SUBSCRIBE);
    expect((await socket.wait()).code).toBe(4409);
  });

  it("sends bytes that are no text: 1003", async () => {
    const socket = await ready();
    socket.socket.send(Buffer.from([1, 2, 3]));
    expect((await socket.wait()).code).toBe(1003);
  });

  it("says nothing: 4408 after five seconds", async () => {
    const socket = await raw();
    expect((await socket.wait()).code).toBe(4408);
  });

  it("has more subscriptions than there is use for: the rest is refused, the others go on", async () => {
    const socket = await ready();
    for (let n = 0; n < 12; n++) socket.send({ ...SUBSCRIBE, id: `${n}` });
    await eventually(() => socket.messages.filter(({ type }) => type === "error").length === 2, "two refusals");
    expect(socket.messages.filter(({ type }) => type === "error")).toMatchObject([
      { payload: [{ extensions: { code: "RATE_LIMITED", status: 429 } }] },
      { payload: [{ extensions: { code: "RATE_LIMITED", status: 429 } }] },
    ]);
    await eventually(() => app.app.liveEvents.followers === 10);
    // One that is given up makes room.
    socket.send({ id: "0", type: "complete" });
    await eventually(() => app.app.liveEvents.followers === 9);
    socket.send({ ...SUBSCRIBE, id: "again" });
    await eventually(() => app.app.liveEvents.followers === 10);
    expect(socket.closed).toBeNull();
  });

  it("does not read what it is sent: cut off", async () => {
    const socket = await ready();
    socket.socket.pause();
    for (let n = 0; n < 90; n++) socket.send({ type: "ping", payload: { x: "x".repeat(60_000) } });
    await eventually(async () => (await metric("portcullis_sockets")) === 0, "the end of the socket");
    expect(app.logs.some((line) => line.includes("does not read"))).toBe(true);
  });

  it("is counted by the code with which it was closed", async () => {
    const before = await metric('portcullis_sockets_closed_total{code="4400"}');
    const socket = await raw();
    socket.send("garbage");
    await socket.wait();
    await eventually(async () => (await metric('portcullis_sockets_closed_total{code="4400"}')) === before + 1);
    // A code of the client's choice makes no label.
    const odd = await ready();
    odd.socket.close(4999);
    await odd.wait();
    await eventually(async () => (await metric('portcullis_sockets_closed_total{code="other"}')) > 0);
    expect(await metric('portcullis_sockets_closed_total{code="4999"}')).toBe(0);
  });

  it("keeps none of the subscriptions of a socket that breaks", async () => {
    const live = await connect(app, alice);
    clients.push(live);
    await followEvents(app, live);
    const socket = await ready();
    socket.send(SUBSCRIBE);
    await eventually(() => app.app.liveEvents.followers === 2);
    socket.socket.terminate();
    await eventually(() => app.app.liveEvents.followers === 1);
  });
});
