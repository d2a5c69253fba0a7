import { cp, mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import postgres from "postgres";
import { afterEach, beforeEach, describe, expect, inject, it } from "vitest";
import { LOCKS } from "#platform/database/locks";
import { migrateDatabase } from "#platform/database/migrate";
import { createEmptyDatabase, type TestDatabase } from "../../support/servers/database.ts";

let database: TestDatabase;
let sql: postgres.Sql;
let folder: string;

beforeEach(async () => {
  database = await createEmptyDatabase();
  sql = postgres(database.url, { max: 4, onnotice: () => {} });
  folder = join(await mkdtemp(join(inject("runDirectory"), "migrations-")), "drizzle");
  await mkdir(join(folder, "meta"), { recursive: true });
});
afterEach(async () => {
  await sql.end({ timeout: 0 });
  await database.drop();
});

/** Replaces the migrations of the folder: each is a list of statements. */
const writeMigrations = async (...migrations: string[][]): Promise<void> => {
  const entries = migrations.map((_, index) => ({
    idx: index,
    when: 1_000 + index,
    tag: `${index}`,
    breakpoints: true,
  }));
  await writeFile(join(folder, "meta/_journal.json"), JSON.stringify({ entries }));
  for (const [index, statements] of migrations.entries())
    await writeFile(join(folder, `${index}.sql`), statements.join(";\n--> statement-breakpoint\n"));
};

const TABLE = [
  "create table things (id int primary key, name text)",
  "insert into things select n, n from generate_series(1, 20) n",
];

const migrate = (options?: { readonly giveUpAfterMs: number }) => migrateDatabase(database.url, { folder, ...options });

const isValid = async (index: string): Promise<boolean | undefined> =>
  (await sql`select indisvalid from pg_index where indexrelid = to_regclass(${index})`)[0]?.indisvalid;

const listLedger = async (): Promise<number[]> =>
  (await sql`select created_at from drizzle.__drizzle_migrations order by created_at`).map(({ created_at }) =>
    Number(created_at),
  );

/** Resolves once a session of the migration waits for a lock. */
const untilMigrationWaits = () =>
  expect
    .poll(
      async () =>
        (
          await sql`select from pg_stat_activity
          where datname = current_database() and application_name = 'portcullis migration' and wait_event_type = 'Lock'`
        ).length,
      { interval: 5 },
    )
    .toBeGreaterThan(0);

describe("the migration runner", () => {
  it("records the same as drizzle-kit's migrator, and does nothing the second time", async () => {
    await writeMigrations(TABLE, ["alter table things add column note text"]);
    await migrate();
    await migrate();
    expect(await listLedger()).toEqual([1_000, 1_001]);
    expect(await sql`select * from drizzle.migration_steps`).toEqual([]);
  });

  it("continues an installation that drizzle-kit's migrator created", async () => {
    await sql.unsafe(`create schema drizzle;
      create table drizzle.__drizzle_migrations (id serial primary key, hash text not null, created_at bigint);
      insert into drizzle.__drizzle_migrations (hash, created_at) values ('any', 1000);
      create table things (id int primary key, name text)`);
    await writeMigrations(TABLE, ["create index concurrently things_name on things (name)"]);
    await migrate();
    expect(await listLedger()).toEqual([1_000, 1_001]);
    expect(await isValid("things_name")).toBe(true);
  });

  it("continues after the last finished step when a later one has failed", async () => {
    await writeMigrations([...TABLE, "alter table things add column twice int", "select 1 / 0"]);
    await expect(migrate()).rejects.toMatchObject({ code: "22012" });
    expect(await listLedger()).toEqual([]);
    await writeMigrations([...TABLE, "alter table things add column twice int", "select 1"]);
    await migrate();
    expect(await listLedger()).toEqual([1_000]);
    expect(await sql`select count(*)::int as count from things`).toEqual([{ count: 20 }]);
  });

  it("lets several processes start at the same time", async () => {
    await writeMigrations(TABLE, ["create index concurrently things_name on things (name)"]);
    await Promise.all(Array.from({ length: 4 }, () => migrate()));
    expect(await listLedger()).toEqual([1_000, 1_001]);
    expect(await isValid("things_name")).toBe(true);
  });

  it("drops the invalid index of a build that was killed, and builds it again", async () => {
    await writeMigrations(TABLE);
    await migrate();
    await writeMigrations(TABLE, ["create unique index concurrently things_name on things (name)"]);
    await sql.begin(async (writer) => {
      await writer`update things set name = 'x' where id = 1`;
      const killed = expect(migrate()).rejects.toThrow();
      await untilMigrationWaits();
      await sql`select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'portcullis migration'`;
      await killed;
    });
    expect(await isValid("things_name")).toBe(false);
    await migrate();
    expect(await isValid("things_name")).toBe(true);
    expect(await listLedger()).toEqual([1_000, 1_001]);
  });

  it("builds the index of a partitioned table partition by partition", async () => {
    const partitioned = [
      "create table events (at date not null, name text) partition by range (at)",
      "create table events_2026_01 partition of events for values from ('2026-01-01') to ('2026-02-01')",
      "create table events_default partition of events default",
    ];
    await writeMigrations(partitioned);
    await migrate();
    await writeMigrations(partitioned, ['CREATE INDEX CONCURRENTLY "events_name" ON "events" USING btree ("name")']);
    await migrate();
    for (const index of ["events_name", "events_name_2026_01", "events_name_default"])
      expect(await isValid(index)).toBe(true);
    await sql`create table events_2026_02 partition of events for values from ('2026-02-01') to ('2026-03-01')`;
    expect(await sql`select from pg_index where indrelid = 'events_2026_02'::regclass`).toHaveLength(1);

    await writeMigrations(partitioned, [], ['DROP INDEX CONCURRENTLY "events_name"']);
    await migrate();
    expect(await sql`select from pg_index where indrelid = 'events_2026_01'::regclass`).toEqual([]);
  });

  it("repeats a batched update until no row is left", async () => {
    const batch =
      "-- batched\nupdate things set name = 'new' where id in (select id from things where name <> 'new' limit 3)";
    await writeMigrations(TABLE, [batch]);
    await migrate();
    expect(await sql`select distinct name from things`).toEqual([{ name: "new" }]);
  });

  it("validates a constraint in a separate step, while rows are written", async () => {
    await writeMigrations(TABLE);
    await migrate();
    await writeMigrations(TABLE, [
      "alter table things add constraint named check (name is not null) not valid",
      "alter table things validate constraint named",
    ]);
    await migrate();
    expect(await sql`select convalidated from pg_constraint where conname = 'named'`).toEqual([{ convalidated: true }]);
  });
});

describe("a migration that is refused its lock", () => {
  const ALTER = ["alter table things add column note text"];

  it("lets requests pass, tries again, and succeeds once the lock is free", async () => {
    await writeMigrations(TABLE);
    await migrate();
    await writeMigrations(TABLE, ALTER);
    let migrating: Promise<void> | undefined;
    await sql.begin(async (holder) => {
      await holder`select from things`;
      migrating = migrate();
      for (let attempt = 0; attempt < 3; attempt++) {
        await untilMigrationWaits();
        // Waits behind the migration until the migration gives up its lock; without a timeout, until the holder commits.
        await sql`update things set name = 'request' where id = 1`;
      }
      expect(await sql`select from information_schema.columns where column_name = 'note'`).toEqual([]);
    });
    await migrating;
    expect(await sql`select note from things where id = 1`).toEqual([{ note: null }]);
  });

  it("fails with the reason after its timeout, and changes nothing", async () => {
    await writeMigrations(TABLE);
    await migrate();
    await writeMigrations(TABLE, ALTER);
    await sql.begin(async (holder) => {
      await holder`select from things`;
      await expect(migrate({ giveUpAfterMs: 0 })).rejects.toMatchObject({
        message: expect.stringContaining("did not get its lock"),
        cause: { code: "55P03" },
      });
    });
    expect(await listLedger()).toEqual([1_000]);
  });

  it("does not block processes of the previous version while an index is built", async () => {
    await writeMigrations(TABLE);
    await migrate();
    await writeMigrations(TABLE, ["create index concurrently things_name on things (name)"]);
    let migrating: Promise<void> | undefined;
    await sql.begin(async (writer) => {
      await writer`update things set name = 'x' where id = 1`;
      migrating = migrate();
      await untilMigrationWaits();
      expect(await sql`select pg_try_advisory_xact_lock(${LOCKS.migrationBefore}) as taken`).toEqual([{ taken: true }]);
    });
    await migrating;
    expect(await isValid("things_name")).toBe(true);
  });
});

it("upgrades an installation of the first released schema to this version", async () => {
  await cp(join(import.meta.dirname, "../../../drizzle"), folder, { recursive: true });
  const journal = JSON.parse(await readFile(join(folder, "meta/_journal.json"), "utf8")) as { entries: unknown[] };
  const cut = (count: number) =>
    writeFile(join(folder, "meta/_journal.json"), JSON.stringify({ entries: journal.entries.slice(0, count) }));
  await cut(1);
  await migrate();
  await cut(journal.entries.length);
  await migrate();
  expect(await listLedger()).toHaveLength(journal.entries.length);
});
