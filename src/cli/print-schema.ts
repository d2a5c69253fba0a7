import { mkdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { EVENT_TYPES, jsonSchemaOf, schemaFileOf } from "#features/messaging/index";
import { printServedSchema } from "#graphql/schema";
import { type Command, print, readArguments } from "./command.ts";

interface Printed {
  readonly file: string;
  readonly text: string;
}

/** Works from the sources and from the compiled program. */
const fileOf = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

/** The generated files in the repository: the GraphQL schema, and the JSON Schema of each event. */
const printAll = (): readonly Printed[] => [
  { file: fileOf("schema.graphql"), text: printServedSchema() },
  ...EVENT_TYPES.map((type) => ({
    file: fileOf(`src/features/messaging/events/schemas/${schemaFileOf(type)}`),
    text: `${JSON.stringify(jsonSchemaOf(type), null, 2)}\n`,
  })),
];

const isOutdated = async ({ file, text }: Printed): Promise<boolean> =>
  (await readFile(file, "utf8").catch(() => "")) !== text;

export const printSchema: Command = {
  async run(args) {
    const { values } = readArguments(args, { options: { check: { type: "boolean", default: false } } });
    const outdated: Printed[] = [];
    for (const printed of printAll()) if (await isOutdated(printed)) outdated.push(printed);
    for (const { file, text } of outdated) {
      if (values.check) throw new Error(`${basename(file)} is outdated: run \`npm run schema\`.`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text);
      print(`${basename(file)} is written.`);
    }
    if (outdated.length === 0) print("schema.graphql and the schemas of events are up to date.");
    return 0;
  },
};
