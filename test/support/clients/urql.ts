import { type AnyVariables, Client, type CombinedError, type DocumentInput, fetchExchange } from "@urql/core";
import { getOperationAST, OperationTypeNode } from "graphql";
import { createAuth } from "../../../src/client/index.ts";
import { authExchange } from "../../../src/client/urql.ts";
import type { Browser } from "./browser.ts";
import type { Transport } from "./operations.ts";
import { type OperationVariables, Refused, type TypedDocumentNode, type WebClient } from "./web-client.ts";

/** urql as a frontend sets it up, with the helpers' exchange. */
export const createUrqlClient = (url: string, browser: Browser, transport: Transport): WebClient => {
  const auth = createAuth({ url: `${url}/graphql`, transport, fetch: browser.fetch });
  const client = new Client({
    url: `${url}/graphql`,
    exchanges: [authExchange(auth), fetchExchange],
    fetch: browser.fetch,
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

  return { browser, auth, run };
};

const failureOf = (error: CombinedError | undefined): Error =>
  error && error.graphQLErrors.length > 0
    ? new Refused(error.graphQLErrors)
    : (error?.networkError ?? new Error("The response has no data."));

const isMutation = (document: TypedDocumentNode<unknown, never>): boolean =>
  getOperationAST(document)?.operation === OperationTypeNode.MUTATION;
