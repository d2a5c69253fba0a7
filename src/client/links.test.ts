import {
  ApolloClient,
  ApolloLink,
  CombinedGraphQLErrors,
  gql,
  HttpLink,
  InMemoryCache,
  Observable,
} from "@apollo/client";
import { Client, type Exchange, fetchExchange } from "@urql/core";
import { describe, expect, it, vi } from "vitest";
import { filter, map, pipe, subscribe } from "wonka";
import { WAIT } from "../../test/support/timeouts.ts";
import { createAuthLink } from "./apollo.ts";
import type { Grant } from "./auth.ts";
import { AuthFailure } from "./failure.ts";
import { authExchange } from "./urql.ts";

const URL = "http://api.test/graphql";

const grantOf = (token: string | null, again = false): Grant => ({
  token,
  sessionId: token && "alice-1",
  tenantId: null,
  headers: token === null ? {} : { authorization: `Bearer ${token}` },
  again,
});

/** A login whose first token is refused once. */
const newAuth = (transport: "COOKIE" | "BODY" = "COOKIE") => ({
  transport,
  authorize: vi.fn(async (): Promise<Grant> => grantOf("old")),
  renew: vi.fn(async ({ again }: Grant): Promise<Grant | null> => (again ? null : grantOf("new", true))),
});

type FakeAuth = ReturnType<typeof newAuth>;

const refusal = (code: string) => ({ message: "No.", extensions: { code } });
const UNAUTHENTICATED = { data: null, errors: [refusal("UNAUTHENTICATED")] };

/** Responds with these in order; the last one repeats. */
const answering = (...answers: object[]) =>
  vi.fn(async (_url: unknown, _init?: RequestInit) => {
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    return new Response(JSON.stringify(answer), {
      status: answer && "data" in answer && answer.data === null ? 401 : 200,
      headers: { "content-type": "application/graphql-response+json" },
    });
  });

type FakeFetch = ReturnType<typeof answering>;

interface Sent {
  /** What was delivered: data, or the code or error. */
  readonly results: unknown[];
  stop(): void;
}

/** Sends an operation with a custom header. */
type Send = (auth: FakeAuth, fetch: FakeFetch, query: string) => Sent;

const headers = { "x-frontend": "shop" };

const withApollo: Send = (auth, fetch, query) => {
  const results: unknown[] = [];
  const link = ApolloLink.from([createAuthLink(auth), new HttpLink({ uri: URL, fetch: fetch as never })]);
  const client = new ApolloClient({ cache: new InMemoryCache(), link });
  const sending = ApolloLink.execute(link, { query: gql(query), context: { headers } }, { client }).subscribe({
    next: ({ data, errors }) => results.push(errors?.[0]?.extensions?.code ?? data),
    error: (error) => results.push(CombinedGraphQLErrors.is(error) ? error.errors[0]?.extensions?.code : error),
  });
  return { results, stop: () => sending.unsubscribe() };
};

const withUrql: Send = (auth, fetch, query) => {
  const results: unknown[] = [];
  const client = new Client({ url: URL, fetch: fetch as never, exchanges: [authExchange(auth), fetchExchange] });
  const context = { fetchOptions: { headers } };
  const source = query.startsWith("mutation") ? client.mutation(query, {}, context) : client.query(query, {}, context);
  const { unsubscribe } = pipe(
    source,
    map(({ data, error }) => error?.graphQLErrors[0]?.extensions.code ?? error?.networkError ?? data),
    subscribe((result) => results.push(result)),
  );
  return { results, stop: unsubscribe };
};

const sentTokens = (fetch: FakeFetch) =>
  fetch.mock.calls.map(([, init]) => new Headers(init?.headers).get("authorization"));

describe.each([
  ["Apollo Client", withApollo],
  ["urql", withUrql],
])("%s", (_, send) => {
  const until = (check: () => void) => vi.waitFor(check, { ...WAIT, interval: 2 });

  it.each([
    ["COOKIE", "include"],
    ["BODY", "same-origin"],
  ] as const)(
    "sends operations with the token, by %s with credentials %s, and with what else they have",
    async (transport, credentials) => {
      const fetch = answering({ data: { a: 1 } });
      const { results } = send(newAuth(transport), fetch, "{ a }");
      await until(() => expect(results).toEqual([{ a: 1 }]));
      const [, init] = fetch.mock.calls[0] ?? [];
      expect(init).toMatchObject({ method: "POST" });
      expect(init?.credentials ?? "same-origin").toBe(credentials);
      expect(new Headers(init?.headers).get("authorization")).toBe("Bearer old");
      expect(new Headers(init?.headers).get("x-frontend")).toBe("shop");
    },
  );

  it.each(["{ a }", "mutation { a }"])("repeats %s once, with the new token", async (query) => {
    const auth = newAuth();
    const fetch = answering(UNAUTHENTICATED, { data: { a: 1 } });
    const { results } = send(auth, fetch, query);
    await until(() => expect(results).toEqual([{ a: 1 }]));
    expect(sentTokens(fetch)).toEqual(["Bearer old", "Bearer new"]);
    expect(auth.renew).toHaveBeenCalledTimes(1);
  });

  it("repeats a partially executed query", async () => {
    const fetch = answering(
      { data: { a: 1, b: null }, errors: [refusal("UNAUTHENTICATED")] },
      { data: { a: 1, b: 2 } },
    );
    const { results } = send(newAuth(), fetch, "{ a b }");
    await until(() => expect(results).toEqual([{ a: 1, b: 2 }]));
  });

  it("does not repeat a partially executed mutation", async () => {
    const auth = newAuth();
    const fetch = answering({ data: { a: 1, b: null }, errors: [refusal("UNAUTHENTICATED")] });
    const { results } = send(auth, fetch, "mutation { a b }");
    await until(() => expect(results).toEqual(["UNAUTHENTICATED"]));
    expect(fetch).toHaveBeenCalledTimes(1);
    expect(auth.renew).not.toHaveBeenCalled();
  });

  it("passes on the result that is refused again", async () => {
    const fetch = answering(UNAUTHENTICATED);
    const { results } = send(newAuth(), fetch, "{ a }");
    await until(() => expect(results).toEqual(["UNAUTHENTICATED"]));
    expect(sentTokens(fetch)).toEqual(["Bearer old", "Bearer new"]);
  });

  it.each(["FORBIDDEN", "REAUTHENTICATION_REQUIRED", "SERVICE_UNAVAILABLE", "INVALID_CREDENTIALS"])(
    "does not renew for %s",
    async (code) => {
      const auth = newAuth();
      const { results } = send(auth, answering({ data: null, errors: [refusal(code)] }), "{ a }");
      await until(() => expect(results).toEqual([code]));
      expect(auth.renew).not.toHaveBeenCalled();
    },
  );

  it.each(["authorize", "renew"] as const)("fails if no tokens are available, at %s", async (step) => {
    const auth = newAuth();
    const failure = new AuthFailure("SERVICE_UNAVAILABLE", "Try again later.", 1);
    auth[step].mockRejectedValue(failure);
    const { results } = send(auth, answering(UNAUTHENTICATED), "{ a }");
    await until(() => expect(results).toEqual([failure]));
  });

  it.each(["authorize", "renew"] as const)("sends nothing after unsubscribing, at %s", async (step) => {
    const auth = newAuth();
    let goOn = () => {};
    auth[step].mockReturnValueOnce(
      new Promise((resolve) => {
        goOn = () => resolve(grantOf("late", true));
      }),
    );
    const fetch = answering(UNAUTHENTICATED);
    const { results, stop } = send(auth, fetch, "{ a }");
    await until(() => expect(auth[step]).toHaveBeenCalled());
    const sent = fetch.mock.calls.length;
    stop();
    goOn();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([results, fetch.mock.calls.length]).toEqual([[], sent]);
  });
});

it("leaves Apollo Client's subscriptions to the socket", async () => {
  const auth = newAuth();
  const forward = vi.fn(() => new Observable<never>(() => {}));
  const link = createAuthLink(auth).concat(new ApolloLink(forward));
  const client = new ApolloClient({ cache: new InMemoryCache(), link });
  ApolloLink.execute(link, { query: gql("subscription { a }") }, { client }).subscribe({});
  expect(forward).toHaveBeenCalledTimes(1);
  expect(auth.authorize).not.toHaveBeenCalled();
});

it("leaves urql's subscriptions to the socket", () => {
  const auth = newAuth();
  const forwarded: string[] = [];
  const socket: Exchange = () => (operations) =>
    pipe(
      operations,
      filter(({ kind }) => {
        forwarded.push(kind);
        return false;
      }),
      map(() => {
        throw new Error("Nothing arrived.");
      }),
    );
  const client = new Client({ url: URL, exchanges: [authExchange(auth), socket] });
  pipe(
    client.subscription("subscription { a }", {}),
    subscribe(() => {}),
  ).unsubscribe();
  expect(forwarded).toEqual(["subscription", "teardown"]);
  expect(auth.authorize).not.toHaveBeenCalled();
});
