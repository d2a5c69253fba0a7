// npm run migration -- --name <what_it_does>: generates drizzle-kit's migration, and rewrites statements that would block
// requests. The lint of scripts/migration-lint.ts lists those that it cannot rewrite.
import { spawnSync } from "node:child_process";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { findBlockingStatements } from "./migration-lint.ts";
import { unblock } from "./unblock-migration.ts";

const FOLDER = new URL("../drizzle/", import.meta.url);

const listFiles = async (): Promise<string[]> => (await readdir(FOLDER)).filter((name) => name.endsWith(".sql"));

const before = new Set(await listFiles());
// npm puts the programs of the project's packages at the front of the PATH.
const { status } = spawnSync("drizzle-kit", ["generate", ...process.argv.slice(2)], { stdio: "inherit" });
process.exitCode = status ?? 1;

for (const name of (await listFiles()).filter((each) => !before.has(each))) {
  const file = new URL(name, FOLDER);
  const text = unblock(await readFile(file, "utf8"));
  await writeFile(file, text);
  for (const fault of findBlockingStatements(text)) process.stdout.write(`${name}: ${fault}\n`);
}
