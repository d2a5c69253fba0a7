import { describe, expect, it } from "vitest";
import type { UserId } from "#shared/ids";
import { subjectOf } from "./security-events.policy.ts";

const ALICE = "01920000-0000-7000-8000-00000000000a" as UserId;
const BOB = "01920000-0000-7000-8000-00000000000b" as UserId;
const user = { userId: ALICE, permissions: [], isOperator: false } as const;
const admin = { userId: ALICE, permissions: ["audit:read"], isOperator: false } as const;

describe("subjectOf", () => {
  it("is the viewer if no user is named", () => {
    expect(subjectOf(user, undefined)).toBe(ALICE);
    expect(subjectOf(user, null)).toBe(ALICE);
  });

  it("lets users name themselves, in either case of the id", () => {
    expect(subjectOf(user, ALICE.toUpperCase())).toBe(ALICE);
  });

  it.each([BOB, "not an id", ""])("refuses a plain user who names %j, whether or not that user exists", (named) => {
    expect(() => subjectOf(user, named)).toThrow(
      expect.objectContaining({ code: "FORBIDDEN", reason: "MISSING_PERMISSION" }),
    );
  });

  it("lets admins name others", () => {
    expect(subjectOf(admin, BOB)).toBe(BOB);
  });

  it("reports NOT_FOUND to an admin for a malformed id", () => {
    expect(() => subjectOf(admin, "not an id")).toThrow(expect.objectContaining({ code: "NOT_FOUND" }));
  });
});
