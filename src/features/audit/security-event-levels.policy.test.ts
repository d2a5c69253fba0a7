import { describe, expect, it } from "vitest";
import { levelOf, typesWithin } from "./security-event-levels.policy.ts";

describe("the types that a filter of security events selects", () => {
  it("are not limited without types and levels", () => {
    expect(typesWithin(null, null)).toBeNull();
    expect(typesWithin(undefined, undefined)).toBeNull();
  });

  it("are named once each", () => {
    expect(typesWithin(["NEW_DEVICE", "LOGIN_FAILED", "NEW_DEVICE"], null)).toEqual(["NEW_DEVICE", "LOGIN_FAILED"]);
  });

  it("are all of a level, or those of the named ones that have it", () => {
    const warnings = typesWithin(null, ["WARNING"]) ?? [];
    expect(warnings).toContain("TOKEN_REUSED");
    expect(warnings.every((type) => levelOf(type) === "WARNING")).toBe(true);
    expect(typesWithin(["NEW_DEVICE", "LOGIN_FAILED"], ["WARNING", "INFO"])).toEqual(["LOGIN_FAILED"]);
    expect(typesWithin(["NEW_DEVICE"], [])).toEqual([]);
    expect(typesWithin([], null)).toEqual([]);
  });
});
