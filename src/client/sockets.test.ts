import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { buildSchema } from "graphql";
import { type Client, createClient } from "graphql-ws";
import { useServer } from "graphql-ws/use/ws";
import { afterAll, afterEach, beforeEach, expect, it, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { FakeApi } from "../../test/support/clients/fake-api.ts";
import { FakeBrowser } from "../../test/support/clients/fake-browser.ts";
import { WAIT } from "../../test/support/timeouts.ts";
import type { Auth } from "./auth.ts";
import { socketOptions } from "./sockets.ts";

let api: FakeApi;
let browser: FakeBrowser;
let auth: Auth;
let server: WebSocketServer;
let client: Client;
/** The tokens of the connections, in order. */
let tokens: (string | null)[];

const listen = async (port = 0): Promise<void> => {
  server = new WebSocketServer({ port, host: "127.0.0.1", path: "/graphql" });
  await once(server, "listening");
  useServer(
    {
      schema: buildSchema("type Query { a: Int } type Subscription { ticks: Int! }"),
      roots: {
        subscription: {
          async *ticks() {
            yield { ticks: tokens.length };
            await new Promise(() => {});
          },
        },
      },
      // Like this API, which distinguishes null from an invalid token.
      onConnect: ({ connectionParams, extra: { socket } }) => {
        const token = (connectionParams?.authorization as string | undefined)?.replace("Bearer ", "") ?? null;
        tokens.push(token);
        if (token !== null && !api.accepts(token)) socket.close(4403, "Forbidden");
      },
    },
    server,
  );
};

const timers = vi.spyOn(globalThis, "setTimeout");
afterAll(() => timers.mockRestore());

beforeEach(async () => {
  timers.mockClear();
  tokens = [];
  api = new FakeApi();
  browser = new FakeBrowser(api.fetch);
  auth = browser.open().auth;
  await listen();
  const { port } = server.address() as AddressInfo;
  client = createClient({ url: `ws://127.0.0.1:${port}/graphql`, webSocketImpl: WebSocket, ...socketOptions(auth) });
});
afterEach(async () => {
  // A connection that is just being established reports that it was closed.
  await Promise.resolve(client.dispose()).catch(() => {});
  browser.close();
  for (const socket of server.clients) socket.terminate();
  server.close();
});

/** A subscription: the events it received, and the error it ended with. */
const subscribe = () => {
  const received: unknown[] = [];
  const ended: unknown[] = [];
  client.subscribe(
    { query: "subscription { ticks }" },
    {
      next: ({ data }) => received.push(data?.ticks),
      error: (error) => ended.push((error as { code?: number }).code ?? error),
      complete: () => ended.push("COMPLETE"),
    },
  );
  return { received, ended };
};

const closeAll = (code: number, reason = "Closed by the test") => {
  for (const socket of server.clients) socket.close(code, reason);
};

/** The pauses between attempts to connect: no other timer here uses a fraction of a millisecond. */
const pauses = (): number[] =>
  timers.mock.calls.map(([, time = 0]) => time).filter((time) => time >= 500 && !Number.isInteger(time));

const until = (check: () => void) => vi.waitFor(check, WAIT);

it("a socket whose token expired reconnects immediately with a new one", async () => {
  await auth.accept(api.logIn("alice-1"));
  const { received, ended } = subscribe();
  await until(() => expect(received).toEqual([1]));
  api.expireAccessTokens();
  closeAll(4403);
  await until(() => expect(received).toEqual([1, 2]));
  expect(pauses()).toEqual([]);
  expect(new Set(tokens).size).toBe(2);
  expect(api.countOf("RefreshTokens")).toBe(1);
  expect(ended).toEqual([]);
});

it("a socket that is refused on connecting gets a new token, too", async () => {
  await auth.accept(api.logIn("alice-1"));
  api.expireAccessTokens();
  const { received } = subscribe();
  await until(() => expect(received).toEqual([2]));
  expect(api.countOf("RefreshTokens")).toBe(1);
});

it("a socket whose token is refused repeatedly does not refresh each time", async () => {
  await auth.accept(api.logIn("alice-1"));
  vi.spyOn(api, "accepts").mockReturnValue(false);
  subscribe();
  await until(() => expect(tokens.length).toBeGreaterThanOrEqual(3));
  expect(api.countOf("RefreshTokens")).toBe(1);
  expect(auth.getState().status).toBe("SIGNED_IN");
});

it("a socket whose session ended signs out all tabs, and does not reconnect", async () => {
  const other = browser.open().auth;
  await auth.accept(api.logIn("alice-1"));
  await until(() => expect(other.getState().status).toBe("SIGNED_IN"));
  const { received, ended } = subscribe();
  await until(() => expect(received).toEqual([1]));
  closeAll(4401);
  await until(() => expect(ended).toEqual([4401]));
  for (const tab of [auth, other])
    await until(() => expect(tab.getState()).toMatchObject({ status: "SIGNED_OUT", reason: "ENDED" }));
  expect(api.asked).toEqual([]);
  expect(tokens).toHaveLength(1);

  // A subscription after the next login opens a socket again.
  await auth.accept(api.logIn("alice-2"));
  const again = subscribe();
  await until(() => expect(again.received).toEqual([2]));
  expect(api.accepts(tokens[1] ?? null)).toBe(true);
});

it("a user's subscriptions end if another user logs in, or the user logs out, in any tab", async () => {
  const other = browser.open().auth;
  await auth.accept(api.logIn("alice-1"));
  const alices = subscribe();
  await until(() => expect(alices.received).toEqual([1]));
  await other.accept(api.logIn("bob-1"));
  await until(() => expect(alices.ended).toEqual([4401]));
  expect(auth.getState()).toMatchObject({ status: "SIGNED_IN", sessionId: "bob-1" });

  const bobs = subscribe();
  await until(() => expect(bobs.received).toEqual([2]));
  await other.logout();
  await until(() => expect(bobs.ended).toEqual([4401]));
  expect(tokens).toHaveLength(2);
});

it("a user's subscriptions are not resumed by another user who logged in while the socket was disconnected", async () => {
  await auth.accept(api.logIn("alice-1"));
  const { received, ended } = subscribe();
  await until(() => expect(received).toEqual([1]));
  closeAll(1012);
  await auth.accept(api.logIn("bob-1"));
  await until(() => expect(ended).toEqual([4401]));
  expect(received).toEqual([1]);
  expect(auth.getState()).toMatchObject({ status: "SIGNED_IN", sessionId: "bob-1" });
});

it("an unauthenticated socket reconnects as the user who logs in", async () => {
  const { received, ended } = subscribe();
  await until(() => expect(received).toEqual([1]));
  await auth.accept(api.logIn("alice-1"));
  await until(() => expect(received).toEqual([1, 2]));
  expect([tokens[0], api.accepts(tokens[1] ?? null)]).toEqual([null, true]);
  expect(ended).toEqual([]);
});

it("a socket reconnects after the server was unavailable, and no user is signed out", async () => {
  await auth.accept(api.logIn("alice-1"));
  const { received, ended } = subscribe();
  await until(() => expect(received).toEqual([1]));
  const { port } = server.address() as AddressInfo;
  for (const socket of server.clients) socket.terminate();
  await new Promise((closed) => server.close(closed));
  // No tokens are available either.
  api.outage = "NETWORK";
  browser.later = 20 * 60_000;
  await until(() => expect(pauses().length).toBeGreaterThanOrEqual(2));
  expect(ended).toEqual([]);
  api.outage = null;
  await listen(port);
  await until(() => expect(received).toEqual([1, 2]));
  expect(auth.getState()).toMatchObject({ status: "SIGNED_IN", sessionId: "alice-1" });
});

it("a socket whose membership ended ends its subscriptions, but not the session or other tabs", async () => {
  const other = browser.open({ tenant: "B" }).auth;
  await auth.accept(api.logIn("alice-1", "HOME", "A", "B"));
  await auth.switchTenant("A");
  const { received, ended } = subscribe();
  await until(() => expect(received).toEqual([1]));
  expect(api.tenantOf(tokens[0] ?? null)).toBe("A");
  closeAll(4401, "Membership ended");
  await until(() => expect(ended).toEqual([4401]));
  expect(auth.getState()).toMatchObject({ status: "SIGNED_IN", tenantId: "A", tenantError: "NOT_A_MEMBER" });
  expect(await other.ready()).toMatchObject({ status: "SIGNED_IN", tenantId: "B", tenantError: null });
  expect(api.countOf("RefreshTokens")).toBe(0);
});

it("a socket whose membership in the home tenant ended moves to the next home tenant", async () => {
  await auth.accept(api.logIn("alice-1", "HOME", "A"));
  const { received, ended } = subscribe();
  await until(() => expect(received).toEqual([1]));
  api.setMember("alice-1", "HOME", false);
  closeAll(4401, "Membership ended");
  await until(() => expect(ended).toEqual([4401]));
  await until(() => expect(auth.getState()).toMatchObject({ tenantId: "A", tenantError: null }));
  const next = subscribe();
  await until(() => expect(next.received).toEqual([2]));
  expect(tokens.map((token) => api.tenantOf(token))).toEqual(["HOME", "A"]);
});

it("subscriptions of one tenant are not resumed in another", async () => {
  await auth.accept(api.logIn("alice-1", "HOME", "A"));
  const { received, ended } = subscribe();
  await until(() => expect(received).toEqual([1]));
  await auth.switchTenant("A");
  await until(() => expect(ended).toEqual([4401]));
  expect(auth.getState()).toMatchObject({ status: "SIGNED_IN", tenantId: "A", tenantError: null });
  const next = subscribe();
  await until(() => expect(next.received).toEqual([2]));
  expect(tokens.map((token) => api.tenantOf(token))).toEqual(["HOME", "A"]);
});

it("a socket whose token was refused after a role change reconnects with one for the same tenant, without a refresh", async () => {
  await auth.accept(api.logIn("alice-1", "HOME", "A"));
  await auth.switchTenant("A");
  const { received, ended } = subscribe();
  await until(() => expect(received).toEqual([1]));
  api.expireTokensOf("A");
  closeAll(4403);
  await until(() => expect(received).toEqual([1, 2]));
  expect(tokens.slice(1).map((token) => api.tenantOf(token))).toEqual(["A"]);
  expect([ended, api.countOf("RefreshTokens")]).toEqual([[], 0]);
});
