import { describe, expect, it } from "vitest";
import { DAY, HOUR, MINUTE } from "#shared/durations";
import { undoCutoff } from "./email-change.policy.ts";

const requestedAt = new Date("2026-03-20T12:00:00Z");
const earlier = (milliseconds: number): Date => new Date(requestedAt.getTime() - milliseconds);

describe("a credential that undoes an e-mail change", () => {
  it("is at least seven days older than the change", () => {
    expect(undoCutoff(requestedAt, earlier(365 * DAY))).toEqual(earlier(7 * DAY));
  });

  it("dates from the creation of a younger account", () => {
    expect(undoCutoff(requestedAt, earlier(3 * DAY))).toEqual(earlier(3 * DAY - HOUR));
  });

  it("is never younger than the change", () => {
    expect(undoCutoff(requestedAt, earlier(MINUTE))).toEqual(requestedAt);
  });
});
