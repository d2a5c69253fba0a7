import { describe, expect, it } from "vitest";
// A test may look at both sides: the package itself imports nothing of the server.
import * as server from "#shared/errors";
import { ERROR_CODES, ERROR_REASONS, errorOf } from "./errors.ts";

const refusal = {
  message: "Too many.",
  extensions: { code: "RATE_LIMITED", status: 429, reason: "MFA_LOCKED", retryAfter: 9 },
};
const expected = {
  code: "RATE_LIMITED",
  reason: "MFA_LOCKED",
  message: "Too many.",
  fields: [],
  attemptsLeft: null,
  retryAfter: 9,
};

describe("the codes and reasons of the client package", () => {
  it("are those of the API", () => {
    expect([...ERROR_CODES]).toEqual(Object.keys(server.ERROR_STATUS).toSorted());
    expect([...ERROR_REASONS]).toEqual([...server.ERROR_REASONS].toSorted());
  });
});

describe("errorOf", () => {
  it.each([
    ["one error of a response", refusal],
    ["a list of errors", [{ message: "?" }, refusal]],
    ["Apollo Client's CombinedGraphQLErrors", Object.assign(new Error("x"), { errors: [refusal] })],
    ["Apollo Client's and urql's older shape", Object.assign(new Error("x"), { graphQLErrors: [refusal] })],
  ])("reads %s", (_, thrown) => {
    expect(errorOf(thrown)).toEqual(expected);
  });

  it("returns the fields of an input and the attempts that remain", () => {
    const fields = [{ path: "input.email", message: "Use an e-mail address." }];
    expect(errorOf({ message: "", extensions: { code: "BAD_USER_INPUT", fields } })?.fields).toEqual(fields);
    expect(errorOf({ message: "", extensions: { code: "INVALID_CODE", attemptsLeft: 2 } })?.attemptsLeft).toBe(2);
  });

  it("leaves out a reason that it does not know, and is null for what is no error of the API", () => {
    expect(errorOf({ message: "", extensions: { code: "FORBIDDEN", reason: "NEWER" } })?.reason).toBeNull();
    for (const thrown of [null, undefined, "x", new TypeError("fetch failed"), { extensions: { code: "NEWER" } }, []])
      expect(errorOf(thrown)).toBeNull();
  });
});
