import { sql } from "drizzle-orm";
import type { Db } from "./database.ts";
import { LOCKS } from "./locks.ts";

/** Tables that grow for ever, each with one partition a month of its column `occurred_at`. */
const PARTITIONED = ["security_events", "login_attempts"] as const;

const MONTHS_AHEAD = 3;

/**
 * Makes the partitions of this month and the next three, where they are missing. Run at start and daily. A month whose rows
 * lie in the default partition by now stays there: Postgres would refuse the partition. Throws where somebody has used such
 * a table for long: the job is tried again.
 */
export const ensurePartitions = (db: Db, now: Date): Promise<void> =>
  db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(${LOCKS.partitions})`);
    // Every login waits behind whoever waits for the lock of a whole table.
    await tx.execute(sql`set local lock_timeout = '1s'`);
    for (const table of PARTITIONED) {
      for (let ahead = 0; ahead <= MONTHS_AHEAD; ahead++) {
        const [from, to] = [monthStart(now, ahead), monthStart(now, ahead + 1)];
        if (await hasStrays(tx, table, from, to)) continue;
        const name = `${table}_${from.slice(0, 7).replace("-", "_")}`;
        const bounds = `for values from ('${from}') to ('${to}')`;
        await tx.execute(sql.raw(`create table if not exists "${name}" partition of "${table}" ${bounds}`));
      }
    }
  });

const hasStrays = async (tx: Db, table: string, from: string, to: string): Promise<boolean> => {
  const strays = sql.raw(
    `select from "${table}_default" where occurred_at >= '${from}' and occurred_at < '${to}' limit 1`,
  );
  return (await tx.execute(strays)).length > 0;
};

const monthStart = (now: Date, ahead: number): string =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1)).toISOString().slice(0, 10);
