import { type Exchange, makeErrorResult, makeOperation, type Operation, type OperationResult } from "@urql/core";
import { filter, fromPromise, fromValue, makeSubject, merge, mergeMap, onPush, pipe, share, takeUntil } from "wonka";
import type { Auth, Grant } from "./auth.ts";
import { isRefused } from "./refusals.ts";

/**
 * An exchange for urql, before `fetchExchange`: it sends every query and mutation with the login's token, and once more where the
 * token was refused and another one is to be had. Where none can be had now, the result's network error is an `AuthFailure`.
 */
export const authExchange =
  (auth: Pick<Auth, "authorize" | "renew" | "transport">): Exchange =>
  ({ forward }) =>
  (given) => {
    const operations = share(given);
    const repeated = makeSubject<Operation>();
    /** What comes of a promise, unless nobody waits for it any more. */
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

/** Subscriptions come over sockets, which have a login of their own: `socketOptions`. */
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
    // The API takes no queries by GET: their variables would be written down by every proxy.
    preferGetMethod: false,
    fetchOptions: {
      ...given,
      headers: { ...(given.headers as Record<string, string> | undefined), ...grant.headers },
      ...(transport === "COOKIE" && { credentials: "include" as const }),
    },
  });
};
