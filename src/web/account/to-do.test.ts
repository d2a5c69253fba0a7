import { describe, expect, it } from "vitest";
import { type AccountSecurity, toDosOf } from "./to-do.ts";

const SAFE: AccountSecurity = {
  emailVerified: true,
  mfa: { enabled: true, backupCodesLeft: 10 },
  suspendedChanges: 0,
  invitations: 0,
};

describe("what an account lacks", () => {
  it("is nothing with a second factor and enough backup codes", () => {
    expect(toDosOf(SAFE)).toEqual([]);
  });

  it("is a second factor, but no backup codes for none", () => {
    expect(toDosOf({ ...SAFE, mfa: { enabled: false, backupCodesLeft: 0 } })).toEqual(["noFactor"]);
  });

  it.each([
    [3, []],
    [2, ["fewCodes"]],
    [0, ["fewCodes"]],
  ])("with %i backup codes left: %j", (backupCodesLeft, toDos) => {
    expect(toDosOf({ ...SAFE, mfa: { enabled: true, backupCodesLeft } })).toEqual(toDos);
  });

  it("comes in order of urgency", () => {
    const all = {
      emailVerified: false,
      mfa: { enabled: false, backupCodesLeft: 0 },
      suspendedChanges: 1,
      invitations: 2,
    };
    expect(toDosOf(all)).toEqual(["suspended", "noFactor", "unverified", "invited"]);
  });
});
