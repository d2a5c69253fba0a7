import { randomBytes } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { readConfig } from "#app/config";
import { ConfigError } from "#app/config/config-error";
import { openWeb } from "#app/web";
import { createLogger, type Logger } from "#platform/logging";
import { buildPages } from "../../support/servers/built-pages.ts";

const SVG = '<svg xmlns="http://www.w3.org/2000/svg"/>';

let folder: string;

beforeAll(async () => {
  await buildPages();
  folder = await mkdtemp(join(inject("runDirectory"), "web-settings-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** Writes a file with this content, and returns its path. */
const file = async (name: string, content: string | Buffer): Promise<string> => {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  return path;
};

/** The faults that prevent the start; none if the pages can be served. */
const faultsOf = async (
  settings: Record<string, string>,
  log: Logger = createLogger({ level: "silent" }),
): Promise<string[]> => {
  try {
    await openWeb(readConfig(settings), log);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message
      .split("\n")
      .slice(1)
      .map((line) => line.trim());
  }
};

describe("BRAND_LOGO", () => {
  it("accepts an SVG, whatever its name is", async () => {
    expect(
      await faultsOf({ BRAND_LOGO: await file("logo.txt", `<?xml version="1.0"?>\n<!-- ours -->\n${SVG}`) }),
    ).toEqual([]);
  });

  it.each([
    ["a page", "logo.svg", "<html><svg></svg></html>", "not an SVG, PNG or WebP"],
    ["a text", "logo.png", "canary", "not an SVG, PNG or WebP"],
    ["a large image", "large.svg", `${SVG}<!--${"x".repeat(256 * 1_024)}-->`, "257 KB; at most 256 KB"],
  ])("refuses %s", async (_, name, content, words) => {
    const faults = await faultsOf({ BRAND_LOGO: await file(name, content) });
    expect(faults).toEqual([
      expect.stringContaining(`BRAND_LOGO: the file ${words.startsWith("257") ? "has" : "is"} ${words}`),
    ]);
    expect(faults.join()).not.toContain("canary");
  });

  it("refuses a file that is missing", async () => {
    expect(await faultsOf({ BRAND_LOGO: join(folder, "missing.svg") })).toEqual([
      "BRAND_LOGO: the file cannot be read (ENOENT)",
    ]);
  });
});

describe("BRAND_COLOR", () => {
  it.each(["teal", "#fff", "0f6460", "#0f646g"])("refuses %s", async (color) => {
    expect(await faultsOf({ BRAND_COLOR: color })).toEqual(["BRAND_COLOR: a colour such as #0f6460"]);
  });

  it("refuses a colour that a button cannot have, and says why", async () => {
    const [fault] = await faultsOf({ BRAND_COLOR: "#fdfdfd" });
    expect(fault).toMatch(
      /^BRAND_COLOR: a button in this colour looks like a white page \(contrast 1\.02:1, at least 1\.25:1/,
    );
  });
});

describe("LOCALES_DIR", () => {
  it("refuses unknown and unusable texts, and names the file and the key", async () => {
    const directory = join(folder, randomBytes(4).toString("hex"));
    const write = (name: string, content: string) => file(join(directory.slice(folder.length), name), content);
    const common = await write(
      "en/common.json",
      '{ "help": "Canary {{nam}}", "hlep": "Canary", "close": { "a": "Canary" } }',
    );
    const links = await write("en/links.json", "{ broken");
    const unknown = await write("en/comon.json", "{}");
    await write("en/README.md", "Notes of the operator.");
    await write("tlh/common.json", "{}");
    const faults = await faultsOf({ LOCALES_DIR: directory });
    expect(faults).toHaveLength(6);
    expect(faults).toEqual(
      expect.arrayContaining([
        `LOCALES_DIR: ${common}: help: there is no value for {{nam}} in this text`,
        `LOCALES_DIR: ${common}: hlep: there is no such text`,
        `LOCALES_DIR: ${common}: close: must be a text`,
        `LOCALES_DIR: ${links}: this is not JSON`,
        expect.stringContaining(
          `LOCALES_DIR: ${unknown}: there is no such catalogue; there are account.json, administration.json, common.json`,
        ),
        expect.stringContaining(`LOCALES_DIR: ${join(directory, "tlh")}: there is no such language; there are en, de`),
      ]),
    );
    expect(faults.join()).not.toContain("Canary");
  });

  it("refuses a folder that is missing", async () => {
    const missing = join(folder, "missing");
    expect(await faultsOf({ LOCALES_DIR: missing })).toEqual([`LOCALES_DIR: ${missing}: there is no such folder`]);
  });
});

it("WEB=off uses none of these settings, and the log says that texts are not replaced", async () => {
  const warnings: string[] = [];
  const log = { warn: (text: string) => void warnings.push(text) } as Logger;
  const settings = { WEB: "off", BRAND_LOGO: join(folder, "missing.svg") };
  expect(await faultsOf(settings, log)).toEqual([]);
  expect(warnings).toEqual([]);
  expect(await faultsOf({ ...settings, LOCALES_DIR: join(folder, "missing") }, log)).toEqual([]);
  expect(warnings).toEqual([expect.stringContaining("LOCALES_DIR is not used")]);
});
