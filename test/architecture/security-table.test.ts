import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";

const table = await readFile(new URL("../SECURITY.md", import.meta.url), "utf8");

/** Each `file › words of a title` of the table. */
const references = [...table.matchAll(/`([\w/-]+\.test\.ts) › ([^`]+)`/g)].map(([, file = "", title = ""]) => ({
  file,
  title,
}));

const LAST_REQUIREMENT = 67;

describe("test/SECURITY.md", () => {
  it("has its lines in the order of their numbers, one for each number", () => {
    const numbers = [...table.matchAll(/^\| (\d+) \|/gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    expect(numbers.slice(0, 30)).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
    expect(numbers.at(-1)).toBeLessThanOrEqual(LAST_REQUIREMENT);
  });

  it("names tests that are there", async () => {
    expect(references.length).toBeGreaterThan(40);
    const missing = await Promise.all(
      references.map(async ({ file, title }) => {
        const place = ["../", "../../src/"].map((root) => new URL(root + file, import.meta.url)).find(existsSync);
        return place && (await readFile(place, "utf8")).includes(title) ? [] : [`${file} › ${title}`];
      }),
    );
    expect(missing.flat()).toEqual([]);
  });
});
