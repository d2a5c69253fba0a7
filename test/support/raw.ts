import type { GraphQLErrorAnswer } from "./graphql.ts";

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly errors: readonly GraphQLErrorAnswer[];
}

/** Posts this body to /graphql as it is: for requests that no client library would send. */
export const post = async (
  { url }: { readonly url: string },
  body: string | Uint8Array<ArrayBuffer> | object,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> => {
  const asIs = typeof body === "string" || body instanceof Uint8Array;
  return read(
    await fetch(`${url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: asIs ? body : JSON.stringify(body),
    }),
  );
};

/** Asks for an address of the API, /graphql unless said otherwise. */
export const get = async (
  { url }: { readonly url: string },
  { path = "/graphql", ...search }: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> => read(await fetch(`${url}${path}?${new URLSearchParams(search)}`, { headers }));

const read = async (response: Response): Promise<RawAnswer> => {
  const text = await response.text();
  const { status, headers } = response;
  return { status, headers, text, errors: errorsIn(text) };
};

const errorsIn = (text: string): readonly GraphQLErrorAnswer[] => {
  try {
    return (JSON.parse(text) as { errors?: GraphQLErrorAnswer[] }).errors ?? [];
  } catch {
    return [];
  }
};
