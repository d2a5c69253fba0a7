import { type Exchange, makeErrorResult, makeOperation, type Operation, type OperationResult } from "@urql/core";
import { filter, fromPromise, fromValue, makeSubject, merge, mergeMap, pipe, share, takeUntil } from "wonka";
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
    const failed = makeSubject<OperationResult>();
    const fail = (operation: Operation) => (failure: Error) => {
      failed.next(makeErrorResult(operation, failure));
      return null;
    };
    /** Nothing comes of what nobody waits for any more. */
    const unlessTornDown = <T>(coming: Promise<T | null>, { key }: Operation) =>
      pipe(
        fromPromise(coming),
        takeUntil(
          pipe(
            operations,
            filter((operation) => operation.kind === "teardown" && operation.key === key),
          ),
        ),
        filter((value): value is Awaited<T> & T => value !== null),
      );

    const authorized = pipe(
      operations,
      filter(isOurs),
      mergeMap((operation) => {
        const granted = auth.authorize().then((grant) => withGrant(operation, grant, auth), fail(operation));
        return unlessTornDown(granted, operation);
      }),
    );
    const others = pipe(
      operations,
      filter((operation) => !isOurs(operation)),
    );
    const results = pipe(
      merge([authorized, repeated.source, others]),
      forward,
      mergeMap((result) => {
        const { operation } = result;
        const grant = grantOf(operation);
        if (!grant || !wasRefused(result)) return fromValue(result);
        const renewed = auth.renew(grant).then((next) => {
          if (!next) return result;
          repeated.next(withGrant(operation, next, auth));
          return null;
        }, fail(operation));
        return unlessTornDown(renewed, operation);
      }),
    );
    return merge([results, failed.source]);
  };

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
