// A frontend's page, with one client library or another. Everything about the login is done by the helpers.
import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { Client, fetchExchange } from "@urql/core";
import { createClient } from "graphql-ws";
import { createAuthLink } from "../../src/client/apollo.ts";
import { createAuth, socketOptions } from "../../src/client/index.ts";
import { authExchange } from "../../src/client/urql.ts";

const isMutation = (query) => query.trimStart().startsWith("mutation");

/** Sends an operation and returns its data; throws an Error whose message is the code. */
const askWith = {
  apollo(auth, uri) {
    const link = ApolloLink.from([createAuthLink(auth), new HttpLink({ uri })]);
    const client = new ApolloClient({ cache: new InMemoryCache(), link });
    return async (text, variables) => {
      const document = gql(text);
      const { data } = await (isMutation(text)
        ? client.mutate({ mutation: document, variables })
        : client.query({ query: document, variables, fetchPolicy: "network-only" })
      ).catch((error) => {
        throw CombinedGraphQLErrors.is(error)
          ? new Error(error.errors[0].extensions.code)
          : new Error(error.tenantError ?? error.code ?? "NO_ANSWER");
      });
      return data;
    };
  },
  urql(auth, url) {
    const client = new Client({ url, exchanges: [authExchange(auth), fetchExchange] });
    return async (text, variables = {}) => {
      const { data, error } = await (isMutation(text)
        ? client.mutation(text, variables)
        : client.query(text, variables));
      const { tenantError, code = "NO_ANSWER" } = error?.networkError ?? {};
      if (error) throw new Error(error.graphQLErrors[0]?.extensions.code ?? tenantError ?? code);
      return data;
    };
  },
};

const LOGIN = `mutation Login($input: LoginInput!) {
  login(input: $input) { ... on LoginSuccess { tokens { accessToken refreshToken expiresIn } deviceToken session { id } } }
}`;

/** Opens the app in this page or frame, as a newly loaded page does. */
window.openApp = ({ url, transport, library, tenant }) => {
  const auth = createAuth({ url, transport, storage: transport === "BODY" ? localStorage : undefined, tenant });
  const ask = askWith[library](auth, url);
  const events = [];
  const changes = [];
  auth.onChange(({ status }) => changes.push({ status, at: Date.now() }));
  const endings = [];
  window.app = {
    events,
    endings,
    changes,
    state: () => auth.getState(),
    ready: () => auth.ready(),
    logOut: () => auth.logout(),
    switchTenant: (tenantId) => auth.switchTenant(tenantId),
    ask,
    async logIn(identifier, password) {
      const input = { identifier, password, transport };
      return (await auth.login(async () => (await ask(LOGIN, { input })).login)).session.id;
    },
    /**
     * Sends this many queries at the same time, and returns their results. They differ in a variable that they do not use, or the
     * library would send one for all.
     */
    askMany: (count) =>
      Promise.all(
        Array.from({ length: count }, (_, n) =>
          ask("query Mine { me { email } }", { n }).then(
            ({ me }) => me.email,
            (error) => error.message,
          ),
        ),
      ),
    /** Returns the tenant in which each of this many queries was answered, or the error code. */
    askTenants: (count) =>
      Promise.all(
        Array.from({ length: count }, (_, n) =>
          ask(`query Where${n} { tenant { id } }`).then(
            ({ tenant }) => tenant.id,
            (error) => error.message,
          ),
        ),
      ),
    /** Receives changes of the user's own memberships over a socket. */
    followMemberships() {
      const socket = createClient({ url: url.replace("http", "ws"), ...socketOptions(auth) });
      socket.on("connected", () => events.push("CONNECTED"));
      socket.subscribe(
        { query: "subscription { membershipChanged { kind tenantId } }" },
        {
          next: ({ data: { membershipChanged: change } }) => events.push(`${change.kind} ${change.tenantId}`),
          error: (error) => endings.push(`${error.code} ${error.reason}`),
          complete: () => endings.push("COMPLETE"),
        },
      );
    },
    /** Receives the user's own security events over a socket. */
    listen() {
      const socket = createClient({ url: url.replace("http", "ws"), ...socketOptions(auth) });
      socket.on("connected", () => events.push("CONNECTED"));
      socket.on("closed", ({ code }) => endings.push(code));
      socket.subscribe(
        { query: "subscription { securityEventOccurred { type } }" },
        {
          next: ({ data, errors }) => events.push(data?.securityEventOccurred.type ?? errors[0].extensions.code),
          error: (error) => endings.push(error.code ?? error.message ?? error),
          complete: () => endings.push("COMPLETE"),
        },
      );
    },
  };
};

/** Opens this many more instances of the app in this page, each in a frame. */
window.openFrames = (count) =>
  Promise.all(
    Array.from({ length: count }, () => {
      const frame = document.createElement("iframe");
      frame.src = location.href;
      const loaded = new Promise((resolve) => frame.addEventListener("load", resolve));
      document.body.append(frame);
      return loaded;
    }),
  );
