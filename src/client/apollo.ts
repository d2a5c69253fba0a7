import { ApolloLink, Observable } from "@apollo/client";
import type { Auth, Grant } from "./auth.ts";
import { isRefused } from "./refusals.ts";

/**
 * A link for Apollo Client, before `HttpLink`. It sends every query and mutation with the login's token. If the token is refused
 * and another one is available, it repeats the operation once. If no token is available, the operation fails with `AuthFailure`.
 */
export const createAuthLink = (auth: Pick<Auth, "authorize" | "renew" | "transport">): ApolloLink =>
  new ApolloLink((operation, forward) => {
    // Sockets authenticate separately: `socketOptions`.
    if (operation.operationType === "subscription") return forward(operation);
    const isMutation = operation.operationType === "mutation";

    return new Observable<ApolloLink.Result>((observer) => {
      let stop = () => {};
      let stopped = false;
      const fail = (error: unknown) => observer.error(error);

      const send = (grant: Grant): void => {
        if (stopped) return;
        operation.setContext(({ headers }) => ({
          headers: { ...headers, ...grant.headers },
          ...(auth.transport === "COOKIE" && { credentials: "include" }),
        }));
        let repeating = false;
        let began = false;
        const sending = forward(operation).subscribe({
          next(result) {
            // Only the first part of a response says that the token was refused. An operation is not repeated once a part was
            // passed on.
            repeating = !began && isRefused(result, isMutation);
            began = true;
            if (!repeating) return observer.next(result);
            auth.renew(grant).then((next) => (next ? send(next) : deliver(result)), fail);
          },
          error: fail,
          complete: () => {
            if (!repeating) observer.complete();
          },
        });
        stop = () => sending.unsubscribe();
      };
      const deliver = (result: ApolloLink.Result): void => {
        observer.next(result);
        observer.complete();
      };

      auth.authorize().then(send, fail);
      return () => {
        stopped = true;
        stop();
      };
    });
  });
