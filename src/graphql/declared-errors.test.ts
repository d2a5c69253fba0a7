import type { GraphQLField } from "graphql";
import { describe, expect, it } from "vitest";
import type { RequestContext } from "#platform/schema/context";
import { AppError, type ErrorName } from "#shared/errors";
import type { AccessRules } from "./access-rules.ts";
import { listedErrors, logUndeclared } from "./declared-errors.ts";

const OPEN: AccessRules = {
  public: true,
  isMarked: false,
  permission: null,
  operator: false,
  reauth: null,
  enrols: false,
  rateLimit: null,
};

const fieldWith = (fails?: readonly ErrorName[]) =>
  ({ name: "open", extensions: { fails } }) as unknown as GraphQLField<unknown, RequestContext>;

describe("listedErrors", () => {
  it("returns what @Fails declares, sorted", () => {
    expect(listedErrors(fieldWith(["NOT_FOUND", "CONFLICT"]), OPEN)).toEqual(["CONFLICT", "NOT_FOUND"]);
    expect(listedErrors(fieldWith([]), OPEN)).toEqual([]);
  });

  it("adds the errors of the access rules, once", () => {
    const rateLimit = { limit: 1, window: 1, per: [] };
    const strict = {
      ...OPEN,
      public: false,
      permission: "users:manage",
      reauth: { orTicket: false },
      rateLimit,
    } as const;
    expect(listedErrors(fieldWith(["RATE_LIMITED"]), strict)).toEqual([
      "FORBIDDEN/ENROLMENT_REQUIRED",
      "FORBIDDEN/MISSING_PERMISSION",
      "RATE_LIMITED",
      "REAUTHENTICATION_REQUIRED",
      "UNAUTHENTICATED",
    ]);
    expect(listedErrors(fieldWith([]), { ...OPEN, public: false, enrols: true })).toEqual(["UNAUTHENTICATED"]);
  });

  it("throws for a mutation without @Fails", () => {
    expect(() => listedErrors(fieldWith(), OPEN)).toThrow("Mutation.open does not declare its errors");
  });
});

describe("logUndeclared", () => {
  const logged = (error: unknown): unknown[] => {
    const lines: unknown[] = [];
    const log = { error: (line: unknown) => void lines.push(line) };
    logUndeclared(log, { field: "Mutation.open", listed: ["CONFLICT"], error, context: { requestId: "r" } });
    return lines;
  };

  it("logs a code or reason that the list lacks", () => {
    const line = { reqId: "r", field: "Mutation.open" };
    expect(logged(new AppError("CONFLICT", { reason: "EMAIL_TAKEN" }))).toEqual([
      { ...line, undeclared: "CONFLICT/EMAIL_TAKEN" },
    ]);
    expect(logged(new AppError("NOT_FOUND"))).toEqual([{ ...line, undeclared: "NOT_FOUND" }]);
  });

  it("does not log listed errors, errors that every mutation can return, or unknown exceptions", () => {
    for (const error of [new AppError("CONFLICT"), new AppError("BAD_USER_INPUT"), new TypeError("bug")])
      expect(logged(error)).toEqual([]);
  });
});
