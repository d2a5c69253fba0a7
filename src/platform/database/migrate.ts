import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/postgres-js";
import { migrate } from "drizzle-orm/postgres-js/migrator";
import { runMigrations as migrateJobs } from "graphile-worker";
import postgres from "postgres";
import { LOCKS } from "./locks.ts";

/** Where the SQL migrations lie, from the sources and from the compiled program alike. */
const MIGRATIONS = fileURLToPath(new URL("../../../drizzle", import.meta.url));

/** Brings the database up to this version's tables, and the job queue's. Safe to call from many processes at once. */
export const migrateDatabase = async (url: string): Promise<void> => {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    await sql`select pg_advisory_lock(${LOCKS.migration})`;
    await migrate(drizzle(sql), { migrationsFolder: MIGRATIONS });
    await migrateJobs({ connectionString: url });
  } finally {
    await sql.end();
  }
};
