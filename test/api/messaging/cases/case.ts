import { expect } from "vitest";
import type { ServiceRequest } from "../../../support/clients/transports.ts";
import type { SignedInUser } from "../../../support/factories/users.ts";
import type { TestApp } from "../../../support/servers/app.ts";

/** A request. Without `client` it comes from a new address. */
export interface Question extends Partial<ServiceRequest> {
  /** The user whose account must be unchanged if the request is refused. */
  readonly person?: { readonly id: string };
}

/** A request, and the response through both transports. */
export interface Case {
  readonly title: string;
  /** Prepares users for this case only, and returns the request. */
  readonly given: (app: TestApp) => Promise<Question>;
  /** Either data or an error, with the fields to compare. */
  readonly told: { readonly data: object } | { readonly error: object };
  /** Set for a refusal that ends a session. */
  readonly changes?: true;
}

export const UNAUTHENTICATED = { error: { code: "UNAUTHENTICATED", status: 401 } };
export const badInput = (...paths: readonly string[]) => ({
  error: { code: "BAD_USER_INPUT", status: 400, fields: paths.map((path) => expect.objectContaining({ path })) },
});
export const forbidden = (reason: string) => ({ error: { code: "FORBIDDEN", status: 403, reason } });

export const logInAs = ({ email, password }: Pick<SignedInUser, "email" | "password">, more: object = {}) => ({
  input: { identifier: email, password, ...more },
});
export const tokenOf = ({ client }: Pick<SignedInUser, "client">): string => client.accessToken ?? "";
export const signedIn = (person: SignedInUser, input?: object): Question => ({
  person,
  accessToken: tokenOf(person),
  ...(input && { input }),
});
