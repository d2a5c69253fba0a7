import { randomBytes } from "node:crypto";
import postgres from "postgres";
import { inject } from "vitest";
import { openDatabase } from "#platform/database/database";
import { migrateDatabase } from "#platform/database/migrate";
import { ensurePartitions } from "#platform/database/partitions";

export interface TestDatabase {
  readonly url: string;
  /** Also ends its database sessions. */
  drop(): Promise<void>;
}

/** A new migrated database: a copy of one that is migrated once per run, which takes a twentieth of the time. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const server = inject("postgresUrl");
  const prefix = inject("databasePrefix");
  const name = newName(prefix);
  const sql = adminOf(server);
  const template = await ensureTemplate(sql, server, prefix);
  // Copied file by file, because the default, as blocks in the log, costs four times as much.
  await sql`create database ${sql(name)} template ${sql(template)} strategy file_copy`;
  return databaseCalled(name, server);
}

/** A new database without any table, for tests of migrations. */
export async function createEmptyDatabase(): Promise<TestDatabase> {
  const server = inject("postgresUrl");
  const name = newName(inject("databasePrefix"));
  const sql = adminOf(server);
  await sql`create database ${sql(name)}`;
  return databaseCalled(name, server);
}

const newName = (prefix: string): string => `${prefix}_${randomBytes(4).toString("hex")}`;

const databaseCalled = (name: string, server: string): TestDatabase => ({
  url: urlOf(server, name),
  async drop() {
    const sql = adminOf(server);
    await sql`drop database if exists ${sql(name)} with (force)`;
  },
});

/** Removes what suites did not drop, and the template, because nothing may remain on a shared server. */
export async function dropTestDatabases(server: string, prefix: string): Promise<void> {
  await withAdmin(server, async (sql) => {
    const left = await sql<{ name: string }[]>`
      select datname as name from pg_database where starts_with(datname, ${prefix})`;
    for (const { name } of left) await sql`drop database if exists ${sql(name)} with (force)`;
  });
}

/** Migrated on first use by the first caller, so that unit tests do not wait for it. */
async function ensureTemplate(sql: postgres.Sql, server: string, prefix: string): Promise<string> {
  const template = `${prefix}_template`;
  const isReady = async () => (await sql`select 1 from pg_database where datname = ${template}`).length > 0;
  if (await isReady()) return template;

  const lock = BigInt(`0x${prefix.slice(-8)}`).toString();
  await sql`select pg_advisory_lock(${lock})`;
  try {
    if (await isReady()) return template;
    // Only the finished one gets the name.
    const draft = `${prefix}_draft`;
    await sql`drop database if exists ${sql(draft)} with (force)`;
    await sql`create database ${sql(draft)}`;
    await migrateDatabase(urlOf(server, draft));
    await warmUp(urlOf(server, draft));
    await sql`alter database ${sql(draft)} rename to ${sql(template)}`;
    return template;
  } finally {
    await sql`select pg_advisory_unlock(${lock})`;
  }
}

/** Does what the first program on a database does: creates its partitions and the server's catalog cache. A copy has both. */
async function warmUp(url: string): Promise<void> {
  const { db, close } = openDatabase({ url, poolSize: 1 });
  await ensurePartitions(db, new Date());
  await close();
  await withAdmin(url, async (sql) => void (await sql`select 1`));
}

const admins = new Map<string, postgres.Sql>();

/** The connection of this process for its databases, because a new one costs as much as a copy. It ends with the process. */
function adminOf(server: string): postgres.Sql {
  const admin = admins.get(server) ?? connectTo(server);
  admins.set(server, admin);
  return admin;
}

const connectTo = (url: string): postgres.Sql =>
  postgres(url, { max: 1, fetch_types: false, onnotice: () => undefined });

async function withAdmin(server: string, work: (sql: postgres.Sql) => Promise<void>): Promise<void> {
  const sql = connectTo(server);
  try {
    await work(sql);
  } finally {
    await sql.end();
  }
}

function urlOf(server: string, database: string): string {
  const url = new URL(server);
  url.pathname = `/${database}`;
  return url.href;
}
