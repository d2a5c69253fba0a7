import { setTimeout as delay } from "node:timers/promises";
import { createClient, GRAPHQL_TRANSPORT_WS_PROTOCOL, type Client as SocketClient } from "graphql-ws";
import WebSocket from "ws";
import { WAIT_TIMEOUT_MS } from "../timeouts.ts";
import type { GraphQLClient, GraphQLErrorAnswer, UntypedData } from "./graphql.ts";

/** The fields of an event that tests read. */
export const EVENT =
  "id type ipAddress ... on SessionEndedEvent { sessionId endReason } ... on LoginSucceededEvent { sessionId methods newDevice }";

export const SECURITY_EVENTS = `subscription { securityEventOccurred { ${EVENT} user { id email } } }`;
export const LOGIN_PROGRESS =
  "subscription ($challenge: String!) { loginProgressed(challenge: $challenge) { status expiresAt } }";

/** Waits until `look` returns something other than null or false. */
export const eventually = async <Found>(
  look: () => Found | null | false | undefined | Promise<Found | null | false | undefined>,
  what = "the expected condition",
  patience = WAIT_TIMEOUT_MS,
): Promise<Found> => {
  for (const began = performance.now(); performance.now() - began < patience; await delay(10)) {
    const found = await look();
    if (found !== null && found !== false && found !== undefined) return found;
  }
  throw new Error(`Timed out after ${patience} ms: waiting for ${what}.`);
};

export interface Closed {
  readonly code: number;
  readonly reason: string;
  /** The time by `performance.now()`. */
  readonly at: number;
}

interface Delivered {
  readonly data: UntypedData;
  readonly errors: readonly GraphQLErrorAnswer[];
  readonly at: number;
}

/** One subscription: what was received, and whether it is over. */
export interface Followed {
  readonly results: Delivered[];
  readonly errors: readonly GraphQLErrorAnswer[][];
  readonly completed: boolean;
  stop(): void;
}

export interface LiveOptions {
  readonly params?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A client of graphql-ws, as apps use it, that does not reconnect, because the reason for the close is under test. */
export class LiveClient {
  readonly client: SocketClient;
  readonly opened: Promise<void>;
  closed: Closed | null = null;
  connected = false;

  constructor(url: string, { params, headers }: LiveOptions = {}) {
    let opened = () => {};
    this.opened = new Promise((resolve) => {
      opened = resolve;
    });
    this.client = createClient({
      url: `${url.replace(/^http/, "ws")}/graphql`,
      ...(params && { connectionParams: { ...params } }),
      webSocketImpl: class extends WebSocket {
        constructor(address: string, protocol: string) {
          super(address, protocol, { headers: { ...headers } });
        }
      },
      lazy: false,
      retryAttempts: 0,
      onNonLazyError: () => {},
      on: {
        connected: () => {
          this.connected = true;
          opened();
        },
        closed: (event) => {
          const { code, reason } = event as { code: number; reason: string };
          this.closed = { code, reason: String(reason), at: performance.now() };
          opened();
        },
        error: () => opened(),
      },
    });
  }

  subscribe(query: string, variables: Readonly<Record<string, unknown>> = {}): Followed {
    const results: Delivered[] = [];
    const errors: GraphQLErrorAnswer[][] = [];
    const followed = { results, errors, completed: false, stop: () => {} };
    followed.stop = this.client.subscribe(
      { query, variables: { ...variables } },
      {
        next: ({ data, errors: failures = [] }) =>
          void results.push({
            data,
            errors: failures as unknown as readonly GraphQLErrorAnswer[],
            at: performance.now(),
          }),
        error: (error) => void (Array.isArray(error) && errors.push(error as GraphQLErrorAnswer[])),
        complete: () => {
          followed.completed = true;
        },
      },
    );
    return followed;
  }

  /** How the socket was closed, once it is. */
  wait(patience = WAIT_TIMEOUT_MS): Promise<Closed> {
    return eventually(() => this.closed, "the end of the socket", patience);
  }

  async stop(): Promise<void> {
    // A refused socket has nothing to stop.
    await Promise.resolve(this.client.dispose()).catch(() => {});
  }
}

/** A socket that is authenticated for this client, or anonymous; returned once it is open or was refused. */
export const connect = async (
  { url }: { readonly url: string },
  actor: { readonly client: Pick<GraphQLClient, "accessToken"> } | null,
  options: LiveOptions = {},
): Promise<LiveClient> => {
  const params = actor ? { accessToken: actor.client.accessToken } : undefined;
  const live = new LiveClient(url, { ...(params && { params }), ...options });
  await live.opened;
  return live;
};

/**
 * Subscribes to the user's own events. Nothing is sent when a subscription starts, so this waits until the server has registered
 * it.
 */
export const followEvents = async (
  app: { readonly app: { readonly securityEventFeed: { readonly followers: number } } },
  live: LiveClient,
  query = SECURITY_EVENTS,
): Promise<Followed> => {
  const before = app.app.securityEventFeed.followers;
  const followed = live.subscribe(query);
  await eventually(() => app.app.securityEventFeed.followers > before, "the beginning of the subscription");
  return followed;
};

/** The types of the received events. */
export const typesOf = ({ results }: Followed): string[] =>
  results.map(({ data }) => data?.securityEventOccurred?.type ?? "nothing");

/** A raw socket, for what no client library does. */
export interface RawSocket {
  readonly socket: WebSocket;
  readonly messages: UntypedData[];
  readonly closed: Closed | null;
  /** The status with which the socket was refused; null if it was opened. */
  readonly refused: { readonly status: number; readonly body: UntypedData } | null;
  send(message: unknown): void;
  wait(patience?: number): Promise<Closed>;
}

export const openRaw = async (
  url: string,
  {
    protocols = [GRAPHQL_TRANSPORT_WS_PROTOCOL],
    path = "/graphql",
    ...options
  }: WebSocket.ClientOptions & { readonly protocols?: string[]; readonly path?: string } = {},
): Promise<RawSocket> => {
  const socket = new WebSocket(`${url.replace(/^http/, "ws")}${path}`, protocols, options);
  const raw: { -readonly [Key in keyof RawSocket]: RawSocket[Key] } = {
    socket,
    messages: [],
    closed: null,
    refused: null,
    send: (message) => socket.send(typeof message === "string" ? message : JSON.stringify(message)),
    wait: (patience) => eventually(() => raw.closed, "the end of the socket", patience),
  };
  socket.on("message", (data) => raw.messages.push(JSON.parse(String(data))));
  socket.on("close", (code, reason) => {
    raw.closed = { code, reason: String(reason), at: performance.now() };
  });
  await new Promise<void>((resolve) => {
    socket.on("open", () => resolve());
    socket.on("error", () => resolve());
    socket.on("unexpected-response", async (_request, response) => {
      const body = (await response.toArray()).join("");
      raw.refused = { status: response.statusCode ?? 0, body: body && JSON.parse(body) };
      resolve();
    });
  });
  return raw;
};
