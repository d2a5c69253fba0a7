import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { missingTests, testReferencesIn } from "./test-references.ts";

const table = await readFile(new URL("../SECURITY.md", import.meta.url), "utf8");

describe("test/SECURITY.md", () => {
  it("has a line for each attempt, in order", () => {
    const numbers = [...table.matchAll(/^\| (\d+) \|/gm)].map(([, number]) => Number(number));
    expect(numbers).toEqual(Array.from({ length: 71 }, (_, index) => index + 1));
  });

  it("names tests that exist", async () => {
    const references = testReferencesIn(table);
    expect(references.length).toBeGreaterThan(40);
    expect(await missingTests(references)).toEqual([]);
  });
});
