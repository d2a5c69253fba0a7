import { describe, expect, it } from "vitest";
import { after, MINUTE } from "#shared/durations";
import { FloodAlert } from "./flood-alert.ts";

const alertAt = (perMinute: number) => {
  let now = new Date("2026-03-10T09:30:00Z");
  const raised: { failures: number; refusing: boolean }[] = [];
  const alert = new FloodAlert({ clock: { now: () => now }, perMinute, onFlood: (flood) => raised.push(flood) });
  const fail = (times: number) => {
    for (let i = 0; i < times; i++) alert.noteFailure();
  };
  const wait = (milliseconds: number) => {
    now = after(now, milliseconds);
  };
  return { alert, raised, fail, wait };
};

describe("the alert about a flood of failed logins", () => {
  it("is raised once a minute, as soon as the threshold is reached", () => {
    const { raised, fail, wait } = alertAt(10);
    fail(9);
    expect(raised).toEqual([]);
    fail(50);
    expect(raised).toEqual([{ failures: 10, refusing: false }]);
    wait(MINUTE);
    fail(9);
    expect(raised).toHaveLength(1);
    fail(1);
    expect(raised).toHaveLength(2);
  });

  it("is raised when the limit for the whole installation rejects a login", () => {
    const { alert, raised, fail } = alertAt(10);
    fail(3);
    alert.noteRefusal();
    alert.noteRefusal();
    expect(raised).toEqual([{ failures: 3, refusing: true }]);
  });
});
