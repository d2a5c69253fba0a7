import { describe, expect, it } from "vitest";
import { DAY } from "../../../../shared/durations.ts";
import { mayRequestReset } from "./factor-resets.policy.ts";

const now = new Date("2026-03-20T12:00:00Z");
const ago = (milliseconds: number): Date => new Date(now.getTime() - milliseconds);
const usual = { roles: ["USER"], passwordSetByMailAt: null, lastDoneAt: null } as const;

describe("a reset of lost factors", () => {
  it("may be requested by a user whose first factor does not come from the mailbox", () => {
    expect(mayRequestReset(usual, now)).toBe(true);
    expect(mayRequestReset({ ...usual, passwordSetByMailAt: ago(31 * DAY) }, now)).toBe(true);
    expect(mayRequestReset({ ...usual, passwordSetByMailAt: ago(29 * DAY) }, now)).toBe(false);
  });

  it("succeeds once in thirty days", () => {
    expect(mayRequestReset({ ...usual, lastDoneAt: ago(31 * DAY) }, now)).toBe(true);
    expect(mayRequestReset({ ...usual, lastDoneAt: ago(29 * DAY) }, now)).toBe(false);
  });

  it.each(["ADMIN", "OPERATOR"] as const)("is not for the role %s", (role) => {
    expect(mayRequestReset({ ...usual, roles: ["USER", role] }, now)).toBe(false);
  });
});
