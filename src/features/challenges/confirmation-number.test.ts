import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { KeyRing } from "#platform/secrets";
import type { ChallengeId } from "#shared/ids";
import { isNumberOf, numberOf } from "./confirmation-number.ts";

const keyOf = (id: string) => ({ id, secret: randomBytes(32) });
const [older, newer] = [keyOf("older"), keyOf("newer")];
const idOf = (index: number) => `01920000-0000-7000-8000-${index.toString(16).padStart(12, "0")}` as ChallengeId;
const IDS = Array.from({ length: 9_000 }, (_, index) => idOf(index));

it("takes each value from 10 to 99 about equally often, and no other value", () => {
  const keys = new KeyRing([newer]);
  const counts = new Map<string, number>();
  for (const id of IDS) counts.set(numberOf(keys, id), (counts.get(numberOf(keys, id)) ?? 0) + 1);
  expect([...counts.keys()].toSorted()).toEqual(Array.from({ length: 90 }, (_, index) => String(index + 10)));
  // Each is expected 100 times, with a standard deviation of 10. Eight deviations leave room for any keys.
  for (const count of counts.values()) expect(Math.abs(count - 100)).toBeLessThan(80);
});

it("cannot be computed without the key", () => {
  const [one, other] = [new KeyRing([newer]), new KeyRing([older])];
  expect(IDS.filter((id) => numberOf(one, id) === numberOf(other, id)).length).toBeLessThan(IDS.length / 20);
});

it("stays valid for a login that was started before the newest key was added", () => {
  const [before, after] = [new KeyRing([older]), new KeyRing([newer, older])];
  for (const id of IDS.slice(0, 100)) {
    expect(isNumberOf(after, id, numberOf(before, id))).toBe(true);
    expect(isNumberOf(after, id, numberOf(after, id))).toBe(true);
    expect(isNumberOf(before, id, numberOf(before, id) === "99" ? "10" : `${+numberOf(before, id) + 1}`)).toBe(false);
  }
});
