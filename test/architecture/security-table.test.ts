import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";

const table = await readFile(new URL("../SECURITY.md", import.meta.url), "utf8");

/** Each `file › words of a title` of the table. */
const references = [...table.matchAll(/`([\w/-]+\.test\.ts) › ([^`]+)`/g)].map(([, file = "", title = ""]) => ({
  file,
  title,
}));

describe("test/SECURITY.md", () => {
  it("has a line for each attempt, in order", () => {
    const numbers = [...table.matchAll(/^\| (\d+) \|/gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual(Array.from({ length: 70 }, (_, index) => index + 1));
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
