import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from "graphql-ws";
import { type WebSocket, WebSocketServer } from "ws";
import { createClient } from "#features/devices/index";
import type { SessionAuthenticator } from "#features/sessions/index";
import type { Announcements } from "#platform/announcements/index";
import type { Clock } from "#platform/clock";
import type { Logger } from "#platform/logging";
import type { Metrics } from "#platform/metrics";
import type { Places } from "#platform/places/index";
import { MAX_REQUEST_BYTES } from "#platform/request-size";
import { SECOND } from "#shared/durations";
import { ignoreUpgrade } from "./ignored-upgrade.ts";
import { CLOSE, closeLabel } from "./websocket-codes.ts";
import { Connection } from "./websocket-connection.ts";
import { Gate, type GateOptions, refuse } from "./websocket-gate.ts";
import type { Subscriptions } from "./websocket-operations.ts";
import { SocketServer } from "./websocket-protocol.ts";
import { SocketSessions } from "./websocket-sessions.ts";

/** How often clients are pinged, in milliseconds; proxies close connections that are silent for a minute. */
const PING_EVERY = 15 * SECOND;
/** Milliseconds that clients have to disconnect when the server stops. */
const DRAIN_PATIENCE = 2 * SECOND;

export interface WebSocketOptions extends GateOptions {
  readonly subscriptions: Subscriptions;
  readonly authenticator: Pick<
    SessionAuthenticator,
    "acceptsKey" | "authenticate" | "introspect" | "standingsOf" | "findEndReason"
  >;
  readonly announcements: Pick<Announcements, "listen">;
  readonly places: Pick<Places, "find">;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Serves subscriptions over WebSockets at /graphql, by the protocol graphql-transport-ws. */
export const serveSubscriptions = (app: FastifyInstance, options: WebSocketOptions): void => {
  const { metrics, places, log } = options;
  const gate = new Gate(options);
  const sessions = new SocketSessions(options);
  const protocol = new SocketServer({ ...options, sessions });
  const connections = new Set<Connection>();
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_REQUEST_BYTES,
    // No compression, so that a small frame cannot become a large one.
    perMessageDeflate: false,
    handleProtocols: (offered) => offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) && GRAPHQL_TRANSPORT_WS_PROTOCOL,
  });
  metrics.gauge("portcullis_sockets", "WebSockets that are open.", () => gate.open);

  const open = (socket: WebSocket, request: IncomingMessage): void => {
    const address = gate.addressOf(request);
    const countOut = gate.admit(address);
    const connection = new Connection(socket, {
      onSlow: () => log.warn("closed a socket whose client does not read"),
    });
    connections.add(connection);
    const client = createClient(address, request.headers["user-agent"] ?? "", places);
    const onClosed = protocol.open(connection, { requestId: randomUUID(), client });
    socket.once("close", (code: number) => {
      countOut();
      connections.delete(connection);
      metrics.socketsClosed.inc({ code: closeLabel(connection.closing?.code ?? code) });
      onClosed(code);
    });
  };

  app.server.on("upgrade", (request, socket, head) => {
    if (request.headers.upgrade?.toLowerCase() !== "websocket") return ignoreUpgrade(app.server, request, socket, head);
    // The client may disconnect at any moment, and `ws` does not handle errors yet.
    socket.on("error", () => {});
    const refusal = gate.refusalOf(request);
    if (refusal) refuse(socket, refusal);
    else sockets.handleUpgrade(request, socket, head, open);
  });

  const pinging = setInterval(() => {
    for (const connection of connections) connection.ping();
  }, PING_EVERY);
  pinging.unref();

  app.addHook("preClose", async () => {
    gate.close();
    clearInterval(pinging);
    for (const connection of connections) connection.close(CLOSE.restart);
    const began = performance.now();
    while (connections.size > 0 && performance.now() - began < DRAIN_PATIENCE)
      await new Promise((resolve) => setTimeout(resolve, 20));
    for (const connection of connections) connection.terminate();
    sessions.stop();
  });
};
