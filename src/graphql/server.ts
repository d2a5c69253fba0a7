import { randomUUID } from "node:crypto";
import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginLandingPageDisabled,
} from "@apollo/server/plugin/disabled";
import { ApolloServerPluginLandingPageLocalDefault } from "@apollo/server/plugin/landingPage/default";
import { fastifyApolloDrainPlugin, fastifyApolloHandler } from "@as-integrations/fastify";
import { ApolloArmor } from "@escape.tech/graphql-armor";
import cookie from "@fastify/cookie";
import cors from "@fastify/cors";
import Fastify, {
  type FastifyBaseLogger,
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  LogController,
} from "fastify";
import type { GraphQLSchema } from "graphql";
import type { SessionAuthenticator } from "../features/sessions/index.ts";
import type { Logger } from "../platform/logging.ts";
import type { Metrics } from "../platform/metrics.ts";
import type { RequestContext } from "../platform/schema/context.ts";
import { AppError, type ErrorCode } from "../shared/errors.ts";
import { boundedLists } from "./bounded-lists.ts";
import { createContext } from "./context.ts";
import { createErrorFormatter } from "./errors.ts";
import { oneCredential } from "./one-credential.ts";

/** A request's body, in bytes: far more than any operation of this schema needs. */
const BODY_LIMIT = 64 * 1_024;

/** How long a client may take to send its headers, and all of its request, in milliseconds: who drips loses the connection. */
const HEADERS_TIMEOUT = 5_000;
const REQUEST_TIMEOUT = 10_000;
/** Node looks for such clients only now and then. */
const TIMEOUT_CHECK_INTERVAL = 1_000;

/** Longer texts are not parsed to their end. */
const MAX_TOKENS = 1_000;

/** Bounds on what an operation may ask, so that no text costs more than it is worth (graphql-armor). */
const OPERATION_LIMITS = {
  maxDepth: { n: 10 },
  maxAliases: { n: 15 },
  maxDirectives: { n: 20 },
  // Its plugin answers 500; the parser counts tokens itself.
  maxTokens: { enabled: false },
  // It knows neither lists nor `first: $n`; boundedLists does.
  costLimit: { enabled: false },
  // Apollo Server has its own.
  blockFieldSuggestion: { enabled: false },
} as const;

export interface ServerOptions {
  readonly schema: GraphQLSchema;
  readonly authenticator: Pick<SessionAuthenticator, "authenticate">;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly production: boolean;
  readonly introspection: boolean;
  /** Absent: any origin on this computer, and Apollo Studio (development). */
  readonly corsOrigins: readonly string[] | undefined;
  readonly trustedProxyHops: number;
}

/** The HTTP server, with GraphQL at /graphql. Other routes are registered on it before it listens. */
export const createServer = async (options: ServerOptions): Promise<FastifyInstance> => {
  const { log, metrics, trustedProxyHops, corsOrigins } = options;
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT,
    connectionTimeout: 2 * REQUEST_TIMEOUT,
    http: { headersTimeout: HEADERS_TIMEOUT, connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL },
    // Behind n proxies of ours only the last n entries of X-Forwarded-For are believed.
    trustProxy: (_address, hop) => hop < trustedProxyHops,
    // What arrives on an open connection while we stop is still answered; the connection closes after it.
    return503OnClosing: false,
    forceCloseConnections: "idle",
    // What is wrong before there is a route: an address that cannot be decoded.
    frameworkErrors: (_error, _request, reply: FastifyReply) =>
      reply.code(400).send(asErrors({ status: 400, code: "BAD_REQUEST", message: "The address is not valid." })),
    genReqId: (request) => {
      const given = request.headers["x-request-id"];
      return typeof given === "string" && /^[\w-]{1,64}$/.test(given) ? given : randomUUID();
    },
  });

  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-request-id", request.id).header("x-content-type-options", "nosniff");
    // Nothing is unpacked here: a small body cannot become a large one.
    const encoding = request.headers["content-encoding"];
    if (encoding !== undefined && encoding !== "identity") throw unsupportedEncoding();
  });
  app.addHook("onResponse", async (request, reply) => {
    const route = request.routeOptions.url ?? "unknown";
    metrics.requests.observe({ route, status: reply.statusCode }, reply.elapsedTime / 1_000);
    // The path without its query: links carry their tokens there.
    request.log.info(
      { method: request.method, route, status: reply.statusCode, ms: Math.round(reply.elapsedTime) },
      "request",
    );
  });
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const failure = toHttpFailure(error);
    if (failure.status >= 500) request.log.error({ err: error }, "a request failed");
    return reply.code(failure.status).send(asErrors(failure));
  });
  app.setNotFoundHandler((_, reply) =>
    reply.code(404).send(asErrors({ status: 404, code: "NOT_FOUND", message: "There is nothing here." })),
  );

  await app.register(cookie);
  await app.register(cors, {
    origin: corsOrigins ? [...corsOrigins] : developmentOrigins,
    credentials: true,
    methods: ["GET", "POST"],
    allowedHeaders: [
      "authorization",
      "content-type",
      "apollo-require-preflight",
      "x-apollo-operation-name",
      // Apollo Client names the frontend and its version.
      "apollographql-client-name",
      "apollographql-client-version",
      "x-request-id",
    ],
    exposedHeaders: ["x-request-id", "retry-after"],
    maxAge: 600,
  });

  const apollo = createApollo(app, options);
  await apollo.start();
  app.route({
    url: "/graphql",
    method: ["GET", "POST", "OPTIONS"],
    handler: fastifyApolloHandler(apollo, { context: createContext(options.authenticator) }),
    onSend: async (_, reply) => {
      reply.header("cache-control", "no-store");
    },
  });
  return app;
};

const createApollo = (
  app: FastifyInstance,
  { schema, log, production, introspection }: ServerOptions,
): ApolloServer<RequestContext> => {
  const armor = new ApolloArmor(OPERATION_LIMITS).protect();
  return new ApolloServer<RequestContext>({
    schema,
    introspection,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: production,
    formatError: createErrorFormatter({ log, production }),
    parseOptions: { maxTokens: MAX_TOKENS },
    maxRecursiveSelections: true,
    validationRules: [...armor.validationRules, boundedLists, oneCredential],
    // Signals are main.ts's; and an error of Apollo's own is logged like every other.
    stopOnTerminationSignals: false,
    logger: log,
    plugins: [
      fastifyApolloDrainPlugin(app) as ApolloServerPlugin<RequestContext>,
      retryAfterHeader,
      // It would watch every field; nothing here may be cached (`no-store`, see the route).
      ApolloServerPluginCacheControlDisabled(),
      production
        ? ApolloServerPluginLandingPageDisabled()
        : ApolloServerPluginLandingPageLocalDefault({ embed: true, includeCookies: true }),
    ],
  });
};

/** Proxies and load balancers read no GraphQL: being away is told them by the status, and when to come back by a header. */
const retryAfterHeader: ApolloServerPlugin<RequestContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ response: { body, http } }) {
        const errors = body.kind === "single" ? (body.singleResult.errors ?? []) : [];
        for (const { extensions } of errors) {
          if (extensions?.retryAfter !== undefined) http.headers.set("retry-after", String(extensions.retryAfter));
          if (extensions?.code === ("SERVICE_UNAVAILABLE" satisfies ErrorCode)) http.status = 503;
        }
      },
    };
  },
};

const APOLLO_ORIGINS = new Set(["https://studio.apollographql.com", "https://sandbox.embed.apollographql.com"]);

/** For development: pages on this computer, and the Sandbox. Production names its origins. */
const developmentOrigins = (
  origin: string | undefined,
  answer: (error: Error | null, allowed: boolean) => void,
): void =>
  answer(
    null,
    origin !== undefined &&
      (APOLLO_ORIGINS.has(origin) || /^https?:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(origin)),
  );

interface HttpFailure {
  readonly status: number;
  readonly code: ErrorCode;
  readonly message: string;
}

const unsupportedEncoding = (): FastifyError =>
  Object.assign(new Error("Send the body as it is, not compressed."), {
    name: "FastifyError",
    code: "UNSUPPORTED_ENCODING",
    statusCode: 415,
  });

/** What went wrong before GraphQL was reached. Only 4xx of the HTTP layer may speak; it quotes no values. */
const toHttpFailure = ({ statusCode, message }: FastifyError): HttpFailure => {
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return { status: statusCode, code: "BAD_REQUEST", message };
  const internal = new AppError("INTERNAL_SERVER_ERROR");
  return { status: 500, code: internal.code, message: internal.message };
};

const asErrors = ({ status, code, message }: HttpFailure): object => ({
  errors: [{ message, extensions: { code, status } }],
});
