import { ApolloServer, type ApolloServerPlugin } from "@apollo/server";
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from "@apollo/server/plugin/disabled";
import { ApolloServerPluginLandingPageLocalDefault } from "@apollo/server/plugin/landingPage/default";
import type { GraphQLSchema } from "graphql";
import type { Logger } from "#platform/logging";
import type { RequestContext } from "#platform/schema/context";
import type { ErrorCode } from "#shared/errors";
import { boundErrors, MAX_FAULTS } from "./bounded-errors.ts";
import { createErrorFormatter, logUnforeseen } from "./errors.ts";
import { noteInputPaths } from "./rules/input-paths.ts";
import { MAX_TOKENS, operationBounds } from "./rules/operation-bounds.ts";

export interface ApolloOptions {
  readonly schema: GraphQLSchema;
  readonly log: Logger;
  readonly production: boolean;
  readonly introspection: boolean;
}

/**
 * Creates the server that executes operations within their bounds. Start it before the first operation and stop it after the
 * last.
 */
export const createApollo = ({ schema, log, production, introspection }: ApolloOptions): ApolloServer<RequestContext> =>
  new ApolloServer<RequestContext>({
    schema,
    introspection,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    includeStacktraceInErrorResponses: false,
    hideSchemaDetailsFromClientErrors: production,
    formatError: createErrorFormatter({ production }),
    parseOptions: { maxTokens: MAX_TOKENS },
    maxRecursiveSelections: true,
    validationRules: operationBounds(),
    validationOptions: { maxErrors: MAX_FAULTS },
    // main.ts handles signals, and Apollo's own errors go to the common log.
    stopOnTerminationSignals: false,
    logger: log,
    plugins: [
      boundedAnswers,
      unforeseenErrors(log),
      // It would instrument every field, although nothing here may be cached (`no-store`, see server.ts).
      ApolloServerPluginCacheControlDisabled(),
      // In a subgraph, it would reveal to any caller how long each resolver took.
      ApolloServerPluginInlineTraceDisabled(),
      production
        ? ApolloServerPluginLandingPageDisabled()
        : ApolloServerPluginLandingPageLocalDefault({ embed: true, includeCookies: true }),
    ],
  });

/**
 * Bounds the errors of a response. Proxies and load balancers do not read GraphQL: the status says that a part is
 * unavailable, and a header says when to retry.
 */
const boundedAnswers: ApolloServerPlugin<RequestContext> = {
  async requestDidStart() {
    return {
      async willSendResponse({ response: { body, http } }) {
        if (body.kind !== "single" || !body.singleResult.errors) return;
        const errors = boundErrors(body.singleResult.errors);
        body.singleResult.errors = errors;
        for (const { extensions } of errors) {
          if (extensions?.retryAfter !== undefined) http.headers.set("retry-after", String(extensions.retryAfter));
          if (extensions?.code === ("SERVICE_UNAVAILABLE" satisfies ErrorCode)) http.status = 503;
        }
      },
    };
  },
};

const unforeseenErrors = (log: Logger): ApolloServerPlugin<RequestContext> => ({
  async requestDidStart({ contextValue: { requestId } }) {
    return {
      async didEncounterErrors({ document, errors }) {
        if (document) noteInputPaths(document, errors);
        logUnforeseen(errors, { log, requestId });
      },
    };
  },
  async unexpectedErrorProcessingRequest({ requestContext, error }) {
    log.error({ reqId: requestContext.contextValue.requestId, err: error }, "an operation failed");
  },
  async contextCreationDidFail({ error }) {
    log.error({ err: error }, "failed to create the context of an operation");
  },
});
