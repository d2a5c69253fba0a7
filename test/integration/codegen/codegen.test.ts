import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, symlink, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import * as addPlugin from "@graphql-codegen/add";
import { preset } from "@graphql-codegen/client-preset";
import { codegen } from "@graphql-codegen/core";
import type { Types } from "@graphql-codegen/plugin-helpers";
import { buildSchema, parse } from "graphql";
import { beforeAll, expect, inject, it } from "vitest";

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url));
const run = promisify(execFile);
/** The path of the compiler's program for this platform; the package has no types. */
const RELAY_COMPILER = createRequire(import.meta.url)("relay-compiler") as string;

let blocks: Map<string, string>;
let schema: string;
beforeAll(async () => {
  schema = await readFile(join(PROJECT, "schema.graphql"), "utf8");
  const page = await readFile(join(PROJECT, "docs/codegen.md"), "utf8");
  blocks = new Map(
    [...page.matchAll(/^```\w+ (\S+)\n([\s\S]*?)^```$/gm)].map(([, name = "", text = ""]) => [name, text]),
  );
});

/** A frontend with these files of the page, the schema, and the client libraries next to it. */
const createFrontend = async (...names: string[]): Promise<string> => {
  const frontend = await mkdtemp(join(inject("runDirectory"), "codegen-"));
  await symlink(join(PROJECT, "node_modules"), join(frontend, "node_modules"));
  await write(frontend, "package.json", '{ "type": "module" }');
  await write(frontend, "schema.graphql", schema);
  for (const name of names) await write(frontend, name, blocks.get(name) ?? "");
  return frontend;
};

const write = async (frontend: string, name: string, text: string): Promise<void> => {
  await mkdir(dirname(join(frontend, name)), { recursive: true });
  await writeFile(join(frontend, name), text);
};

const COMPILER_OPTIONS = {
  noEmit: true,
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  target: "es2022",
  lib: ["es2022", "dom"],
  types: [],
  module: "esnext",
  moduleResolution: "bundler",
};

/** @throws {Error} with the output of the compiler */
const checkTypes = async (frontend: string, ...files: string[]): Promise<void> => {
  await write(frontend, "tsconfig.json", JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files }));
  const tsc = join(PROJECT, "node_modules/typescript/bin/tsc");
  await run(process.execPath, [tsc], { cwd: frontend }).catch((error) => {
    throw new Error(error.stdout);
  });
};

/** Expects that each misuse is reported, so the types exist and none is `any`. */
const expectFaults = async (
  frontend: string,
  name: string,
  misuses: readonly (readonly [string, string, string])[],
) => {
  const source = blocks.get(name) ?? "";
  const fileOf = (n: number) => name.replace(".ts", `-${n}.ts`);
  for (const [n, [right, wrong]] of misuses.entries()) {
    expect(source).toContain(right);
    await write(frontend, fileOf(n), source.replace(right, wrong));
  }
  const found = await checkTypes(frontend, ...misuses.map((_, n) => fileOf(n))).catch(({ message }: Error) => message);
  for (const [n, [, , fault]] of misuses.entries())
    expect(found).toMatch(new RegExp(`^${fileOf(n)}\\(\\d+,\\d+\\): error ${fault}:`, "m"));
};

/** Generates code as the command line of GraphQL Code Generator does; its own package requires Node 22. */
const generate = async (frontend: string, config: Types.Config, source: string): Promise<void> => {
  const operations = [...source.matchAll(/graphql\(`([\s\S]*?)`\)/g)].map(([, text = ""]) => text);
  expect(operations.length).toBeGreaterThan(0);
  const documents = operations.map((text) => ({ location: "src/login.ts", document: parse(text), rawSDL: text }));
  for (const [folder, output] of Object.entries(config.generates)) {
    const sections = await preset.buildGeneratesSection({
      baseOutputDir: folder,
      presetConfig: (output as Types.ConfiguredOutput).presetConfig ?? {},
      schema: parse(schema),
      schemaAst: buildSchema(schema),
      documents,
      config: config.config ?? {},
      plugins: [],
      pluginMap: { add: addPlugin },
    });
    for (const section of sections) await write(frontend, section.filename, await codegen(section));
  }
};

it("GraphQL Code Generator maps every scalar, narrows unions and types error codes", async () => {
  const frontend = await createFrontend("src/login.ts");
  await generate(frontend, JSON.parse(blocks.get("codegen.json") ?? ""), blocks.get("src/login.ts") ?? "");
  await checkTypes(frontend, "src/login.ts");

  await expectFaults(frontend, "src/login.ts", [
    ['case "RATE_LIMITED"', 'case "RATE_LIMITTED"', "TS2678"],
    ["data.login.user.email", "data.login.user.emial", "TS2551"],
    ["data.login.factors", "data.login.user", "TS2339"],
    ["{ identifier, password }", "{ identifier, password: 1 }", "TS2322"],
  ]);
});

it("fails without the type of a scalar, in either generator", async () => {
  const config = JSON.parse(blocks.get("codegen.json") ?? "");
  delete config.config.scalars.DateTime;
  const frontend = await createFrontend("src/login.ts", "src/history.ts");
  await expect(generate(frontend, config, blocks.get("src/login.ts") ?? "")).rejects.toThrow("DateTime");

  const settings = JSON.parse(blocks.get("relay.config.json") ?? "");
  delete settings.customScalarTypes.DateTime;
  await write(frontend, "relay.config.json", JSON.stringify(settings));
  await expect(compile(frontend)).rejects.toThrow("DateTime");
});

const compile = (frontend: string) =>
  run(RELAY_COMPILER, ["relay.config.json"], { cwd: frontend }).catch((error) => {
    throw new Error(`${error.stdout}${error.stderr}`);
  });

it("Relay's compiler pages connections, refetches nodes and narrows unions", async () => {
  const frontend = await createFrontend("relay.config.json", "src/history.ts");
  await compile(frontend);
  await checkTypes(frontend, "src/history.ts");

  await expectFaults(frontend, "src/history.ts", [
    ['=== "LoginSuccess"', '=== "LoginSucess"', "TS2367"],
    ["next(login.user.email)", "next(login.challenge)", "TS2339"],
    ["node.email", "node.id", "TS2339"],
  ]);
});
