import { once } from "node:events";
import { connect } from "node:net";
import type { GraphQLErrorAnswer } from "./graphql.ts";
import { postJson } from "./http.ts";

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly errors: readonly GraphQLErrorAnswer[];
}

/** Posts this body to /graphql unchanged, for requests that no client library would send. */
export const post = async (
  target: { readonly url: string },
  body: string | Uint8Array<ArrayBuffer> | object,
  headers: Readonly<Record<string, string>> = {},
): Promise<RawAnswer> => {
  const url = `${target.url}/graphql`;
  if (typeof body === "object" && !(body instanceof Uint8Array)) {
    const answer = await postJson(url, body, headers);
    return { ...answer, errors: errorsIn(answer.text) };
  }
  return read(await fetch(url, { method: "POST", headers: { "content-type": "application/json", ...headers }, body }));
};

/** Sends a GET request to a path of the API, by default /graphql. */
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

/**
 * Sends this text over a new connection, for requests that `fetch` cannot send. The text must request that the connection is
 * closed.
 */
export const sendText = async ({ url }: { readonly url: string }, text: string): Promise<RawAnswer> => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname.replace(/[[\]]/g, ""));
  socket.on("error", () => {});
  let answer = "";
  socket.setEncoding("utf8").on("data", (chunk) => {
    answer += chunk;
  });
  socket.write(text);
  await once(socket, "close");
  const [head = "", ...body] = answer.split("\r\n\r\n");
  const [line = "", ...fields] = head.split("\r\n");
  const headers = new Headers();
  for (const field of fields) headers.append(field.slice(0, field.indexOf(":")), field.slice(field.indexOf(":") + 1));
  const content = body.join("\r\n\r\n");
  return { status: Number(line.split(" ")[1] ?? 0), headers, text: content, errors: errorsIn(content) };
};
