import type { Server } from "node:http";
import Fastify, { type FastifyHttpOptions, type FastifyInstance } from "fastify";
import { SECOND } from "#shared/durations";

/** How long the server waits for a client, in milliseconds. It never limits how long an answer may take to be made. */
export interface ConnectionLimits {
  /** From the connection, or the first byte of a request, to the end of its headers. */
  readonly headers: number;
  /** To the end of its body. */
  readonly request: number;
  /** Without the client taking any of the answer. */
  readonly unreadAnswer: number;
  /** How often Node looks for clients that are late with a request. */
  readonly checkInterval: number;
}

const CONNECTION_LIMITS: ConnectionLimits = {
  headers: 5 * SECOND,
  request: 10 * SECOND,
  unreadAnswer: 20 * SECOND,
  checkInterval: SECOND,
};

/**
 * An HTTP server that disconnects clients which send their requests or read their answers too slowly (slowloris, slow read).
 * Node's `server.timeout`, fastify's `connectionTimeout`, is not used: it counts the time without traffic, whoever is to blame,
 * so it would also cut requests whose answer takes long (a lock, a failover of the database).
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
  // Only from now on does the time without traffic depend on the client. Node resets it with the next request.
  app.addHook("onSend", async (_, reply) => void reply.raw.setTimeout(unreadAnswer));
  return app;
};
