import { AuthFailure } from "./failure.ts";
import { type Fetch, globals } from "./globals.ts";

/** How the refresh token travels: in a cookie that scripts cannot read, or in the response. */
export type Transport = "COOKIE" | "BODY";

/** One entry of `errors`. */
export interface GraphQLFault {
  readonly message: string;
  readonly extensions?: {
    readonly code?: string;
    readonly reason?: string;
    readonly endReason?: string;
    readonly retryAfter?: number;
  };
}

export interface Answer {
  readonly status: number;
  readonly data: Record<string, unknown> | null;
  /** The first error; null if there is none. */
  readonly fault: GraphQLFault | null;
}

/** Where operations are sent, and how. */
export interface Endpoint {
  readonly url: string;
  readonly transport: Transport;
  readonly fetch: Fetch;
}

export interface GraphQLRequest {
  readonly query: string;
  readonly variables: object;
  /** Null: unauthenticated. */
  readonly accessToken: string | null;
  readonly timeoutMs: number;
}

/**
 * Sends one operation by `fetch`.
 *
 * @throws {AuthFailure} NO_ANSWER if the API cannot be reached, or the response is not GraphQL
 */
export const sendRequest = async (
  { url, transport, fetch }: Endpoint,
  { query, variables, accessToken, timeoutMs }: GraphQLRequest,
): Promise<Answer> => {
  const signal = globals().AbortSignal?.timeout?.(timeoutMs);
  const operationName = /\w+ (\w+)/.exec(query)?.[1];
  try {
    const sending = fetch(url, {
      method: "POST",
      headers: {
        accept: "application/graphql-response+json, application/json;q=0.9",
        "content-type": "application/json",
        ...(accessToken && { authorization: `Bearer ${accessToken}` }),
      },
      body: JSON.stringify({ operationName, query, variables }),
      credentials: transport === "COOKIE" ? "include" : "same-origin",
      // With keepalive, the response's cookie is stored even if the page is closed before it arrives. Otherwise the browser
      // would send the rotated cookie days later.
      keepalive: transport === "COOKIE",
      ...(signal !== undefined && { signal: signal as never }),
    }).then(async (response) => readAnswer(response.status, await response.json()));
    return await (signal === undefined ? Promise.race([sending, failAfter(timeoutMs)]) : sending);
  } catch (cause) {
    throw cause instanceof AuthFailure ? cause : new AuthFailure("NO_ANSWER", `No response from ${url}.`);
  }
};

/** For engines without `AbortSignal.timeout`, such as Hermes: their `fetch` may wait for ever. */
const failAfter = (milliseconds: number): Promise<never> =>
  new Promise((_, reject) => void globals().setTimeout(() => reject(new Error("Timeout.")), milliseconds));

const readAnswer = (status: number, body: unknown): Answer => {
  const { data, errors } = (body ?? {}) as { data?: Answer["data"]; errors?: readonly GraphQLFault[] };
  const [fault = null] = errors ?? [];
  // An error page of a proxy, or JSON of another service.
  if (fault === null && !data) throw new AuthFailure("NO_ANSWER", `The response (${status}) is not GraphQL.`);
  return { status, data: data ?? null, fault };
};
