import type { Server } from "node:http";
import Fastify, { type FastifyHttpOptions, type FastifyInstance } from "fastify";
import { SECOND } from "#shared/durations";

/** How long the server waits for a client, in milliseconds. It never limits how long the server takes to produce a response. */
export interface ConnectionLimits {
  /** From the connection, or the first byte of a request, to the end of its headers. */
  readonly headers: number;
  /** To the end of the request's body. */
  readonly request: number;
  /** While the client reads nothing of the response. */
  readonly unreadAnswer: number;
  /** How often Node checks for clients whose request is overdue. */
  readonly checkInterval: number;
}

const CONNECTION_LIMITS: ConnectionLimits = {
  headers: 5 * SECOND,
  request: 10 * SECOND,
  unreadAnswer: 20 * SECOND,
  checkInterval: SECOND,
};

/**
 * An HTTP server that disconnects clients that send their requests or read their responses too slowly (slowloris, slow read). It
 * does not use Node's `server.timeout` (fastify's `connectionTimeout`). That counts the time without traffic regardless of the
 * cause, so it would also cut off requests whose response takes long (a lock, a database failover).
 */
export const createLimitedServer = (
  options: Omit<FastifyHttpOptions<Server>, "connectionTimeout" | "requestTimeout" | "http">,
  { headers, request, unreadAnswer, checkInterval }: ConnectionLimits = CONNECTION_LIMITS,
): FastifyInstance => {
  const app = Fastify({
    ...options,
    requestTimeout: request,
    http: { headersTimeout: headers, connectionsCheckingInterval: checkInterval },
  });
  // Only from here on does the time without traffic depend on the client. Node resets the timeout with the next request.
  app.addHook("onSend", async (_, reply) => void reply.raw.setTimeout(unreadAnswer));
  return app;
};
