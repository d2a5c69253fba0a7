import { describe, expect, it } from "vitest";
import { logoutScopes } from "./logout-scopes.ts";

describe("the sessions that a change of the password can end", () => {
  it.each([
    ["NONE", ["OTHERS", "ALL", "NONE"]],
    ["OTHERS", ["OTHERS", "ALL"]],
    ["ALL", ["ALL"]],
  ] as const)("at least %s: %s", (minimum, scopes) => {
    expect(logoutScopes(minimum)).toEqual(scopes);
  });
});
