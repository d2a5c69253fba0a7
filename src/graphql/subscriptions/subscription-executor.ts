import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  NoSchemaIntrospectionCustomRule,
  OperationTypeNode,
  parse,
  specifiedRules,
  type ValidationRule,
  validate,
} from "graphql";
import type { Logger } from "#platform/logging";
import type { RequestContext } from "#platform/schema/context";
import { AppError } from "#shared/errors";
import { boundErrors, MAX_FAULTS } from "../bounded-errors.ts";
import { createErrorFormatter, logUnforeseen, toAppError } from "../errors.ts";
import { noteInputPaths } from "../rules/input-paths.ts";
import { MAX_TOKENS, operationBounds } from "../rules/operation-bounds.ts";
import { hasConditionalRoot } from "./subscription-roots.ts";

/** An operation as sent by a client. */
export interface RequestedOperation {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Record<string, unknown> | null | undefined;
}

/** The parts of a socket that an operation on it needs. */
export interface Subscriber {
  readonly requestId: string;
  /**
   * The context of one event. Each event gets its own; otherwise data loaded for one event would be returned for all later ones.
   */
  createContext(): RequestContext;
  /** Called if an event could not be delivered, because the user is no longer signed in. */
  onSignedOut(): void;
}

interface SubscriptionExecutorOptions {
  readonly schema: GraphQLSchema;
  readonly production: boolean;
  readonly introspection: boolean;
  readonly log: Pick<Logger, "error">;
}

type Results = AsyncIterableIterator<ExecutionResult, undefined>;

/** Runs subscriptions within the bounds of all operations, and reports their errors as HTTP does. */
export class SubscriptionExecutor {
  readonly #options: SubscriptionExecutorOptions;
  readonly #rules: readonly ValidationRule[];
  readonly #format: ReturnType<typeof createErrorFormatter>;

  constructor(options: SubscriptionExecutorOptions) {
    this.#options = options;
    const hidden = options.introspection ? [] : [NoSchemaIntrospectionCustomRule];
    this.#rules = [...specifiedRules, ...hidden, ...operationBounds()];
    this.#format = createErrorFormatter(options);
  }

  /**
   * Returns the operation to run, or why it is refused; nothing has run yet. Never throws, because that would close the socket
   * for all its operations.
   */
  prepare(requested: RequestedOperation): ExecutionArgs | readonly GraphQLError[] {
    try {
      return this.#prepare(requested);
    } catch (error) {
      // graphql-js throws some faults of an operation instead of reporting them.
      return [error instanceof GraphQLError ? withCode(error, "GRAPHQL_VALIDATION_FAILED") : unforeseen(error)];
    }
  }

  #prepare({ query, variables, ...rest }: RequestedOperation): ExecutionArgs | readonly GraphQLError[] {
    const { schema } = this.#options;
    const operationName = rest.operationName || null;
    const document = parseBounded(query);
    if (document instanceof GraphQLError) return [document];
    // Checked first, so that other operations are not even validated.
    const operation = getOperationAST(document, operationName);
    if (!operation) return [badOperation("The operation is missing or ambiguous.")];
    if (operation.operation !== OperationTypeNode.SUBSCRIPTION)
      return [refusal(new AppError("BAD_REQUEST", { message: "Send queries and mutations over HTTP." }))];
    if (hasConditionalRoot(document, operation))
      return [refusal(new AppError("BAD_REQUEST", { message: UNCONDITIONAL }))];
    const faults = validate(schema, document, this.#rules, { maxErrors: MAX_FAULTS });
    if (faults.length > 0) {
      const refusals = faults.map((fault) => withCode(fault, "GRAPHQL_VALIDATION_FAILED"));
      noteInputPaths(document, refusals);
      return refusals;
    }
    return { schema, document, operationName, variableValues: variables ?? null };
  }

  /**
   * Starts a prepared subscription.
   *
   * @returns its results, one for each event, or the errors that prevented it
   */
  async subscribe(prepared: ExecutionArgs, subscriber: Subscriber): Promise<ExecutionResult | Results> {
    const result = await createSourceEventStream({ ...prepared, contextValue: subscriber.createContext() }).catch(
      (error: unknown): ExecutionResult => ({ errors: [unforeseen(error)] }),
    );
    if (isFeed(result)) return resultsOf(result, prepared, subscriber);
    return { ...(result as ExecutionResult), errors: ((result as ExecutionResult).errors ?? []).map(asBadInput) };
  }

  /** The errors as the client sees them; unexpected ones are logged. */
  formatErrors(errors: readonly GraphQLError[], { requestId }: Pick<Subscriber, "requestId">): GraphQLFormattedError[] {
    logUnforeseen(errors, { log: this.#options.log, requestId });
    return boundErrors(errors.map((error) => this.#format(error.toJSON(), error)));
  }
}

const UNCONDITIONAL = "The field of a subscription may not be conditional: remove @include and @skip.";

/** The thrown value as an error of the operation. */
const unforeseen = (error: unknown): GraphQLError =>
  error instanceof GraphQLError
    ? error
    : new GraphQLError("The operation failed.", {
        originalError: error instanceof Error ? error : new Error(String(error)),
      });

/** Wraps an AppError in a GraphQLError. */
export const refusal = (error: AppError): GraphQLError => new GraphQLError(error.message, { originalError: error });

const parseBounded = (text: string): DocumentNode | GraphQLError => {
  try {
    return parse(text, { maxTokens: MAX_TOKENS });
  } catch (error) {
    if (error instanceof GraphQLError) return withCode(error, "GRAPHQL_PARSE_FAILED");
    throw error;
  }
};

const badOperation = (message: string): GraphQLError =>
  new GraphQLError(message, { extensions: { code: "OPERATION_RESOLUTION_FAILURE" } });

const withCode = (error: GraphQLError, code: string): GraphQLError =>
  new GraphQLError(error.message, {
    ...(error.nodes && { nodes: error.nodes }),
    ...(error.source && { source: error.source }),
    ...(error.positions && { positions: error.positions }),
    extensions: { code },
  });

/** graphql-js does not set a code for invalid variables. */
const asBadInput = (error: GraphQLError): GraphQLError =>
  error.nodes?.[0]?.kind === Kind.VARIABLE_DEFINITION ? withCode(error, "BAD_USER_INPUT") : error;

type EventFeed = AsyncIterable<unknown> & Pick<AsyncIterableIterator<unknown>, "next" | "return">;

/** The feeds of this API are iterators (platform/pubsub/async-queue.ts): they can be ended while the next event is awaited. */
const isFeed = (result: AsyncIterable<unknown> | ExecutionResult): result is EventFeed =>
  Symbol.asyncIterator in result && "next" in result;

/**
 * Maps events to results like graphql-js, but with a separate context for each, and without delivering any after the user was
 * signed out.
 */
const resultsOf = (events: EventFeed, prepared: ExecutionArgs, subscriber: Subscriber): Results => {
  const end = async () => {
    await events.return?.();
    return { done: true as const, value: undefined };
  };
  return {
    async next() {
      for (;;) {
        const { done, value } = await events.next();
        if (done) return { done: true, value: undefined };
        const result = await execute({ ...prepared, rootValue: value, contextValue: subscriber.createContext() });
        if (!result.errors?.some(isSignedOut)) return { done: false, value: result };
        subscriber.onSignedOut();
      }
    },
    return: end,
    async throw(error: unknown) {
      await end();
      throw error;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
};

const isSignedOut = (error: GraphQLError): boolean => toAppError(error)?.code === "UNAUTHENTICATED";
