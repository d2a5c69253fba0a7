import { readFile } from "node:fs/promises";
import { parseEnv } from "node:util";
import { expect, it } from "vitest";
import { readConfig } from "#app/config";
import { ConfigError } from "#app/config/config-error";
import { Environment } from "#app/config/environment";
import { envExampleOf, listSettings, referenceOf, withReference } from "../../scripts/configuration.ts";
import { withMailVariables } from "../../scripts/mail-variables.ts";

const readText = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

const NAMES = Object.keys(Environment.shape);

/** The examples of all settings; that of the keys is not a key, so that no installation uses it. */
const EXAMPLES = {
  ...Object.fromEntries(listSettings().map(({ name, example }) => [name, example])),
  SECRET_KEYS: `k1:${Buffer.alloc(32, 7).toString("base64")}`,
};

it("are documented as they are declared (npm run configuration)", async () => {
  const settings = listSettings();
  expect(settings.map(({ name }) => name).toSorted()).toEqual(NAMES.toSorted());
  const document = await readText("docs/configuration.md");
  expect(document).toBe(withReference(document, referenceOf(settings)));
  expect(await readText(".env.example")).toBe(envExampleOf(settings));
});

it("for mails are documented with the variables of each mail (npm run configuration)", async () => {
  const document = await readText("docs/branding.md");
  expect(document).toBe(withMailVariables(document));
});

it("have examples that are valid together", () => {
  expect(() => readConfig(EXAMPLES)).not.toThrow();
});

it("have lines in .env.example that Node reads as they are meant", async () => {
  const uncommented = (await readText(".env.example")).replaceAll(/^#(?=[A-Z0-9_]+=)/gm, "");
  const expected = listSettings().map(({ name, literal, example }) => [name, literal ?? example]);
  expect(parseEnv(uncommented)).toEqual(Object.fromEntries(expected));
});

it("declare no permission of Portcullis itself", () => {
  for (const own of ["installation:operate", "installation:anything", "users:read", "users:export"]) {
    const read = () => readConfig({ PERMISSIONS: `orders:read,${own}` });
    expect(read, own).toThrow(ConfigError);
    expect(read, own).toThrow("PERMISSIONS: resources of Portcullis itself");
  }
  expect(() => readConfig({ PERMISSIONS: "orders:read,user-lists:read" })).not.toThrow();
});

it("are required in production as they are documented", () => {
  const required = NAMES.filter((name) => {
    try {
      readConfig({ NODE_ENV: "production" });
    } catch (error) {
      return String(error).includes(`  ${name}: required in production`);
    }
    throw new Error("Production requires no setting.");
  });
  const documented = listSettings().filter(({ isRequired }) => isRequired);
  expect(documented.map(({ name }) => name).toSorted()).toEqual(required.toSorted());
});
