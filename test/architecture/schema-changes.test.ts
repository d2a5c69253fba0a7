import { readdir, readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { writeReference } from "../../scripts/api-reference.ts";
import { writeOperationTypes } from "../../scripts/operation-types.ts";
import { checkProject, listForbiddenChanges } from "../../scripts/schema-changes.ts";

const PROJECT = new URL("../../", import.meta.url);

const RELEASED = `
  type Query {
    user(id: ID!): User
    people: [User!]! @deprecated(reason: "users")
    status: Status!
    result: Result
  }
  type User { id: ID! name: String! }
  type Failure { message: String! }
  enum Status { ON OFF @deprecated(reason: "Never set.") }
  union Result = User
`;

/** The forbidden changes in a version, given this text in the changelog. */
const check = (change: (schema: string) => string, { version = "2.0.0", news = "" } = {}) =>
  listForbiddenChanges({
    released: { version: "1.4.0", schema: RELEASED },
    current: { version, schema: change(RELEASED) },
    changelog: `# Changelog\n\n## Unreleased\n\n${news}\n\n## 1.4.0\n\n- \`User.name\` and \`Query.people\` are named here, too.\n`,
  });

const without = (text: string) => (schema: string) => schema.replace(text, "");

it("forbids no addition", async () => {
  const grow = (schema: string) => schema.replace("name: String!", "name: String! email: String nick(of: Int): String");
  expect(await check(grow, { version: "1.4.1" })).toEqual([]);
});

it("forbids a breaking change that the changelog does not announce, also in a major version", async () => {
  for (const [change, name] of [
    [without('people: [User!]! @deprecated(reason: "users")'), "Query.people"],
    [without('OFF @deprecated(reason: "Never set.")'), "Status.OFF"],
    [(schema: string) => schema.replace("name: String!", "name: String"), "User.name"],
    [(schema: string) => schema.replace("user(id: ID!)", "user(id: ID!, tenant: ID!)"), "Query.user.tenant"],
  ] as const) {
    const [line, ...others] = await check(change);
    expect(line).toContain(`does not announce \`${name}\` since 1.4.0`);
    expect(others).toEqual([]);
    expect(await check(change, { news: `- \`${name}\` changes.` })).toEqual([]);
  }
});

it("forbids an announced breaking change outside a major version", async () => {
  const change = without('people: [User!]! @deprecated(reason: "users")');
  const [line] = await check(change, { version: "1.5.0", news: "- `Query.people` is removed." });
  expect(line).toContain("needs a major version");
});

it("forbids the removal of a field that was not deprecated in the last release", async () => {
  const [line] = await check(without("name: String!"), { news: "- `User.name` is removed." });
  expect(line).toContain("was not @deprecated in 1.4.0");
});

it("requires new members of enums and unions to be announced, in any version", async () => {
  for (const [change, name] of [
    [(schema: string) => schema.replace("{ ON", "{ ON STANDBY"), "Status.STANDBY"],
    [(schema: string) => schema.replace("Result = User", "Result = User | Failure"), "Result.Failure"],
  ] as const) {
    expect(await check(change, { version: "1.5.0" })).toHaveLength(1);
    expect(await check(change, { version: "1.5.0", news: `- New: \`${name}\`.` })).toEqual([]);
  }
});

it("finds nothing forbidden between the last release and schema.graphql", async () => {
  expect(await checkProject()).toEqual([]);
});

it("docs/api describes schema.graphql (npm run schema)", async () => {
  const pages = writeReference(await readFile(new URL("schema.graphql", PROJECT), "utf8"));
  for (const [name, text] of Object.entries(pages))
    expect(await readFile(new URL(`docs/api/${name}`, PROJECT), "utf8"), name).toBe(text);
  const written = (await readdir(new URL("docs/api/", PROJECT))).filter((name) => name.endsWith(".md"));
  expect(written.toSorted()).toEqual(Object.keys(pages).toSorted());
});

it("tests use the types generated from schema.graphql for responses (npm run schema)", async () => {
  const types = writeOperationTypes(await readFile(new URL("schema.graphql", PROJECT), "utf8"));
  expect(await readFile(new URL("test/support/clients/schema-types.d.ts", PROJECT), "utf8")).toBe(types);
});
