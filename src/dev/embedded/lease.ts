import postgres from "postgres";
import { LOCKS } from "#platform/database/locks";

export interface Lease {
  createDatabase(name: string): Promise<void>;
  /** Gives up our part in the server; true if nobody else uses it, and from then on nobody can. */
  release(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * Marks the server as used, for as long as the connection lives: a shared advisory lock, which ends with a killed
 * process by itself, where a file with its pid would not. Rejects while the server starts or ends.
 */
export async function takeLease(maintenanceUrl: string): Promise<Lease> {
  const sql = postgres(maintenanceUrl, {
    max: 1,
    // The lock is this connection's: it must not be recycled.
    max_lifetime: null,
    idle_timeout: 0,
    connect_timeout: 5,
    fetch_types: false,
    onnotice: () => undefined,
    connection: { application_name: "portcullis lease" },
  });
  try {
    await sql`select pg_advisory_lock_shared(${LOCKS.embeddedServer})`;
  } catch (error) {
    await sql.end({ timeout: 0 });
    throw error;
  }

  return {
    async createDatabase(name) {
      const [existing] = await sql`select 1 from pg_database where datname = ${name}`;
      if (existing) return;
      await sql`create database ${sql(name)}`.catch((error: postgres.PostgresError) => {
        if (error.code !== DUPLICATE_DATABASE && error.code !== UNIQUE_VIOLATION) throw error;
      });
    },
    async release() {
      await sql`select pg_advisory_unlock_shared(${LOCKS.embeddedServer})`;
      // A process that arrives now waits for this lock, is disconnected with the server, and starts the server again.
      const [last] = await sql<{ alone: boolean }[]>`select pg_try_advisory_lock(${LOCKS.embeddedServer}) as alone`;
      return last?.alone === true;
    },
    close: () => sql.end({ timeout: 1 }),
  };
}

const DUPLICATE_DATABASE = "42P04";
/** What the loser gets when two create the same database in the same instant. */
const UNIQUE_VIOLATION = "23505";
