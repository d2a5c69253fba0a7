import { describe, expect, expectTypeOf, it } from "vitest";
// A test may import both sides; the package itself imports nothing from the server.
import * as server from "#shared/errors";
import { ERROR_CODES, ERROR_REASONS, errorOf, type ReasonOf } from "./errors.ts";

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
    for (const reason of server.ERROR_REASONS) {
      const extensions = { code: server.REASON_CODES[reason], reason };
      expect(errorOf({ message: "", extensions })).toMatchObject(extensions);
    }
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

  it("omits an unknown reason, and is null for anything that is not an API error", () => {
    expect(errorOf({ message: "", extensions: { code: "FORBIDDEN", reason: "NEWER" } })?.reason).toBeNull();
    for (const thrown of [null, undefined, "x", new TypeError("fetch failed"), { extensions: { code: "NEWER" } }, []])
      expect(errorOf(thrown)).toBeNull();
  });

  it("narrows the reasons by the code, at compile time too", () => {
    const error = errorOf(refusal);
    if (error?.code !== "RATE_LIMITED") throw new Error("It is RATE_LIMITED.");
    expectTypeOf(error.reason).toEqualTypeOf<"ACCOUNT_LOCKED" | "MFA_LOCKED" | null>();
    expectTypeOf<ReasonOf<"NOT_FOUND">>().toEqualTypeOf<never>();
    // @ts-expect-error: not a reason of this code
    expect(error.reason === "USERNAME_TAKEN").toBe(false);
  });

  it("omits a reason of another code", () => {
    expect(errorOf({ message: "", extensions: { code: "NOT_FOUND", reason: "MFA_LOCKED" } })?.reason).toBeNull();
  });
});
