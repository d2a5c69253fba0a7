import { execFile } from "node:child_process";
import { cp, mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeEach, describe, expect, inject, it } from "vitest";
import drizzleConfig from "../../drizzle.config.ts";
import { findBlockingStatements } from "../../scripts/migration-lint.ts";
import { unblock } from "../../scripts/unblock-migration.ts";

const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

let migrations: string;

beforeEach(async () => {
  const directory = await mkdtemp(join(inject("runDirectory"), "migrations-"));
  migrations = join(directory, "drizzle");
  await cp(join(PROJECT, "drizzle"), migrations, { recursive: true });
});

/** The output of drizzle-kit when it compares the tables in src with the migrations in the copy. */
async function generate(): Promise<string> {
  const config = join(migrations, "../drizzle.config.json");
  // drizzle-kit treats the folder as relative, even when it is absolute.
  await writeFile(config, JSON.stringify({ ...drizzleConfig, out: relative(PROJECT, migrations) }));
  const kit = join(PROJECT, "node_modules/drizzle-kit/bin.cjs");
  // It exits with 0 after errors, too, so its output is checked.
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

it("reports a table without a migration", async () => {
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

it("has no migration that blocks requests or breaks the version that is still running", async () => {
  for (const name of await listMigrations())
    expect({ name, faults: findBlockingStatements(await readFile(join(migrations, name), "utf8")) }).toEqual({
      name,
      faults: [],
    });
});

describe("the lint of migrations", () => {
  it.each([
    'CREATE INDEX "a" ON "users" USING btree ("name")',
    'CREATE UNIQUE INDEX "a" ON "users" USING btree ("name")',
    'CREATE INDEX "a" ON ONLY "users" ("name")',
    'DROP INDEX "a"',
    'ALTER TABLE "users" ADD CONSTRAINT "a" CHECK ("name" <> \'\')',
    'ALTER TABLE "users" ADD CONSTRAINT "a" FOREIGN KEY ("b") REFERENCES "c"("id")',
    'ALTER TABLE "users" ADD CONSTRAINT "a" UNIQUE("name")',
    'ALTER TABLE "users" ADD PRIMARY KEY ("id")',
    'ALTER TABLE "users" ADD COLUMN "a" uuid DEFAULT gen_random_uuid()',
    'ALTER TABLE "users" ADD COLUMN "a" bigserial',
    'ALTER TABLE "users" ADD COLUMN "a" text GENERATED ALWAYS AS (lower("name")) STORED',
    'ALTER TABLE "users" ADD COLUMN "a" text NOT NULL',
    'ALTER TABLE "users" ADD COLUMN "a" uuid REFERENCES "tenants"("id")',
    'ALTER TABLE "users" ALTER COLUMN "name" SET NOT NULL',
    'ALTER TABLE "users" ALTER COLUMN "name" SET DATA TYPE varchar(10)',
    'ALTER TABLE "users" DROP COLUMN "name"',
    'ALTER TABLE "users" DROP "name"',
    'ALTER TABLE "users" RENAME COLUMN "name" TO "title"',
    'ALTER TABLE "users" RENAME TO "people"',
    'ALTER TABLE "events" ATTACH PARTITION "users" DEFAULT',
    'ALTER TABLE "users" SET UNLOGGED',
    'DROP TABLE "users"',
    'LOCK TABLE "users"',
    'TRUNCATE "users"',
    'UPDATE "users" SET "name" = NULL',
    'DELETE FROM "users"',
    'WITH a AS (SELECT 1) UPDATE "users" SET "name" = NULL',
    'INSERT INTO "users" SELECT * FROM "registrations"',
    'VACUUM FULL "users"',
    "DO $$ BEGIN END $$",
    '-- batched\nUPDATE "users" SET "name" = NULL WHERE "name" IS NOT NULL',
    'CREATE INDEX CONCURRENTLY "a" ON "users" ("name");\nALTER TABLE "users" ADD COLUMN "a" text',
  ])("refuses %s", (statement) => {
    expect(findBlockingStatements(statement)).not.toEqual([]);
    expect(findBlockingStatements(`-- lint-allow: nobody uses it\n${statement}`)).toEqual([]);
  });

  it.each([
    'CREATE INDEX CONCURRENTLY "a" ON "users" USING btree ("name")',
    'DROP INDEX CONCURRENTLY "a"',
    'CREATE TABLE "a" ("id" uuid PRIMARY KEY, "at" timestamp DEFAULT clock_timestamp())',
    'ALTER TABLE "users" ADD COLUMN "a" boolean DEFAULT false NOT NULL',
    'ALTER TABLE "users" ADD COLUMN "a" timestamp with time zone DEFAULT now() NOT NULL',
    'ALTER TABLE "users" ADD COLUMN "dropped_at" text',
    'ALTER TABLE "users" ADD CONSTRAINT "a" CHECK ("name" <> \'\') NOT VALID',
    'ALTER TABLE "users" VALIDATE CONSTRAINT "a"',
    'ALTER TABLE "users" ADD CONSTRAINT "a" UNIQUE USING INDEX "b"',
    'ALTER TABLE "users" DROP CONSTRAINT "a"',
    'ALTER TABLE "users" ALTER COLUMN "name" DROP NOT NULL',
    'ALTER TABLE "users" ALTER COLUMN "name" DROP DEFAULT',
    '-- batched\nUPDATE "users" SET "name" = NULL WHERE "id" IN (SELECT "id" FROM "users" WHERE "name" = \'\' LIMIT 1000)',
    'INSERT INTO "tenants" ("id") VALUES (gen_random_uuid())',
  ])("accepts %s", (statement) => {
    expect(findBlockingStatements(statement)).toEqual([]);
  });

  it("accepts SET NOT NULL only after a validated CHECK of that column", () => {
    const check = 'ALTER TABLE "users" ADD CONSTRAINT "a" CHECK ("name" IS NOT NULL) NOT VALID';
    const validate = 'ALTER TABLE "users" VALIDATE CONSTRAINT "a"';
    const join = (...statements: string[]) => statements.join(";--> statement-breakpoint\n");
    const set = 'ALTER TABLE "users" ALTER COLUMN "name" SET NOT NULL';
    expect(findBlockingStatements(join(check, validate, set))).toEqual([]);
    expect(findBlockingStatements(join(check, set))).toHaveLength(1);
    expect(findBlockingStatements(join(check, validate, set.replace("name", "email")))).toHaveLength(1);
  });

  it("allows any statement about tables that the file creates", () => {
    const file = 'CREATE TABLE "a" ("b" text);--> statement-breakpoint\nCREATE INDEX "a_b" ON "a" USING btree ("b")';
    expect(findBlockingStatements(file)).toEqual([]);
    expect(unblock(file)).not.toContain("CONCURRENTLY");
  });
});

it("receives drizzle-kit's statements about tables in use in a form that does not block", () => {
  const generated = [
    'CREATE UNIQUE INDEX "a" ON "users" USING btree ("name")',
    'DROP INDEX "b"',
    'ALTER TABLE "users" ADD CONSTRAINT "c" FOREIGN KEY ("d") REFERENCES "public"."e"("id") ON DELETE no action',
  ].join(";--> statement-breakpoint\n");
  const written = unblock(generated);
  expect(written).toContain("CREATE UNIQUE INDEX CONCURRENTLY");
  expect(written).toContain('DROP INDEX CONCURRENTLY "b"');
  expect(written).toContain('NOT VALID;--> statement-breakpoint\nALTER TABLE "users" VALIDATE CONSTRAINT "c";');
  expect(findBlockingStatements(written)).toEqual([]);
});
