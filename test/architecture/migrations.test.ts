import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeEach, expect, inject, it } from "vitest";
import drizzleConfig from "../../drizzle.config.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

let migrations: string;

beforeEach(async () => {
  const directory = await mkdtemp(join(inject("runDirectory"), "migrations-"));
  migrations = join(directory, "drizzle");
  await cp(join(PROJECT, "drizzle"), migrations, { recursive: true });
});

/** What drizzle-kit says when it compares the tables in src with the migrations in the copy. */
async function generate(): Promise<string> {
  const config = join(migrations, "../drizzle.config.json");
  // It takes the folder for relative, even when it is not.
  await writeFile(config, JSON.stringify({ ...drizzleConfig, out: relative(PROJECT, migrations) }));
  const kit = join(PROJECT, "node_modules/drizzle-kit/bin.cjs");
  // It exits with 0 after errors, too: its words tell.
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [kit, "generate", "--config", config], {
    cwd: PROJECT,
  });
  return stdout + stderr;
}

const listMigrations = async () => (await readdir(migrations)).filter((name) => name.endsWith(".sql"));

it("has a migration for every change of a table", async () => {
  const before = await listMigrations();
  expect(await generate()).toContain("No schema changes");
  expect(await listMigrations()).toEqual(before);
});

it("would notice a table without a migration", async () => {
  const meta = join(migrations, "meta");
  const latest = (await readdir(meta))
    .filter((name) => name.endsWith("_snapshot.json"))
    .sort()
    .at(-1);
  const path = join(meta, latest ?? "");
  const snapshot = JSON.parse(await readFile(path, "utf8")) as { tables: Record<string, unknown> };
  const [table] = Object.keys(snapshot.tables);
  delete snapshot.tables[table ?? ""];
  await writeFile(path, JSON.stringify(snapshot));

  const before = await listMigrations();
  await generate();
  expect((await listMigrations()).length).toBe(before.length + 1);
});
