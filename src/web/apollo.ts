import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { createClient } from "graphql-ws";
import { createAuthLink } from "../client/apollo.ts";
import { socketOptions } from "../client/index.ts";
import { auth } from "./auth.ts";
import { POSSIBLE_TYPES } from "./possible-types.documents.ts";

const uri = "/graphql";
const socketUrl = new URL(uri, location.href.replace(/^http/, "ws")).href;

const live = new GraphQLWsLink(createClient({ url: socketUrl, ...socketOptions(auth) }));
const requests = ApolloLink.from([createAuthLink(auth), new HttpLink({ uri })]);

export const apollo = new ApolloClient({
  cache: new InMemoryCache({ possibleTypes: POSSIBLE_TYPES }),
  link: ApolloLink.split(({ operationType }) => operationType === "subscription", live, requests),
});

// Another user, or the same one in another tenant: nothing that was shown before may remain.
let shown = auth.getState();
auth.onChange((state) => {
  const isOther = state.sessionId !== shown.sessionId || state.tenantId !== shown.tenantId;
  shown = state;
  if (isOther) void apollo.clearStore();
});
