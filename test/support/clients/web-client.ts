import type { OperationVariables, TypedDocumentNode } from "@apollo/client";
import type { Auth } from "../../../src/client/index.ts";
import type { Browser } from "./browser.ts";
import type { GraphQLErrorAnswer } from "./graphql.ts";

export type { OperationVariables, TypedDocumentNode };

/** What the stories need of a GraphQL client, so that each is written once and run with every client. */
export interface WebClient {
  readonly browser: Browser;
  readonly auth: Auth;
  /**
   * Sends one operation past any cache.
   * @throws {Refused} if the response has errors
   */
  run<Data, Variables extends OperationVariables>(
    document: TypedDocumentNode<Data, Variables>,
    variables: Variables,
  ): Promise<Data>;
}

export type ErrorExtensions = GraphQLErrorAnswer["extensions"];

interface ClientError {
  readonly message: string;
  readonly path?: readonly (string | number)[] | undefined;
  readonly extensions?: Readonly<Record<string, unknown>>;
}

/** GraphQL errors, as the client library found them in the response, for any HTTP status. */
export class Refused extends Error {
  readonly extensions: ErrorExtensions;
  /** Which field failed; undefined if the whole operation was refused. */
  readonly path: readonly (string | number)[] | undefined;

  constructor(errors: readonly ClientError[]) {
    super(errors[0]?.message);
    this.name = "Refused";
    this.extensions = errors[0]?.extensions as unknown as ErrorExtensions;
    this.path = errors[0]?.path;
  }
}

/** The extensions of a refusal; anything else, including success, fails the test. */
export const refusalOf = async (running: Promise<unknown>): Promise<ErrorExtensions> =>
  (await refusedOf(running)).extensions;

export const refusedOf = async (running: Promise<unknown>): Promise<Refused> => {
  const outcome = await running.then(
    (data) => new Error(`It was not refused: ${JSON.stringify(data)}`),
    (error: unknown) => error,
  );
  if (outcome instanceof Refused) return outcome;
  throw outcome;
};
