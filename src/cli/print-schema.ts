import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { printServedSchema } from "../graphql/schema.ts";
import { type Command, print, readArguments } from "./command.ts";

/** From the sources and from the compiled program alike. */
const FILE = fileURLToPath(new URL("../../schema.graphql", import.meta.url));

export const printSchema: Command = {
  async run(args) {
    const { values } = readArguments(args, { options: { check: { type: "boolean", default: false } } });
    const printed = printServedSchema();
    const current = await readFile(FILE, "utf8").catch(() => "");
    if (values.check && printed !== current) throw new Error("schema.graphql is outdated: run `npm run schema`.");
    if (printed !== current) await writeFile(FILE, printed);
    print(printed === current ? "schema.graphql is up to date." : "schema.graphql is written.");
    return 0;
  },
};
