import { expect, it } from "vitest";
import { MAX_REASON_LENGTH, validateReason } from "./reasons.ts";

it.each(["", "left the company", "O'Brien – 解雇 🙂", "x".repeat(MAX_REASON_LENGTH)])(
  "a reason may be %j",
  (reason) => {
    expect(validateReason(reason, "reason")).toEqual([]);
  },
);

it.each(["x".repeat(MAX_REASON_LENGTH + 1), "a\u0000b", "a\r\nb", "\ud800"])(
  "a reason may not be %j, and its fault contains the path but not the text",
  (reason) => {
    expect(validateReason(reason, "reason")).toEqual([
      { path: "reason", message: expect.not.stringContaining(reason) },
    ]);
  },
);
