import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { FastifyInstance } from "fastify";
import { GRAPHQL_TRANSPORT_WS_PROTOCOL } from "graphql-ws";
import { type WebSocket, WebSocketServer } from "ws";
import { createClient } from "#features/devices/index";
import type { SessionAuthenticator } from "#features/sessions/index";
import type { Clock } from "#platform/clock";
import type { GeoIpDatabase } from "#platform/geoip/index";
import type { Logger } from "#platform/logging";
import type { Metrics } from "#platform/metrics";
import type { PubSub } from "#platform/pubsub/index";
import { MAX_REQUEST_BYTES } from "#platform/request-size";
import { SECOND } from "#shared/durations";
import { CLOSE, closeLabel } from "./close-codes.ts";
import { ignoreUpgrade } from "./ignore-upgrade.ts";
import { SessionWatcher } from "./session-watcher.ts";
import { SocketConnection } from "./socket-connection.ts";
import { SocketServer } from "./socket-server.ts";
import type { SubscriptionExecutor } from "./subscription-executor.ts";
import { reject, UpgradeGuard, type UpgradeGuardOptions } from "./upgrade-guard.ts";

/** How often clients are pinged; proxies close connections that are silent for a minute. */
const PING_INTERVAL_MS = 15 * SECOND;
/** Time that clients have to disconnect when the server stops. */
const DRAIN_TIMEOUT_MS = 2 * SECOND;

export interface WebSocketOptions extends UpgradeGuardOptions {
  readonly subscriptions: SubscriptionExecutor;
  readonly authenticator: Pick<
    SessionAuthenticator,
    "acceptsKey" | "authenticate" | "introspect" | "checkSessions" | "findEndReason"
  >;
  readonly pubsub: Pick<PubSub, "listen">;
  readonly geoip: Pick<GeoIpDatabase, "find">;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly log: Logger;
}

/** Serves subscriptions over WebSockets at /graphql, by the protocol graphql-transport-ws. */
export const serveSubscriptions = (app: FastifyInstance, options: WebSocketOptions): void => {
  const { metrics, geoip, log } = options;
  const upgradeGuard = new UpgradeGuard(options);
  const sessions = new SessionWatcher(options);
  const socketServer = new SocketServer({ ...options, sessions });
  const connections = new Set<SocketConnection>();
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    maxPayload: MAX_REQUEST_BYTES,
    // No compression, so that a small frame cannot become a large one.
    perMessageDeflate: false,
    handleProtocols: (offered) => offered.has(GRAPHQL_TRANSPORT_WS_PROTOCOL) && GRAPHQL_TRANSPORT_WS_PROTOCOL,
  });
  metrics.gauge("portcullis_sockets", "WebSockets that are open.", () => upgradeGuard.open);

  const open = (socket: WebSocket, request: IncomingMessage): void => {
    const address = upgradeGuard.addressOf(request);
    const countOut = upgradeGuard.acquire(address);
    const connection = new SocketConnection(socket, {
      onSlow: () => log.warn("closed a socket whose client does not read"),
    });
    connections.add(connection);
    const client = createClient(address, request.headers["user-agent"] ?? "", geoip);
    const onClosed = socketServer.open(connection, { requestId: randomUUID(), client });
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
    const refusal = upgradeGuard.rejectReason(request);
    if (refusal) reject(socket, refusal);
    else sockets.handleUpgrade(request, socket, head, open);
  });

  const pinging = setInterval(() => {
    for (const connection of connections) connection.ping();
  }, PING_INTERVAL_MS);
  pinging.unref();

  app.addHook("preClose", async () => {
    upgradeGuard.close();
    clearInterval(pinging);
    for (const connection of connections) connection.close(CLOSE.restart);
    const began = performance.now();
    while (connections.size > 0 && performance.now() - began < DRAIN_TIMEOUT_MS)
      await new Promise((resolve) => setTimeout(resolve, 20));
    for (const connection of connections) connection.terminate();
    sessions.stop();
  });
};
