import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";

it("the project's dictionary has one word a line, each once, in alphabetical order", async () => {
  const text = await readFile(new URL("../../scripts/spelling.txt", import.meta.url), "utf8");
  const words = text.trimEnd().split("\n");
  const compare = new Intl.Collator("en", { sensitivity: "base" }).compare;
  expect(words.filter((word) => !/^[\p{L}\d]+$/u.test(word))).toEqual([]);
  expect([...new Set(words.map((word) => word.toLowerCase()))]).toHaveLength(words.length);
  expect(words).toEqual(words.toSorted(compare));
});
