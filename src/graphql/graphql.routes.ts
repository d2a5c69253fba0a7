import type { ApolloServer } from "@apollo/server";
import { fastifyApolloHandler } from "@as-integrations/fastify";
import type { FastifyPluginAsync, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import type { RequestContext } from "#platform/schema/context";
import { type ContextSources, createContext } from "./context.ts";
import { graphqlCors, UNLISTED_ORIGIN } from "./cors.ts";
import { bodyOf, type HttpFailure, refuseRequest, sendFailure } from "./http-errors.ts";
import { refusalOfBody } from "./rules/requested-operation.ts";

export const GRAPHQL_PATH = "/graphql";

const OTHER_METHODS: HTTPMethods[] = ["PUT", "PATCH", "DELETE"];

/** Queries in a URL would end up in the logs of every proxy, with their variables, so only POST is supported. */
const ONLY_POST: HttpFailure = {
  status: 405,
  code: "BAD_REQUEST",
  message:
    "Send GraphQL operations by POST, as JSON; subscriptions use a WebSocket. A client that sends queries by GET must be " +
    "configured not to: in urql, set `preferGetMethod: false`.",
};

/** Clients that need more must use pagination. */
const MAX_RESPONSE_BYTES = 2 * 1_024 * 1_024;

const TOO_LARGE: HttpFailure = {
  status: 400,
  code: "BAD_REQUEST",
  message: "The response is larger than 2 MB. Request fewer rows or fields.",
};

const NOT_ALLOWED: HttpFailure = { status: 403, code: "FORBIDDEN", message: UNLISTED_ORIGIN };

export interface GraphQLRoutesOptions extends ContextSources {
  readonly apollo: ApolloServer<RequestContext>;
  readonly production: boolean;
  readonly corsOrigins: readonly string[] | undefined;
}

/** GraphQL over HTTP: POST executes, and in development GET shows Apollo Sandbox to a browser. */
export const graphqlRoutes: FastifyPluginAsync<GraphQLRoutesOptions> = async (app, options) => {
  const { apollo, production, corsOrigins } = options;
  const execute = fastifyApolloHandler(apollo, { context: createContext(options) });
  const route = { url: GRAPHQL_PATH, config: { cors: graphqlCors(corsOrigins) } };

  app.addHook("onSend", async (_, reply) => {
    reply.header("cache-control", "no-store");
  });
  app.route({
    ...route,
    method: "POST",
    preHandler: async ({ body }) => {
      const refusal = refusalOfBody(body);
      if (refusal) throw refuseRequest(refusal);
    },
    handler: execute,
    onSend: async (_, reply, payload) => {
      if (!isTooLarge(payload)) return payload;
      reply.removeHeader("content-length").code(TOO_LARGE.status);
      return JSON.stringify(bodyOf(TOO_LARGE));
    },
  });
  app.route({
    ...route,
    method: "GET",
    async handler(request, reply) {
      return !production && isForBrowser(request) ? execute.call(this, request, reply) : refuseMethod(reply);
    },
  });
  app.route({ ...route, method: OTHER_METHODS, handler: async (_, reply) => refuseMethod(reply) });
  // Preflights of listed origins are answered before they reach this route.
  app.route({
    ...route,
    method: "OPTIONS",
    handler: async ({ headers }, reply) =>
      headers.origin === undefined ? reply.code(204).header("allow", "POST").send() : sendFailure(reply, NOT_ALLOWED),
  });
};

const isForBrowser = ({ headers, method }: FastifyRequest): boolean =>
  method === "GET" && (headers.accept ?? "").includes("text/html");

const isTooLarge = (payload: unknown): boolean =>
  typeof payload === "string" &&
  payload.length > MAX_RESPONSE_BYTES / 3 &&
  Buffer.byteLength(payload) > MAX_RESPONSE_BYTES;

const refuseMethod = (reply: FastifyReply): FastifyReply => sendFailure(reply.header("allow", "POST"), ONLY_POST);
