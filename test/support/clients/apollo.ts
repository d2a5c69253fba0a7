import {
  ApolloClient,
  ApolloLink,
  CombinedGraphQLErrors,
  type ErrorLike,
  HttpLink,
  InMemoryCache,
} from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { ErrorLink } from "@apollo/client/link/error";
import { getMainDefinition } from "@apollo/client/utilities";
import { OperationTypeNode } from "graphql";
import { from, switchMap } from "rxjs";
import type { Browser } from "./browser.ts";
import { RefreshTokens, type Transport } from "./operations.ts";
import { type SendRefresh, TokenKeeper } from "./token-keeper.ts";
import { type OperationVariables, Refused, type TypedDocumentNode, type WebClient } from "./web-client.ts";

/** Apollo Client as a frontend sets it up: the token on every request; on UNAUTHENTICATED a refresh and one retry. */
export const createApolloClient = (url: string, browser: Browser, transport: Transport): WebClient => {
  const tokens = new TokenKeeper(transport);

  const authorize = new SetContextLink(({ headers }) => ({
    headers: { ...headers, ...(tokens.accessToken && { authorization: `Bearer ${tokens.accessToken}` }) },
  }));
  // Errors of the retry do not come by here again: there is one.
  const refreshAndRetry = new ErrorLink(({ error, operation, forward }) => {
    if (!isUnauthenticated(error) || !tokens.signedIn) return;
    return from(tokens.refresh(sendRefresh)).pipe(switchMap(() => forward(operation)));
  });
  const http = new HttpLink({ uri: `${url}/graphql`, fetch: browser.fetch, credentials: "include" });
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.from([refreshAndRetry, authorize, http]),
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

  const sendRefresh: SendRefresh = async (variables) => (await run(RefreshTokens, variables)).refreshToken;

  return { browser, tokens, run };
};

const isUnauthenticated = (error: ErrorLike): boolean =>
  CombinedGraphQLErrors.is(error) && error.errors.some(({ extensions }) => extensions?.code === "UNAUTHENTICATED");

const isMutation = (document: TypedDocumentNode<unknown, never>): boolean => {
  const definition = getMainDefinition(document);
  return definition.kind === "OperationDefinition" && definition.operation === OperationTypeNode.MUTATION;
};
