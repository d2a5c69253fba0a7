import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { preprocessIntrospection } from "@gql.tada/internal";
import { buildSchema, introspectionFromSchema } from "graphql";

const PROJECT = new URL("../", import.meta.url);

/** @returns the schema as types, from which `GraphQLClient` infers the result of an operation */
export const writeOperationTypes = (schema: string): string => {
  const { __schema } = introspectionFromSchema(buildSchema(schema), { descriptions: false });
  // Input types are not inferred.
  const types = __schema.types.filter(({ kind, name }) => kind !== "INPUT_OBJECT" && !name.startsWith("__"));
  const text = preprocessIntrospection({ __schema: { ...__schema, types } });
  return `// Written by \`npm run schema\` from schema.graphql.\n\nexport type introspection = ${text};\n`;
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const types = writeOperationTypes(await readFile(new URL("schema.graphql", PROJECT), "utf8"));
  await writeFile(new URL("test/support/clients/schema-types.d.ts", PROJECT), types);
}
