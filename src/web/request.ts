import { sender } from "../client/login/execute.ts";
import { auth } from "./auth.ts";

/** A GraphQL document as text, with the types of its data and variables. Its root field has the alias `payload`. */
export type TextDocument<Data, Variables> = string & {
  readonly Data?: Data;
  readonly Variables?: Variables;
};

const send = sender(auth);

/**
 * Sends an operation of a page that loads no GraphQL client.
 *
 * @returns the value of its root field
 * @throws what `errorOf` understands
 */
export const request = <Payload, Variables extends object>(
  document: TextDocument<{ payload: Payload }, Variables>,
  variables: Variables,
): Promise<Payload> => send<Payload>({ query: document, variables, isPublic: true });

/** As `request`, as the signed-in user. */
export const requestAsUser = <Payload, Variables extends object>(
  document: TextDocument<{ payload: Payload }, Variables>,
  variables: Variables,
): Promise<Payload> => send<Payload>({ query: document, variables, isPublic: false });
