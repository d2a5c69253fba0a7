import { readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { codegen } from "@graphql-codegen/core";
import * as typedDocuments from "@graphql-codegen/typed-document-node";
import * as operationTypes from "@graphql-codegen/typescript-operations";
import {
  buildSchema,
  type DocumentNode,
  type GraphQLSchema,
  isInterfaceType,
  Kind,
  parse,
  print,
  stripIgnoredCharacters,
  visit,
} from "graphql";

const PROJECT = fileURLToPath(new URL("../", import.meta.url));

/** The TypeScript types of our scalars; those that are not named here are strings. */
const SCALARS = { JSON: "Record<string, unknown>", JSONObject: "Record<string, unknown>", CountByDay: "unknown" };

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

const IMPORT = /^# import "(.+)"$/gm;

/** The definitions of a file, and of those that it imports for their fragments: `# import "../events/event-details.graphql"`. */
const readDocument = async (path: string): Promise<DocumentNode> => {
  const text = await readFile(path, "utf8");
  const imports = [...text.matchAll(IMPORT)].map(([, imported = ""]) => join(dirname(path), imported));
  const documents = [...(await Promise.all(imports.map(readDocument))), parse(text)];
  return { kind: Kind.DOCUMENT, definitions: documents.flatMap(({ definitions }) => definitions) };
};

/** The interfaces that the fragments of a document apply to. */
const interfacesIn = (document: DocumentNode, schema: GraphQLSchema): readonly string[] => {
  const names = new Set<string>();
  visit(document, {
    FragmentDefinition: ({ typeCondition }) => void names.add(typeCondition.name.value),
    InlineFragment: ({ typeCondition }) => void (typeCondition && names.add(typeCondition.name.value)),
  });
  return [...names].filter((name) => isInterfaceType(schema.getType(name)));
};

/** Without them Apollo Client's cache drops what a fragment on an interface has read. */
const possibleTypesOf = (interfaces: readonly string[], schema: GraphQLSchema): string => {
  const types = interfaces.toSorted().map((name) => {
    const type = schema.getType(name);
    return [name, isInterfaceType(type) ? schema.getPossibleTypes(type).map((possible) => possible.name) : []];
  });
  return `export const POSSIBLE_TYPES: Record<string, string[]> = ${JSON.stringify(Object.fromEntries(types), null, 2)};\n`;
};

const writeIfChanged = async (path: string, text: string): Promise<void> => {
  const previous = await readFile(path, "utf8").catch(() => null);
  if (text !== previous) await writeFile(path, text);
};

/** The pages before a session load no GraphQL client: their documents are texts, which `src/web/request.ts` sends. */
const WITHOUT_CLIENT = /^(sign-in|links)\//;

/** A plugin that writes each operation as a text, with its types. */
const textDocuments: Pick<typeof typedDocuments, "plugin"> = {
  plugin: (_schema, documents) => {
    const operations = documents
      .flatMap(({ document }) => document?.definitions ?? [])
      .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
    const texts = operations.map((operation) => {
      const name = operation.name?.value ?? "";
      const type = name + pascal(operation.operation);
      return `export const ${name}Document: TextDocument<${type}, ${type}Variables> = ${JSON.stringify(stripIgnoredCharacters(print(operation)))};`;
    });
    return { prepend: ['import type { TextDocument } from "../request.ts";'], content: texts.join("\n") };
  },
};

const pascal = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/**
 * Writes `x.documents.ts` beside each `x.graphql` of the hosted pages: the types of its operations, and their documents. A page
 * loads only the documents of its own file. The files are not committed; `types`, `build` and a first start write them.
 */
const writeWebDocuments = async (): Promise<void> => {
  const text = await readFile(join(PROJECT, "schema.graphql"), "utf8");
  const schema = parse(text);
  const schemaAst = buildSchema(text);
  const files = await readdir(join(PROJECT, "src/web"), { recursive: true });
  const interfaces = new Set<string>();
  for (const file of files.filter((name) => name.endsWith(".graphql"))) {
    const path = join("src/web", file);
    const document = await readDocument(join(PROJECT, path));
    const filename = join(PROJECT, path.replace(/\.graphql$/, ".documents.ts"));
    const generated = await codegen({
      filename,
      schema,
      schemaAst,
      documents: [{ location: path, document }],
      config: CONFIG,
      pluginMap: { operationTypes, documents: WITHOUT_CLIENT.test(file) ? textDocuments : typedDocuments },
      plugins: [{ operationTypes: {} }, { documents: {} }],
    });
    // Apollo Client exports the same type.
    const written = generated.replace("@graphql-typed-document-node/core", "@apollo/client");
    await writeIfChanged(filename, written);
    for (const name of interfacesIn(document, schemaAst)) interfaces.add(name);
  }
  const possibleTypes = possibleTypesOf([...interfaces], schemaAst);
  await writeIfChanged(join(PROJECT, "src/web/possible-types.documents.ts"), possibleTypes);
};

await writeWebDocuments();
