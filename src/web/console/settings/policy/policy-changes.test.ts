import { expect, it } from "vitest";
import { changesOf, type Policy } from "./policy-changes.ts";

const policy: Policy = {
  registration: "OPEN",
  secondFactor: "OPTIONAL",
  secondFactorAtRisk: 70,
  confirmLoginAtRisk: 40,
  maxSessions: 2,
  passwordMinLength: 8,
  passwordChangeEnds: "NONE",
};

it("contains the settings that differ, and no others", () => {
  expect(changesOf(policy, { ...policy })).toEqual({});
  expect(changesOf(policy, { ...policy, secondFactor: "REQUIRED", passwordMinLength: 12 })).toEqual({
    secondFactor: "REQUIRED",
    passwordMinLength: 12,
  });
});

it("distinguishes no limit of sessions from an unchanged limit", () => {
  expect(changesOf(policy, { ...policy, maxSessions: null })).toEqual({ maxSessions: null });
  expect(changesOf({ ...policy, maxSessions: null }, { ...policy, maxSessions: null })).toEqual({});
});
