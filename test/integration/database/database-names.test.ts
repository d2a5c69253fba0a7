import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { is } from "drizzle-orm";
import { getTableConfig, PgTable } from "drizzle-orm/pg-core";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { valuesOf } from "#platform/database/value-checks";
import { createTestDatabase, type TestDatabase } from "../../support/servers/database.ts";

const SRC = fileURLToPath(new URL("../../../src", import.meta.url));

/** Written by each login, so every index on them slows each login down. */
const HOT_TABLES = ["users", "sessions", "login_attempts"];

/** Names that the previous version uses, and that can therefore only change one version later. */
const KEPT = { users_username_unique: "users_username_canonical_key" };

let database: TestDatabase;
let sql: postgres.Sql;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = postgres(database.url, { max: 1, onnotice: () => {} });
});
afterAll(async () => {
  await sql?.end();
  await database?.drop();
});

interface Index {
  readonly table: string;
  readonly name: string;
  readonly primary: boolean;
  readonly unique: boolean;
  /** Whether it has more than plain columns: a predicate, an expression, another collation, or an unusual order. */
  readonly special: boolean;
  readonly columns: readonly string[];
}

/** The indexes of all tables, without those of partitions, which Postgres names. */
const listIndexes = async (): Promise<Index[]> =>
  [
    ...(await sql<(Index & { existing: readonly string[] })[]>`
    select t.relname as table, array(select attname::text from pg_attribute where attrelid = t.oid and attnum > 0) as existing, i.relname as name, x.indisprimary as primary, x.indisunique as unique,
      x.indpred is not null or x.indexprs is not null or '"C"'::regcollation = any (x.indcollation)
        or exists (select from unnest(x.indclass) as used (id) join pg_opclass o on o.oid = used.id where not o.opcdefault) as special,
      array(select pg_get_indexdef(i.oid, place::int, false) from generate_series(1, x.indnkeyatts) as place) as columns
    from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid
    where t.relnamespace = 'public'::regnamespace and t.relkind in ('r', 'p') and not t.relispartition
    order by t.relname, i.relname`),
  ].map(({ existing, ...index }) => ({
    ...index,
    // An expression is represented by the columns in it.
    columns: index.columns.flatMap((text) => text.match(/\w+/g)?.filter((word) => existing.includes(word)) ?? []),
  }));

const isNamedWell = ({ table, name, primary, unique, special, columns }: Index): boolean => {
  if (primary) return name === `${table}_pkey`;
  const start = [table, ...columns].join("_");
  const kind = unique ? "key" : "idx";
  return new RegExp(`^${start}${special ? "_[a-z]+" : ""}_${kind}$`).test(KEPT[name as keyof typeof KEPT] ?? name);
};

const readTables = async () => {
  const files = (await readdir(SRC, { recursive: true })).filter((file) => file.endsWith(".table.ts"));
  return Promise.all(
    files.map(async (file) => {
      const path = join(SRC, file);
      const exported = Object.values((await import(path)) as Record<string, unknown>);
      return { file, source: await readFile(path, "utf8"), tables: exported.filter((each) => is(each, PgTable)) };
    }),
  );
};

describe("names in the database (docs/decisions/database-names.md)", () => {
  it("contain the table, the columns and the kind of each index", async () => {
    const indexes = await listIndexes();
    expect(indexes.length).toBeGreaterThan(80);
    expect(indexes.filter((index) => !isNamedWell(index))).toEqual([]);
  });

  it("contain the columns and the target of each foreign key, and the column of each CHECK", async () => {
    const constraints = await sql<{ name: string; type: string; expected: string }[]>`
      select c.conname as name, c.contype as type, case c.contype
        when 'f' then t.relname || '_' || own.names || '_' || other.relname || '_' || others.names || '_fk'
        else t.relname || '_' || own.names || '_check' end as expected
      from pg_constraint c join pg_class t on t.oid = c.conrelid left join pg_class other on other.oid = c.confrelid
        cross join lateral (select string_agg(attname, '_' order by attnum) as names from pg_attribute
          where attrelid = t.oid and attnum = any (c.conkey)) as own
        cross join lateral (select string_agg(attname, '_' order by attnum) as names from pg_attribute
          where attrelid = other.oid and attnum = any (c.confkey)) as others
      where t.relnamespace = 'public'::regnamespace and not t.relispartition and c.contype in ('f', 'c') and c.conparentid = 0`;
    expect(constraints.length).toBeGreaterThan(60);
    expect(constraints.filter(({ name, expected }) => name !== expected)).toEqual([]);
  });
});

describe("columns with a list of values", () => {
  it("have a validated CHECK with the values defined in the code", async () => {
    const checks = await sql<{ name: string; definition: string }[]>`
      select conname as name, pg_get_constraintdef(oid) as definition from pg_constraint
      where contype = 'c' and convalidated and conparentid = 0`;
    const inDatabase = new Map(checks.map(({ name, definition }) => [name, definition]));
    const listed = (await readTables()).flatMap(({ tables }) =>
      tables.flatMap((table) => {
        const { name, columns } = getTableConfig(table as PgTable);
        return columns.flatMap((column) => {
          const values = valuesOf(column);
          return values ? [{ check: `${name}_${column.name}_check`, values: [...values].sort() }] : [];
        });
      }),
    );
    expect(listed.length).toBeGreaterThan(20);
    expect(
      listed.map(({ check }) => ({
        check,
        values: [...(inDatabase.get(check) ?? "").matchAll(/'([^']+)'::text/g)].map(([, value]) => value).sort(),
      })),
    ).toEqual(listed);
  });

  it("are defined with their values, not only with a TypeScript type", async () => {
    const typed = (await readTables()).flatMap(({ source, tables }) =>
      [...source.matchAll(/text\("(\w+)"\)[^,\n]*\$type</g)].map(
        ([, column]) => `${getTableConfig(tables[0] as PgTable).name}.${column}`,
      ),
    );
    expect(typed).toEqual([]);
  });

  it("refuse other values, also in arrays", async () => {
    await expect(sql`update tenants set status = 'CLOSED'`).rejects.toMatchObject({ code: "23514" });
    const [tenant] = await sql`select id from tenants`;
    const insert = (roles: string[]) => sql`
      insert into users (id, tenant_id, email, email_canonical, status, roles, created_at)
      values (gen_random_uuid(), ${tenant?.id}, 'a', 'a', 'ACTIVE', ${roles}, now())`;
    await expect(insert(["USER", "ROOT"])).rejects.toMatchObject({ code: "23514" });
    await insert(["USER", "ADMIN"]);
  });
});

describe("tables that a login writes", () => {
  it("have a comment on each index that names the query that needs it", async () => {
    const repositories = (await readdir(SRC, { recursive: true })).filter((file) => /(?<!\.table)\.ts$/.test(file));
    const code = (await Promise.all(repositories.map((file) => readFile(join(SRC, file), "utf8")))).join("\n");
    const known = new Set([...code.matchAll(/^(?:export )?const (\w+) = /gm)].map(([, name]) => name));

    const hot = (await readTables()).filter(({ tables }) =>
      tables.some((table) => HOT_TABLES.includes(getTableConfig(table as PgTable).name)),
    );
    const named = hot.flatMap(({ source }) =>
      [...source.matchAll(/((?:^ *\/\/ .*\n)*)^ *(?:index|unique|primaryKey)\([^"]*"(\w+)"/gm)].map(
        ([, comment = "", index = ""]) => ({
          index,
          queries: [...comment.matchAll(/`(\w+)`/g)].map(([, name]) => name),
        }),
      ),
    );
    const isExplained = ({ queries }: (typeof named)[number]) =>
      queries.length > 0 && queries.every((query) => known.has(query ?? ""));
    expect(named.filter((each) => !isExplained(each))).toEqual([]);

    // The primary key of one column serves lookups by id.
    const indexes = (await listIndexes()).filter(({ table }) => HOT_TABLES.includes(table));
    const explained = new Set([...named.map(({ index }) => index), "users_pkey", "sessions_pkey"]);
    expect(indexes.map(({ name }) => name).filter((name) => !explained.has(name))).toEqual([]);
    expect(indexes).toHaveLength(explained.size);
  });

  it("leave space in each page for the rows that the next login or refresh writes, and are vacuumed early", async () => {
    const rows = await sql<{ name: string; options: string[] }[]>`
      select relname as name, reloptions as options from pg_class
      where relnamespace = 'public'::regnamespace and relkind = 'r' and reloptions is not null order by relname`;
    expect(Object.fromEntries(rows.map(({ name, options }) => [name, options]))).toEqual({
      devices: ["fillfactor=85", "autovacuum_vacuum_scale_factor=0.05"],
      event_outbox: ["autovacuum_vacuum_scale_factor=0.05"],
      login_challenges: ["autovacuum_vacuum_scale_factor=0.05"],
      rate_limits: ["fillfactor=85", "autovacuum_vacuum_scale_factor=0.05"],
      sessions: ["fillfactor=80", "autovacuum_vacuum_scale_factor=0.05"],
      users: ["fillfactor=85"],
    });
  });

  it("allow HOT updates by refreshes and logins: no index contains the columns that they write", async () => {
    const [tenant] = await sql`select id from tenants`;
    await sql`
      insert into users (id, tenant_id, email, email_canonical, status, created_at)
      select gen_random_uuid(), ${tenant?.id}, 'hot' || n, 'hot' || n, 'ACTIVE', now() from generate_series(1, 3) as n`;
    await sql`
      insert into devices (id, tenant_id, user_id, token_hash, description, first_seen_at, last_used_at)
      select gen_random_uuid(), tenant_id, id, '\\x00', '{}', now(), now() from users`;
    await sql`
      insert into sessions (id, tenant_id, user_id, device, ip_address, authenticated_with, authenticated_at, created_at,
        last_activity_at, refresh_nonce, refreshed_at, expires_at, ends_at)
      select gen_random_uuid(), tenant_id, id, '{}', '203.0.113.7', '{PASSWORD}', now(), now(), now(), '\\x00', now(), now(), now()
      from users`;
    // The columns that `updateSessionRotated`, `updateUserLastLogin`, `updateDeviceUsed` and the rate limits write.
    const written = {
      sessions: `refresh_generation = refresh_generation + 1, refreshed_at = now(), refreshed_by = '{}', last_activity_at = now(),
        expires_at = now(), used_generation = 1`,
      users: "last_login_at = now()",
      devices: "last_used_at = now(), login_count = login_count + 1, description = '{}', last_location = '{}'",
      rate_limits: "used = used + 1",
    };
    await sql`insert into rate_limits values ('a', 1, now())`;
    const hot = await sql.begin(async (tx) => {
      for (const [table, changes] of Object.entries(written)) await tx.unsafe(`update ${table} set ${changes}`);
      return tx`select relname as table from pg_stat_xact_user_tables
        where n_tup_upd > 0 and n_tup_hot_upd = n_tup_upd order by relname`;
    });
    expect(hot.map(({ table }) => table)).toEqual(Object.keys(written).sort());
  });
});
