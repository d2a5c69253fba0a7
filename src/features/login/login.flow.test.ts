import { describe, expect, it } from "vitest";
import type { MfaState } from "./factors/mfa.policy.ts";
import { afterFirstFactor } from "./login.flow.ts";

const none: MfaState = { totp: false, passkeys: 0, backupCodesLeft: 0, chosenFactor: null };
const lax = { requireSecondFactor: false };
const strict = { requireSecondFactor: true };

describe("after a right password", () => {
  it("an account without a second factor is let in", () => {
    expect(afterFirstFactor(none, lax)).toEqual({ kind: "SESSION" });
  });

  it.each([
    ["TOTP", { totp: true }, ["TOTP"]],
    ["TOTP with backup codes", { totp: true, backupCodesLeft: 3 }, ["TOTP", "BACKUP_CODE"]],
    ["a passkey", { passkeys: 2 }, ["PASSKEY"]],
    ["both, a passkey first", { totp: true, passkeys: 1, backupCodesLeft: 10 }, ["PASSKEY", "TOTP", "BACKUP_CODE"]],
    ["both, TOTP chosen", { totp: true, passkeys: 1, chosenFactor: "TOTP" }, ["TOTP", "PASSKEY"]],
    ["TOTP, where a passkey was chosen that is gone", { totp: true, chosenFactor: "PASSKEY" }, ["TOTP"]],
  ] as const)("an account with %s proves it, whatever its tenant demands", (_, has, factors) => {
    for (const policy of [lax, strict])
      expect(afterFirstFactor({ ...none, ...has }, policy)).toEqual({
        kind: "SECOND_FACTOR",
        reason: "SECOND_FACTOR_ENABLED",
        factors,
      });
  });

  it("an account without one proves its mailbox where the tenant demands a second factor", () => {
    expect(afterFirstFactor(none, strict)).toEqual({
      kind: "SECOND_FACTOR",
      reason: "TENANT_POLICY",
      factors: ["EMAIL_CODE"],
    });
  });

  it("backup codes that no factor is left for ask for nothing", () => {
    expect(afterFirstFactor({ ...none, backupCodesLeft: 4 }, lax)).toEqual({ kind: "SESSION" });
  });
});
