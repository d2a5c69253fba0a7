import pg from "pg";
import postgres from "postgres";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { isLockUnavailable } from "#platform/database/errors";
import { MIGRATIONS, type Migration, readMigrations } from "#platform/database/migrations/read-migrations";
import { runMigrations } from "#platform/database/migrations/run-migrations";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { createEmptyDatabase, type TestDatabase } from "../../support/servers/database.ts";

/** The last migration of the first released version. */
const FIRST_RELEASE = "0010_unlinked_providers";

const ROWS = 25;

let database: TestDatabase;
let sql: postgres.Sql;
let migrator: pg.Client;

beforeEach(async () => {
  database = await createEmptyDatabase();
  // Like the server's own pool, with its lock timeout.
  sql = postgres(database.url, { max: 4, onnotice: () => {}, connection: { lock_timeout: 5_000 } });
  migrator = new pg.Client({ connectionString: database.url });
  await migrator.connect();
});
afterEach(async () => {
  await migrator.end();
  await sql.end({ timeout: 5 });
  await database.drop();
});

const migrate = async (migrations: readonly Migration[]): Promise<void> => {
  for (;;) {
    try {
      return await runMigrations({ client: migrator, lockTimeoutMs: 1_000, onStep: () => {} }, migrations);
    } catch (error) {
      if (!isLockUnavailable(error)) throw error;
    }
  }
};

interface Column {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
}

/** A table as the previous version knows it. */
interface Table {
  readonly name: string;
  readonly columns: readonly Column[];
}

/** @returns the tables, those that others refer to first */
const listTables = async (): Promise<Table[]> => {
  const tables = await sql<Table[]>`
    select t.relname as name, json_agg(json_build_object(
      'name', a.attname, 'type', format_type(a.atttypid, null), 'nullable', not a.attnotnull) order by a.attnum) as columns
    from pg_class t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
      and a.attidentity = ''
    where t.relnamespace = 'public'::regnamespace and t.relkind in ('r', 'p') and not t.relispartition
      and t.relname <> 'cache_epochs'
    group by t.relname`;
  const rank = ({ name }: Table) => ["tenants", "users"].indexOf(name) + 1 || 9;
  return [...tables].sort((one, other) => rank(one) - rank(other));
};

const VALUES: Readonly<Record<string, string>> = {
  uuid: "gen_random_uuid()",
  text: "gen_random_uuid()::text",
  bytea: "decode(md5(random()::text), 'hex')",
  jsonb: "'{}'",
  "text[]": "'{USER}'",
  boolean: "false",
  integer: "(random() * 1000)::int",
  bigint: "1",
  smallint: "(random() * 1000)::int",
  "timestamp with time zone": "now()",
};

/** Columns with a list of values: a value that the previous version writes. */
const LISTED: Readonly<Record<string, string>> = {
  "registrations.status": "'PENDING'",
  "users.status": "'ACTIVE'",
  "tenants.status": "'ACTIVE'",
  "tenants.registration": "'OPEN'",
  "tenants.password_change_ends": "'NONE'",
  "security_events.type": "'LOGIN_SUCCEEDED'",
  "login_attempts.outcome": "'SUCCESS'",
  "links.purpose": "'reset-password'",
  "login_challenges.reason": "'HIGH_RISK'",
  "login_challenges.factors": "'{TOTP}'",
  "login_challenges.methods": "'{PASSWORD}'",
  "sessions.authenticated_with": "'{PASSWORD,TOTP}'",
  "social_logins.transport": "'BODY'",
  "signing_keys.algorithm": "'EdDSA'",
};

const sampleOf = (table: string, { name, type, nullable }: Column): string => {
  if (name === "tenant_id") return "(select id from tenants limit 1)";
  if (name === "user_id") return "(select id from users order by random() limit 1)";
  return LISTED[`${table}.${name}`] ?? (nullable ? "null" : (VALUES[type] ?? "null"));
};

const quoted = (columns: readonly Column[]): string => columns.map(({ name }) => `"${name}"`).join(", ");

/** @returns the statements that the previous version sends for a table; each names its own columns and no others */
const requestsOf = ({ name, columns }: Table): string[] => {
  const own = columns.find(({ type, name: column }) => type.startsWith("timestamp") || column === "id") ?? columns[0];
  const values = columns.map((column) => sampleOf(name, column)).join(", ");
  return [
    `insert into "${name}" (${quoted(columns)}) values (${values}) on conflict do nothing`,
    `select ${quoted(columns)} from "${name}" limit 3`,
    `update "${name}" set "${own?.name}" = "${own?.name}"`,
  ];
};

/** Sends requests until it is stopped; returns the errors. */
const sendRequests = (tables: readonly Table[]) => {
  let stopping = false;
  let sent = 0;
  const errors: string[] = [];
  const loops = [0, 1].map(async (offset) => {
    while (!stopping) {
      const table = tables[(sent++ + offset) % tables.length];
      for (const request of table ? requestsOf(table) : [])
        await sql.unsafe(request).catch((error: Error) => errors.push(`${request}: ${error.message}`));
    }
  });
  return {
    stop: async () => {
      stopping = true;
      await Promise.all(loops);
      return { sent, errors };
    },
  };
};

/** What the connection has read of each table, not only in this transaction, because Postgres reports at most once a second. */
const READ = "select relid, seq_tup_read::int as rows from pg_stat_xact_user_tables";

const LOCKED = `
  select c.oid as relid, c.relname as table, l.mode from pg_locks l join pg_class c on c.oid = l.relation
  where l.pid = pg_backend_pid() and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')`;

/** Records each table that a transaction of the migration reads while its lock blocks writes to that table. */
const watchTransactions = (): object[] => {
  const found: object[] = [];
  const query = migrator.query.bind(migrator) as (...args: unknown[]) => Promise<{ rows: UntypedData[] }>;
  const rowsRead = async () => new Map((await query(READ)).rows.map(({ relid, rows }) => [relid, rows]));
  let before = new Map<number, number>();
  const watched = async (...args: unknown[]) => {
    if (args[0] === "commit") {
      const after = await rowsRead();
      for (const { relid, table, mode } of (await query(LOCKED)).rows) {
        const rows = (after.get(relid) ?? 0) - (before.get(relid) ?? 0);
        if (rows > 0) found.push({ table, mode, rows });
      }
    }
    const answer = await query(...args);
    if (args[0] === "begin") before = await rowsRead();
    return answer;
  };
  migrator.query = watched as typeof migrator.query;
  return found;
};

const listFiles = async (tables: readonly Table[]) =>
  sql`select relname, pg_relation_filenode(oid) as file from pg_class
    where relname in ${sql(tables.map(({ name }) => name))} order by relname`;

const migrateInUse = async (isReleased: (migration: Migration) => boolean) => {
  const migrations = await readMigrations(MIGRATIONS);
  await migrate(migrations.filter(isReleased));
  const tables = await listTables();
  for (const table of tables) for (let row = 0; row < ROWS; row++) await sql.unsafe(requestsOf(table)[0] ?? "");
  const files = await listFiles(tables);
  const requests = sendRequests(tables);
  const readUnderLock = watchTransactions();
  try {
    await migrate(migrations);
  } finally {
    const { sent, errors } = await requests.stop();
    expect({ errors }).toEqual({ errors: [] });
    expect(sent).toBeGreaterThan(0);
  }
  return { tables, files, readUnderLock };
};

describe("migrations of an installation in use", () => {
  it.each([
    ["the first released version", (name: string) => name <= FIRST_RELEASE],
    ["its first tables", (name: string) => name < "0001"],
  ])(
    "from %s block no request, break no request of the previous version, and read and rewrite no table under a lock",
    async (_, isReleased) => {
      const { tables, files, readUnderLock } = await migrateInUse(({ name }) => isReleased(name));
      expect(readUnderLock).toEqual([]);
      expect(await listFiles(tables)).toEqual(files);
      for (const { name } of tables) expect((await sql.unsafe(`select from "${name}"`)).length).toBeGreaterThan(0);
    },
  );

  it("are reported by this test if an index is built under a lock", async () => {
    const [first] = await readMigrations(MIGRATIONS);
    if (!first) throw new Error("No migration was found.");
    await migrate([first]);
    for (const table of await listTables()) await sql.unsafe(requestsOf(table)[0] ?? "");
    const readUnderLock = watchTransactions();
    const sqlOfIndex = 'CREATE INDEX "blocking" ON "users" ("name")';
    const blocking = {
      name: "blocking",
      createdAt: 9e12,
      hash: "",
      steps: [{ kind: "transaction", sql: sqlOfIndex }],
    } as const;
    await migrate([first, blocking]);
    expect(readUnderLock).toMatchObject([{ table: "users", mode: "ShareLock" }]);
  });
});
