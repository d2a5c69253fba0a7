import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { Environment } from "#app/config/environment";
import { missingTests, testReferencesIn } from "./test-references.ts";

const page = await readFile(new URL("../../docs/asvs.md", import.meta.url), "utf8");
const security = await readFile(new URL("../SECURITY.md", import.meta.url), "utf8");

/** The number of level 1 and 2 requirements in each section of ASVS 5.0.0; they are the first ones of the section. */
const REQUIREMENTS: Readonly<Record<string, number>> = {
  ...{ "1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2, "2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1 },
  ...{ "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4 },
  ...{ "5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3, "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4 },
  ...{ "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1 },
  ...{ "9.1": 3, "9.2": 4, "10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3 },
  ...{ "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1, "12.1": 3, "12.2": 2, "12.3": 4 },
  ...{ "13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5, "14.1": 2, "14.2": 4, "14.3": 3, "15.1": 3, "15.2": 3, "15.3": 7 },
  ...{ "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3, "17.1": 1, "17.2": 4, "17.3": 2 },
};

const inNumericOrder = new Intl.Collator("en", { numeric: true }).compare;

describe("docs/asvs.md", () => {
  it("answers each requirement of level 1 and 2 once", () => {
    const expected = Object.entries(REQUIREMENTS).flatMap(([section, count]) =>
      Array.from({ length: count }, (_, index) => `V${section}.${index + 1}`),
    );
    const rows = [...page.matchAll(/^\| (V\d[^|]*) \|/gm)].flatMap(([, cell = ""]) => cell.split(", "));
    expect(rows.toSorted(inNumericOrder)).toEqual(expected.toSorted(inNumericOrder));
  });

  it("leaves no requirement without an answer", () => {
    const rows = [...page.matchAll(/^\| V\d.*$/gm)].map(([row]) => row.split(" | ").at(-1)?.replace(/\|$/, "").trim());
    expect(rows.filter((answer) => !answer)).toEqual([]);
  });

  it("names tests that exist", async () => {
    const references = testReferencesIn(page);
    expect(references.length).toBeGreaterThan(30);
    expect(await missingTests(references)).toEqual([]);
  });

  it("refers to rows of the security table that name a test", () => {
    const covered = new Set(
      [...security.matchAll(/^\| (\d+) \|.*\.test\.ts ›.*$/gm)].map(([, number]) => Number(number)),
    );
    const named = [...page.matchAll(/\brow (\d+)/g)].map(([, number]) => Number(number));
    expect(named.filter((number) => !covered.has(number))).toEqual([]);
  });

  it("names settings that exist", () => {
    const settings = [...page.matchAll(/settings? ((?:`[A-Z_*0-9]+`(?:, )?)+)/g)].flatMap(([, names = ""]) =>
      [...names.matchAll(/`([A-Z_0-9]+)`/g)].map(([, name = ""]) => name),
    );
    expect(settings.length).toBeGreaterThan(10);
    // Node's own setting for additional certificate authorities is not a setting of Portcullis.
    const known = [...Object.keys(Environment.shape), "NODE_EXTRA_CA_CERTS"];
    expect(settings.filter((name) => !known.includes(name))).toEqual([]);
  });
});
