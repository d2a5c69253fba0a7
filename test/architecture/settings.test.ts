import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { readConfig } from "#app/config";
import { ConfigError } from "#app/config/config-error";
import { Environment } from "#app/config/environment";

const readText = (path: string) => readFile(new URL(`../../${path}`, import.meta.url), "utf8");

const NAMES = Object.keys(Environment.shape);

/** The default of each setting, as text; missing if the setting has no default, or if it depends on something else. */
const DEFAULTS = Object.fromEntries(
  Object.entries(Environment.parse({})).map(([name, value]) => [name, value === undefined ? undefined : String(value)]),
);

/** The rows of the guide's table of settings: name, whether production requires it, and the default if it is literal. */
const readRows = async () => {
  const section = (await readText("docs/configuration.md")).split("\n## ")[0] ?? "";
  return [...section.matchAll(/^\| `([A-Z0-9_]+)`( \*\*P\*\*)? \| (.*?) \|/gm)].map(
    ([, name = "", mark, cell = ""]) => ({
      name,
      required: mark !== undefined,
      literal: /^`([^`]*)`$/.exec(cell)?.[1],
    }),
  );
};

it("are the same in docs/configuration.md, in .env.example and in the sources; the two documents have the same order", async () => {
  const example = [...(await readText(".env.example")).matchAll(/^#?([A-Z0-9_]+)=/gm)].map(([, name]) => name);
  expect((await readRows()).map(({ name }) => name)).toEqual(example);
  expect(example.toSorted()).toEqual(NAMES.toSorted());
});

it("have the defaults named in docs/configuration.md and .env.example", async () => {
  for (const { name, literal } of await readRows())
    if (DEFAULTS[name] !== undefined) expect({ name, literal }).toEqual({ name, literal: DEFAULTS[name] });
  const example = await readText(".env.example");
  for (const [name, value] of Object.entries(DEFAULTS))
    if (value !== undefined) expect(example).toContain(`\n#${name}=${value}\n`);
});

it("declare no permission of Portcullis itself", () => {
  for (const own of ["installation:operate", "installation:anything", "users:read", "users:export"]) {
    const read = () => readConfig({ PERMISSIONS: `orders:read,${own}` });
    expect(read, own).toThrow(ConfigError);
    expect(read, own).toThrow("PERMISSIONS: no resource can be one of Portcullis itself");
  }
  expect(() => readConfig({ PERMISSIONS: "orders:read,user-lists:read" })).not.toThrow();
});

it("are required in production if docs/configuration.md and .env.example say so", async () => {
  const required = NAMES.filter((name) => {
    try {
      readConfig({ NODE_ENV: "production" });
    } catch (error) {
      return String(error).includes(`  ${name}: required in production`);
    }
    throw new Error("Production requires no setting.");
  });
  expect((await readRows()).filter((row) => row.required).map(({ name }) => name)).toEqual(required);
  const example = await readText(".env.example");
  for (const name of required)
    expect(example).toMatch(new RegExp(`# \\(production\\)[^\\n]*(\\n# [^\\n]*)*\\n#${name}=`));
});
