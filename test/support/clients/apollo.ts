import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache } from "@apollo/client";
import { getMainDefinition } from "@apollo/client/utilities";
import { OperationTypeNode } from "graphql";
import { createAuthLink } from "../../../src/client/apollo.ts";
import { createAuth } from "../../../src/client/index.ts";
import type { Browser } from "./browser.ts";
import type { Transport } from "./operations.ts";
import { type OperationVariables, Refused, type TypedDocumentNode, type WebClient } from "./web-client.ts";

/** Apollo Client as a frontend sets it up, with the helpers' link. */
export const createApolloClient = (url: string, browser: Browser, transport: Transport): WebClient => {
  const auth = createAuth({ url: `${url}/graphql`, transport, fetch: browser.fetch });
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.from([createAuthLink(auth), new HttpLink({ uri: `${url}/graphql`, fetch: browser.fetch })]),
  });

  const run: WebClient["run"] = async <Data, Variables extends OperationVariables>(
    document: TypedDocumentNode<Data, Variables>,
    given: Variables,
  ) => {
    const variables: OperationVariables = given;
    const { data } = await (isMutation(document)
      ? client.mutate<unknown, OperationVariables>({ mutation: document, variables })
      : client.query<unknown, OperationVariables>({ query: document, variables, fetchPolicy: "network-only" })
    ).catch((error: unknown) => {
      throw CombinedGraphQLErrors.is(error) ? new Refused(error.errors) : error;
    });
    return data as Data;
  };

  return { browser, auth, run };
};

const isMutation = (document: TypedDocumentNode<unknown, never>): boolean => {
  const definition = getMainDefinition(document);
  return definition.kind === "OperationDefinition" && definition.operation === OperationTypeNode.MUTATION;
};
