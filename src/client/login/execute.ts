import type { Auth } from "../auth.ts";
import { sendRequest } from "../graphql-request.ts";

/** An operation with one root field, whose alias is `payload`. */
export interface Operation<Payload> {
  readonly query: string;
  readonly variables: object;
  /** Whether it needs no access token. Then it works even if an earlier login's token has expired. */
  readonly isPublic: boolean;
  /** Only for the type checker: the value of `payload`. */
  readonly Payload?: Payload;
}

/**
 * Sends an operation and returns its `data`. Throws the GraphQL errors in any form that `errorOf` understands, such as what
 * Apollo Client throws.
 */
export type Execute = (operation: Operation<unknown>) => Promise<unknown>;

/** Sends an operation, and returns the value of its root field. */
export type Send = <Payload>(operation: Operation<Payload>) => Promise<Payload>;

/** The part of `Auth` that sending operations needs. */
export type AuthForExecute = Pick<Auth, "endpoint" | "authorize" | "renew">;

/** Longer than the requests to other systems that the API may need for a step. */
const TIMEOUT_MS = 30_000;

/** Sends operations by `fetch`, so that an app needs no GraphQL client for its login. */
const executeByFetch =
  (auth: AuthForExecute): Execute =>
  async ({ query, variables, isPublic }) => {
    const ask = (accessToken: string | null = null) =>
      sendRequest(auth.endpoint, { query, variables, accessToken, timeoutMs: TIMEOUT_MS });
    const grant = isPublic ? null : await auth.authorize();
    let answer = await ask(grant?.token);
    if (grant && answer.fault?.extensions?.code === "UNAUTHENTICATED") {
      const next = await auth.renew(grant);
      if (next) answer = await ask(next.token);
    }
    if (answer.fault) throw Object.assign(new Error(answer.fault.message), { errors: [answer.fault] });
    return answer.data;
  };

/** The app's own way to send operations, or `fetch`. */
export const sender = (auth: AuthForExecute, execute: Execute = executeByFetch(auth)): Send => {
  return async <Payload>(operation: Operation<Payload>) =>
    ((await execute(operation)) as { readonly payload: Payload }).payload;
};
