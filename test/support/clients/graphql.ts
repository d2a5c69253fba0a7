import type { initGraphQLTada, ResultOf } from "gql.tada";
import { postJson } from "./http.ts";
import type { introspection } from "./schema-types.d.ts";

export interface GraphQLErrorAnswer {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: {
    readonly code: string;
    readonly status: number;
    readonly reason?: string;
    readonly fields?: readonly { readonly path: string; readonly message: string }[];
    readonly attemptsLeft?: number;
    readonly retryAfter?: number;
  };
}

export interface GraphQLAnswer<Data> {
  readonly status: number;
  readonly headers: Headers;
  readonly data: Data | null;
  readonly errors: readonly GraphQLErrorAnswer[];
}

/** Untyped response data: the operation is put together when the test runs, and expectations check the shape. */
export type UntypedData = ReturnType<typeof JSON.parse>;

declare const infer: ReturnType<
  typeof initGraphQLTada<{
    introspection: introspection;
    scalars: {
      DateTime: string;
      EmailAddress: string;
      IPAddress: string;
      Locale: string;
      URL: string;
      JSONObject: UntypedData;
    };
  }>
>;

/** Never called; only its type is used. */
const documentOf = <const Operation extends string>(operation: Operation) => infer(operation);

/** The type of an operation's result, derived from its text and schema.graphql: `gql.tada` parses the text as a type. */
export type Answer<Operation extends string> = string extends Operation
  ? UntypedData
  : ResultOf<ReturnType<typeof documentOf<Operation>>>;

/** A client like a browser or an app: it keeps cookies and, once signed in, sends its access token. */
export class GraphQLClient {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly cookies = new Map<string, string>();
  accessToken: string | null = null;
  refreshToken: string | null = null;
  deviceToken: string | null = null;

  constructor(url: string, headers: Readonly<Record<string, string>> = {}) {
    this.#url = url;
    this.#headers = headers;
  }

  /**
   * Sends one operation.
   * @returns the whole response
   */
  async send<const Operation extends string, Data = Answer<Operation>>(
    query: Operation,
    variables: Readonly<Record<string, unknown>> = {},
  ): Promise<GraphQLAnswer<Data>> {
    const response = await postJson(
      `${this.#url}/graphql`,
      { query, variables },
      {
        ...(this.accessToken && { authorization: `Bearer ${this.accessToken}` }),
        ...(this.cookies.size > 0 && {
          cookie: [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        }),
        ...this.#headers,
      },
    );
    for (const cookie of response.headers.getSetCookie()) this.#keep(cookie);
    const body = JSON.parse(response.text) as { data?: Data | null; errors?: GraphQLErrorAnswer[] };
    return { status: response.status, headers: response.headers, data: body.data ?? null, errors: body.errors ?? [] };
  }

  /**
   * Sends one operation that must succeed.
   * @returns its data
   */
  async ask<const Operation extends string, Data = Answer<Operation>>(
    query: Operation,
    variables: Readonly<Record<string, unknown>> = {},
  ): Promise<Data> {
    const { data, errors } = await this.send<Operation, Data>(query, variables);
    if (errors.length > 0 || data === null) throw new Error(`The operation failed: ${JSON.stringify(errors)}`);
    return data;
  }

  /**
   * Sends one operation that must be refused.
   * @returns the first error's extensions
   */
  async refused(
    query: string,
    variables: Readonly<Record<string, unknown>> = {},
  ): Promise<GraphQLErrorAnswer["extensions"]> {
    const { data, errors } = await this.send(query, variables);
    const [error] = errors;
    if (!error) throw new Error(`The operation was not refused: ${JSON.stringify(data)}`);
    return error.extensions;
  }

  #keep(cookie: string): void {
    const [pair = "", ...attributes] = cookie.split(";");
    const [name = "", ...value] = pair.split("=");
    const expires = attributes.find((attribute) => /^\s*expires=/i.test(attribute))?.split("=")[1];
    if (expires && new Date(expires).getTime() <= 0) this.cookies.delete(name);
    else this.cookies.set(name, value.join("="));
  }
}
