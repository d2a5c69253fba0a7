import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { createClient } from "graphql-ws";
import { type AuthState, createAuth, socketOptions } from "portcullis/client";
import { createAuthLink } from "portcullis/client/apollo";
import * as operations from "./operations.ts";

/** Keeps the access token in memory; the refresh token is in a cookie that no script can read. */
export const auth = createAuth({ url: "/graphql", transport: "COOKIE" });

const socket = createClient({
  url: new URL("/graphql", location.href.replace(/^http/, "ws")).href,
  ...socketOptions(auth),
});

const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: createAuthLink(auth).split(
    ({ operationType }) => operationType === "subscription",
    new GraphQLWsLink(socket),
    new HttpLink({ uri: "/graphql" }),
  ),
});

/** Calls `listener` when a user logged in or out, in this or another tab, once the data of the previous user is dropped. */
export const onUserChange = (listener: (state: AuthState) => void): void => {
  auth.onChange(async () => {
    await client.clearStore();
    listener(auth.getState());
  });
};

/** Sends one step of a login. The last one stores the tokens. */
const sendStep = (mutation: typeof operations.LOGIN, input: object): Promise<operations.LoginResult> =>
  auth.login(async () => {
    // Tokens stay out of the cache.
    const { data } = await client.mutate({ mutation, variables: { input }, fetchPolicy: "no-cache" });
    if (!data) throw new Error("The response has no data.");
    return data.step;
  });

export const logIn = (identifier: string, password: string) =>
  sendStep(operations.LOGIN, { identifier, password, transport: auth.transport });

export const verifyCode = (factor: operations.CodeFactor, challenge: string, code: string) =>
  sendStep(operations.VERIFY[factor], { challenge, code });

export const resumeLogin = (challenge: string) => sendStep(operations.RESUME_LOGIN, { challenge });

export const listSessions = async (): Promise<readonly operations.Session[]> => {
  const { data } = await client.query({ query: operations.SESSIONS, fetchPolicy: "network-only" });
  return data?.sessions ?? [];
};

/** Calls `onEvent` at each security event of the user, such as a login on another device; returns a function that stops it. */
export const followSecurityEvents = (onEvent: () => void): (() => void) => {
  const following = client.subscribe({ query: operations.SECURITY_EVENTS }).subscribe(onEvent);
  return () => following.unsubscribe();
};
