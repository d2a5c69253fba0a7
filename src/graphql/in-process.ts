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
import { type Caller, type Failure, failureOf, type Outcome, type PrepareOperation } from "#platform/schema/operations";
import { AppError, type ErrorCode, type ErrorExtensions } from "#shared/errors";
import { type ContextSources, contextOf } from "./context.ts";
import { createErrorFormatter, logUnforeseen } from "./errors.ts";

interface InProcessOptions extends ContextSources {
  /** The served one: every root field is behind its access rules. */
  readonly schema: GraphQLSchema;
  readonly log: Pick<Logger, "error">;
  readonly production: boolean;
}

/**
 * Prepares operations of our own for callers who do not come over HTTP: the same schema, access rules, limits and errors, so
 * that no rule is written twice. Apollo's pipeline is left out: it bounds and checks the texts of strangers, which these are
 * not, and took as long again as executing `validateToken`.
 */
export const inProcess = ({ schema, authenticator, places, log, production }: InProcessOptions): PrepareOperation => {
  const toFailure = failureTeller({ production });
  return (text) => {
    const document = parse(text);
    const faults = validate(schema, document);
    if (faults.length > 0) throw new Error(`An operation of ours does not fit the schema: ${faults.join()}`);
    const field = rootFieldOf(document);

    const run = async (variableValues: Readonly<Record<string, unknown>>, caller: Caller): Promise<Outcome> => {
      const contextValue = contextOf(
        {
          requestId: caller.requestId,
          client: createClient(caller.ipAddress, caller.userAgent, places),
          cookies: NO_COOKIES,
          accessToken: caller.accessToken,
        },
        authenticator,
      );
      const result = await execute({ schema, document, variableValues, contextValue });
      const { errors = [], data } = result;
      if (errors.length === 0) return { data: data?.[field] };
      // Refused variables are foreseen, and their errors quote what was refused.
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

/** Such callers want their tokens in the answer. */
const NO_COOKIES: Cookies = {
  get: () => null,
  set: (name) => {
    throw new Error(`There is nowhere to put the cookie "${name}".`);
  },
  clear: () => undefined,
};

/** The name of the one root field. */
const rootFieldOf = (document: DocumentNode): string => {
  const [root, ...others] = getOperationAST(document)?.selectionSet.selections ?? [];
  if (root?.kind !== Kind.FIELD || others.length > 0) throw new Error("An operation of ours has one root field.");
  return root.name.value;
};

/** Makes of what HTTP would tell as several errors the one that a caller reads: the first, with the fields of all. */
const failureTeller = (options: { production: boolean }) => {
  const format = createErrorFormatter(options);
  return (errors: readonly GraphQLError[], { data }: ExecutionResult): Failure => {
    // The operation itself is right: where nothing was executed the variables were not. Apollo's pipeline would say so.
    const code: ErrorCode | undefined = data === undefined ? "BAD_USER_INPUT" : undefined;
    const told = errors.map((error) => {
      const { message, extensions } = format({ ...error.toJSON(), ...(code && { extensions: { code } }) }, error);
      return { ...(extensions as unknown as ErrorExtensions), message };
    });
    const [first = failureOf(new AppError("INTERNAL_SERVER_ERROR"))] = told;
    const fields = told.flatMap((failure) => failure.fields ?? []);
    return fields.length > 0 ? { ...first, fields } : first;
  };
};
