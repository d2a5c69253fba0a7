import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { ALL_PERMISSIONS, OPERATOR_PERMISSION } from "#shared/permissions";

const page = await readFile(new URL("../../docs/permissions.md", import.meta.url), "utf8");
const schema = await readFile(new URL("../../schema.graphql", import.meta.url), "utf8");

it("docs/permissions.md has a row for each permission, in the order of the code", () => {
  const rows = Array.from(page.matchAll(/^\| `([\w:]+)` \| (.+) \|$/gm), ([, name, meaning]) => ({ name, meaning }));
  expect(rows.map(({ name }) => name)).toEqual(ALL_PERMISSIONS);
  expect(rows.filter(({ meaning }) => !meaning?.trim())).toEqual([]);
});

it("each permission is one that a field of the schema needs, and each field needs one of them", () => {
  const needed = new Set(Array.from(schema.matchAll(/@auth\(permission: "([\w:]+)"\)/g), ([, name]) => name));
  expect([...needed].toSorted()).toEqual([...ALL_PERMISSIONS].toSorted());
  expect(page).toContain(`\`${OPERATOR_PERMISSION}\``);
});
