import { describe, expect, it } from "vitest";
import { initialsOf } from "./avatar.tsx";

describe("the initials of a name", () => {
  it.each([
    ["Ada Lovelace", "AL"],
    ["  Grace Brewster Murray Hopper ", "GH"],
    ["ada@example.com", "A"],
    ["", ""],
    ["𝒜da", "𝒜"],
  ])("%s → %s", (name, initials) => {
    expect(initialsOf(name)).toBe(initials);
  });
});
