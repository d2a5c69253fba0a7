import { expect, it } from "vitest";
import { meetsSecondFactorRule } from "./tenant-entry.ts";

it.each([
  [["PASSWORD"], "OPTIONAL", false, true],
  [["PASSWORD"], "REQUIRED", false, false],
  [["PASSWORD", "EMAIL_CODE"], "REQUIRED", false, true],
  [["PASSWORD", "EMAIL_CODE"], "REQUIRED", true, false],
  [["EMAIL_CODE"], "REQUIRED", false, false],
  [["PASSWORD", "TOTP"], "REQUIRED", true, true],
  [["PASSKEY"], "REQUIRED", true, true],
  [["PASSWORD", "EMAIL_CODE"], "REQUIRED_OWN", false, false],
  [["PASSWORD", "TOTP"], "REQUIRED_OWN", true, true],
] as const)("a session with %j meets the rule %s, own factor %s: %s", (methods, rule, hasOwnFactor, met) => {
  expect(meetsSecondFactorRule(methods, rule, { hasOwnFactor })).toBe(met);
});
