import { type Exchange, makeErrorResult, makeOperation, type Operation, type OperationResult } from "@urql/core";
import { filter, fromPromise, fromValue, makeSubject, merge, mergeMap, onPush, pipe, share, takeUntil } from "wonka";
import type { Auth, Grant } from "./auth.ts";
import { isRefused } from "./refusals.ts";

/**
 * An exchange for urql, before `fetchExchange`. It sends every query and mutation with the login's token. If the token is refused
 * and another one is available, it repeats the operation once. If no token is available, the result's network error is an
 * `AuthFailure`.
 */
export const authExchange =
  (auth: Pick<Auth, "authorize" | "renew" | "transport">): Exchange =>
  ({ forward }) =>
  (given) => {
    const operations = share(given);
    const repeated = makeSubject<Operation>();
    /** The result of a promise, unless the operation was torn down. */
    const follow = (operation: Operation, coming: Promise<Operation | OperationResult>) => {
      const tornDown = pipe(
        operations,
        filter(({ kind, key }) => kind === "teardown" && key === operation.key),
      );
      const failed = coming.catch((failure: Error) => makeErrorResult(operation, failure));
      return pipe(fromPromise(failed), takeUntil(tornDown));
    };

    const authorized = pipe(
      operations,
      filter(isOurs),
      mergeMap((operation) =>
        follow(
          operation,
          auth.authorize().then((grant) => withGrant(operation, grant, auth)),
        ),
      ),
      share,
    );
    const others = pipe(
      operations,
      filter((operation) => !isOurs(operation)),
    );
    const answered = pipe(
      merge([pipe(authorized, filter(isOperation)), repeated.source, others]),
      forward,
      mergeMap((result) => {
        const { operation } = result;
        const grant = grantOf(operation);
        if (!grant || !wasRefused(result)) return fromValue<Operation | OperationResult>(result);
        const renewed = auth.renew(grant).then((next) => (next ? withGrant(operation, next, auth) : result));
        return follow(operation, renewed);
      }),
    );
    return merge([
      pipe(authorized, filter(isResult)),
      pipe(
        answered,
        onPush((outcome) => {
          if (isOperation(outcome)) repeated.next(outcome);
        }),
        filter(isResult),
      ),
    ]);
  };

const isResult = (outcome: Operation | OperationResult): outcome is OperationResult => "operation" in outcome;
const isOperation = (outcome: Operation | OperationResult): outcome is Operation => !isResult(outcome);

/** Subscriptions use sockets, which authenticate separately: `socketOptions`. */
const isOurs = ({ kind }: Operation): boolean => kind === "query" || kind === "mutation";

const wasRefused = ({ data, error, operation }: OperationResult): boolean =>
  isRefused({ data, errors: error?.graphQLErrors }, operation.kind === "mutation");

const grantOf = ({ context }: Operation): Grant | undefined => context.portcullisGrant;

const withGrant = (operation: Operation, grant: Grant, { transport }: Pick<Auth, "transport">): Operation => {
  const { fetchOptions } = operation.context;
  const given = (typeof fetchOptions === "function" ? fetchOptions() : fetchOptions) ?? {};
  return makeOperation(operation.kind, operation, {
    ...operation.context,
    portcullisGrant: grant,
    // The API does not accept queries by GET: every proxy would log their variables.
    preferGetMethod: false,
    fetchOptions: {
      ...given,
      headers: { ...(given.headers as Record<string, string> | undefined), ...grant.headers },
      ...(transport === "COOKIE" && { credentials: "include" as const }),
    },
  });
};
