import { expect } from "vitest";
import type { ServiceRequest } from "../../../support/clients/doors.ts";
import type { Actor } from "../../../support/factories/actors.ts";
import type { TestApp } from "../../../support/servers/app.ts";

/** What is asked; what is left out is asked from anywhere. */
export interface Question extends Partial<ServiceRequest> {
  /** Who must be as before where the request is refused. */
  readonly person?: { readonly id: string };
}

/** One question, and what is told by whichever door. */
export interface Case {
  readonly title: string;
  /** Sets the stage, with people of its own, and answers what is asked then. */
  readonly given: (app: TestApp) => Promise<Question>;
  /** One of the two, and what of it matters. */
  readonly told: { readonly data: object } | { readonly error: object };
  /** A refusal that ends something. */
  readonly changes?: true;
}

export const UNAUTHENTICATED = { error: { code: "UNAUTHENTICATED", status: 401 } };
export const badInput = (...paths: readonly string[]) => ({
  error: { code: "BAD_USER_INPUT", status: 400, fields: paths.map((path) => expect.objectContaining({ path })) },
});
export const forbidden = (reason: string) => ({ error: { code: "FORBIDDEN", status: 403, reason } });

export const logInAs = ({ email, password }: Pick<Actor, "email" | "password">, more: object = {}) => ({
  input: { identifier: email, password, ...more },
});
export const tokenOf = ({ client }: Pick<Actor, "client">): string => client.accessToken ?? "";
export const signedIn = (person: Actor, input?: object): Question => ({
  person,
  accessToken: tokenOf(person),
  ...(input && { input }),
});
