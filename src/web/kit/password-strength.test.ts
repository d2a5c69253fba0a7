import { expect, it } from "vitest";
import { ratePassword } from "./password-strength.ts";

const rate = (password: string, own: readonly string[] = []) => ratePassword(password, { minLength: 8, own });

it.each([
  ["", "TOO_SHORT"],
  ["aB3$xyz", "TOO_SHORT"],
  ["aaaaaaaaaaaa", "REPEATED"],
  ["abababababab", "REPEATED"],
  ["12345678", "REPEATED"],
  ["password", "COMMON"],
  ["Passwort1", "COMMON"],
] as const)("refuses %j: %s", (password, fault) => {
  expect(rate(password)).toEqual({ strength: 0, fault });
});

it.each([["ada.lovelace@example.com"], ["Ada Lovelace"], ["LOVELACE"]])(
  "refuses a password that contains a part of %s",
  (name) => {
    expect(rate("My-Lovelace-4711-Horse", [name])).toEqual({ strength: 0, fault: "CONTAINS_OWN" });
    expect(rate("correct horse battery staple", [name]).fault).toBeNull();
  },
);

it("counts characters, not code units", () => {
  expect(rate("🐴🔋📎✅").fault).toBe("TOO_SHORT");
});

it("rates longer and more varied passwords higher", () => {
  const ratings = ["tigerboat", "Tiger4boat", "Tiger4boat!x", "three lazy otters juggle"].map(
    (it) => rate(it).strength,
  );
  expect(ratings).toEqual(ratings.toSorted());
  expect(ratings.at(0)).toBeLessThan(3);
  expect(ratings.at(-1)).toBe(4);
});
