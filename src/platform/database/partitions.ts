import { sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import { LOCKS } from "./locks.ts";

/** Tables that grow indefinitely, each with one partition per month of its column `occurred_at`. */
const listPartitioned = async (db: Db): Promise<string[]> => {
  const rows = await db.execute<{ name: string }>(sql`
    select c.relname as name from pg_partitioned_table t join pg_class c on c.oid = t.partrelid
    where c.relnamespace = current_schema::regnamespace order by c.relname`);
  return rows.map(({ name }) => name);
};

/** Rows deleted by one statement. */
const BATCH = 1_000;

const MONTHS_AHEAD = 3;

/**
 * Creates the partitions of this month and the next three, if missing. Runs at startup and daily. A month that already has rows
 * in the default partition stays there, because Postgres would refuse the new partition. Throws if such a table is in use for too
 * long; the job is then retried.
 */
export const ensurePartitions = (db: Db, now: Date): Promise<void> =>
  db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${LOCKS.partitions})`);
    // All logins wait behind a statement that waits for the lock of a whole table.
    await tx.execute(sql`set local lock_timeout = '1s'`);
    for (const table of await listPartitioned(tx)) {
      for (let ahead = 0; ahead <= MONTHS_AHEAD; ahead++) {
        const [from, to] = [monthStart(now, ahead), monthStart(now, ahead + 1)];
        if (await hasStrays(tx, table, from, to)) continue;
        const name = `${table}_${from.slice(0, 7).replace("-", "_")}`;
        const bounds = `for values from ('${from}') to ('${to}')`;
        await tx.execute(sql.raw(`create table if not exists "${name}" partition of "${table}" ${bounds}`));
      }
    }
  });

/**
 * Drops the partitions of this table whose whole month is older than the cutoff, and deletes older rows from the default
 * partition. Runs daily. Throws if a table is in use for too long; the job is then retried.
 */
export const dropOldPartitions = async (db: Db, table: string, cutoff: Date): Promise<void> => {
  for (const partition of await listPartitionsBefore(db, table, cutoff)) await dropPartition(db, partition);
  while ((await deleteStraysBefore(db, table, cutoff)) > 0);
};

/** Selects by the names that `ensurePartitions` assigns: the following month began before the cutoff. */
const listPartitionsBefore = async (db: Db, table: string, cutoff: Date): Promise<string[]> => {
  const rows = await db.execute<{ name: string }>(sql`
    select c.relname as name from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = ${table}::regclass order by c.relname`);
  return rows
    .map(({ name }) => name)
    .filter((name) => {
      const [, year, month] = /_(\d{4})_(\d{2})$/.exec(name) ?? [];
      return year !== undefined && Date.UTC(Number(year), Number(month), 1) <= cutoff.getTime();
    });
};

/** One at a time, because all logins wait while it waits for the lock of the whole table. */
const dropPartition = (db: Db, partition: string): Promise<void> =>
  db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${LOCKS.partitions})`);
    await tx.execute(sql`set local lock_timeout = '1s'`);
    await tx.execute(sql.raw(`drop table if exists "${partition}"`));
  });

const deleteStraysBefore = async (db: Db, table: string, cutoff: Date): Promise<number> => {
  const from = sql.raw(`"${table}_default"`);
  const rows = await db.execute(sql`
    delete from ${from} where ctid = any(array(
      select ctid from ${from} where occurred_at < ${cutoff.toISOString()}::timestamptz limit ${BATCH}
    )) returning 1`);
  return rows.length;
};

const hasStrays = async (tx: Db, table: string, from: string, to: string): Promise<boolean> => {
  const strays = sql.raw(
    `select from "${table}_default" where occurred_at >= '${from}' and occurred_at < '${to}' limit 1`,
  );
  return (await tx.execute(strays)).length > 0;
};

const monthStart = (now: Date, ahead: number): string =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1)).toISOString().slice(0, 10);
