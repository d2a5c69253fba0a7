import { type AnyVariables, Client, type CombinedError, type DocumentInput, fetchExchange } from "@urql/core";
import { authExchange } from "@urql/exchange-auth";
import { getOperationAST, OperationTypeNode } from "graphql";
import type { Browser } from "./browser.ts";
import { RefreshTokens, type Transport } from "./operations.ts";
import { TokenKeeper } from "./token-keeper.ts";
import { type OperationVariables, Refused, type TypedDocumentNode, type WebClient } from "./web-client.ts";

/** urql as a frontend sets it up, with its authExchange: the token on every request; on UNAUTHENTICATED a refresh and one retry. */
export const createUrqlClient = (url: string, browser: Browser, transport: Transport): WebClient => {
  const tokens = new TokenKeeper(transport);

  const auth = authExchange(async ({ appendHeaders, mutate }) => ({
    addAuthToOperation: (operation) =>
      tokens.accessToken ? appendHeaders(operation, { authorization: `Bearer ${tokens.accessToken}` }) : operation,
    didAuthError: ({ graphQLErrors }) => graphQLErrors.some(({ extensions }) => extensions.code === "UNAUTHENTICATED"),
    refreshAuth: () =>
      tokens.refresh(async (variables) => {
        const { data, error } = await mutate(RefreshTokens, variables);
        if (!data) throw failureOf(error);
        return data.refreshToken;
      }),
  }));
  const client = new Client({
    url: `${url}/graphql`,
    exchanges: [auth, fetchExchange],
    fetch: browser.fetch,
    fetchOptions: { credentials: "include" },
    // By default urql asks by GET, which the API refuses: variables may be secrets, and URLs are written down everywhere.
    preferGetMethod: false,
  });

  const run: WebClient["run"] = async <Data, Variables extends OperationVariables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ) => {
    const input = document as DocumentInput<Data, AnyVariables>;
    const { data, error } = await (isMutation(document)
      ? client.mutation<Data>(input, variables)
      : client.query<Data>(input, variables));
    if (error || !data) throw failureOf(error);
    return data;
  };

  return { browser, tokens, run };
};

const failureOf = (error: CombinedError | undefined): Error =>
  error && error.graphQLErrors.length > 0
    ? new Refused(error.graphQLErrors)
    : (error?.networkError ?? new Error("There is no data."));

const isMutation = (document: TypedDocumentNode<unknown, never>): boolean =>
  getOperationAST(document)?.operation === OperationTypeNode.MUTATION;
