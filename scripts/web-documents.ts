import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { codegen } from "@graphql-codegen/core";
import * as typedDocuments from "@graphql-codegen/typed-document-node";
import * as operationTypes from "@graphql-codegen/typescript-operations";
import { buildSchema, parse } from "graphql";

const PROJECT = fileURLToPath(new URL("../", import.meta.url));

/** The TypeScript types of our scalars; those that are not named here are strings. */
const SCALARS = { JSON: "Record<string, unknown>", CountByDay: "unknown" };

const CONFIG = {
  scalars: SCALARS,
  defaultScalarType: "string",
  enumsAsTypes: true,
  skipTypename: false,
  nonOptionalTypename: false,
  useTypeImports: true,
  avoidOptionals: { field: true, inputValue: false },
  maybeValue: "T | null",
  strictScalars: false,
};

/**
 * Writes `x.documents.ts` beside each `x.graphql` of the hosted pages: the types of its operations, and their documents. A page
 * loads only the documents of its own file. The files are not committed; `types`, `build` and a first start write them.
 */
const writeWebDocuments = async (): Promise<void> => {
  const text = await readFile(join(PROJECT, "schema.graphql"), "utf8");
  const schema = parse(text);
  const schemaAst = buildSchema(text);
  const files = await readdir(join(PROJECT, "src/web"), { recursive: true });
  for (const file of files.filter((name) => name.endsWith(".graphql"))) {
    const path = join("src/web", file);
    const document = parse(await readFile(join(PROJECT, path), "utf8"));
    const filename = join(PROJECT, path.replace(/\.graphql$/, ".documents.ts"));
    const generated = await codegen({
      filename,
      schema,
      schemaAst,
      documents: [{ location: path, document }],
      config: CONFIG,
      pluginMap: { operationTypes, typedDocuments },
      plugins: [{ operationTypes: {} }, { typedDocuments: {} }],
    });
    // Apollo Client exports the same type.
    const written = generated.replace("@graphql-typed-document-node/core", "@apollo/client");
    const previous = await readFile(filename, "utf8").catch(() => null);
    if (written !== previous) await writeFile(filename, written);
  }
};

await writeWebDocuments();
