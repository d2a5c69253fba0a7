import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  parse,
  validate,
} from "graphql";
import { createClient } from "#features/devices/index";
import type { Logger } from "#platform/logging";
import type { Cookies } from "#platform/schema/context";
import {
  type Caller,
  type Failure,
  failureOf,
  type OperationOutcome,
  type PrepareOperation,
} from "#platform/schema/operations";
import { AppError, type ErrorCode, type ErrorExtensions } from "#shared/errors";
import { type ContextSources, contextOf } from "./context.ts";
import { createErrorFormatter, logUnforeseen } from "./errors.ts";

interface LocalExecutorOptions extends ContextSources {
  /** The served schema, in which every root field enforces its access rules. */
  readonly schema: GraphQLSchema;
  readonly log: Pick<Logger, "error">;
  readonly production: boolean;
}

/**
 * Prepares built-in operations for callers that do not use HTTP. They use the same schema, access rules, limits and errors, so no
 * rule exists twice. Apollo's pipeline is left out: it bounds and validates operations of untrusted clients, which these are not,
 * and took as long as executing `validateToken` itself.
 */
export const createLocalExecutor = ({
  schema,
  authenticator,
  geoip,
  log,
  production,
}: LocalExecutorOptions): PrepareOperation => {
  const toFailure = createFailureFormatter({ production });
  return (text) => {
    const document = parse(text);
    const faults = validate(schema, document);
    if (faults.length > 0) throw new Error(`A built-in operation does not match the schema: ${faults.join()}`);
    const field = rootFieldOf(document);

    const run = async (
      variableValues: Readonly<Record<string, unknown>>,
      caller: Caller,
    ): Promise<OperationOutcome> => {
      const contextValue = contextOf(
        {
          requestId: caller.requestId,
          client: createClient(caller.ipAddress, caller.userAgent, geoip),
          cookies: NO_COOKIES,
          accessToken: caller.accessToken,
        },
        authenticator,
      );
      const result = await execute({ schema, document, variableValues, contextValue });
      const { errors = [], data } = result;
      if (errors.length === 0) return { data: data?.[field] };
      // Invalid variables are expected, and their errors quote the invalid values.
      if (data !== undefined) logUnforeseen(errors, { log, requestId: caller.requestId });
      return { error: toFailure(errors, result) };
    };

    return {
      execute: (variableValues, caller) =>
        run(variableValues, caller).catch((error: unknown) => {
          log.error({ reqId: caller.requestId, err: error }, "an operation failed");
          return { error: failureOf(new AppError("INTERNAL_SERVER_ERROR")) };
        }),
    };
  };
};

/** These callers receive their tokens in the response. */
const NO_COOKIES: Cookies = {
  get: () => null,
  set: (name) => {
    throw new Error(`Cannot set the cookie "${name}" without HTTP.`);
  },
  clear: () => undefined,
};

/** The name of the only root field. */
const rootFieldOf = (document: DocumentNode): string => {
  const [root, ...others] = getOperationAST(document)?.selectionSet.selections ?? [];
  if (root?.kind !== Kind.FIELD || others.length > 0) throw new Error("A built-in operation has one root field.");
  return root.name.value;
};

/** Merges the errors that HTTP would return into one: the first, with the fields of all. */
const createFailureFormatter = (options: { production: boolean }) => {
  const format = createErrorFormatter(options);
  return (errors: readonly GraphQLError[], { data }: ExecutionResult): Failure => {
    // The operation itself is valid, so if nothing was executed, the variables were invalid. Apollo's pipeline would set this
    // code.
    const code: ErrorCode | undefined = data === undefined ? "BAD_USER_INPUT" : undefined;
    const reported = errors.map((error) => {
      const { message, extensions } = format({ ...error.toJSON(), ...(code && { extensions: { code } }) }, error);
      return { ...(extensions as unknown as ErrorExtensions), message };
    });
    const [first = failureOf(new AppError("INTERNAL_SERVER_ERROR"))] = reported;
    const fields = reported.flatMap((failure) => failure.fields ?? []);
    return fields.length > 0 ? { ...first, fields } : first;
  };
};
