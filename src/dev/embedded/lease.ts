import postgres from "postgres";
import { LOCKS } from "#platform/database/locks";

export interface Lease {
  createDatabase(name: string): Promise<void>;
  /** Releases this process's lease; true if no other process uses the server, and from then on none can start to. */
  release(): Promise<boolean>;
  close(): Promise<void>;
}

/**
 * Marks the server as used for the lifetime of the connection, with a shared advisory lock. If the process is killed, the lock is
 * released automatically, unlike a pid file. Rejects while the server starts or stops.
 */
export async function acquireLease(maintenanceUrl: string): Promise<Lease> {
  const sql = postgres(maintenanceUrl, {
    max: 1,
    // The lock belongs to this connection, so it must not be recycled.
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
      // A process that connects now waits for this lock, is disconnected with the server, and starts the server again.
      const [last] = await sql<{ alone: boolean }[]>`select pg_try_advisory_lock(${LOCKS.embeddedServer}) as alone`;
      return last?.alone === true;
    },
    close: () => sql.end({ timeout: 1 }),
  };
}

const DUPLICATE_DATABASE = "42P04";
/** The error of the second process if two create the same database at the same moment. */
const UNIQUE_VIOLATION = "23505";
