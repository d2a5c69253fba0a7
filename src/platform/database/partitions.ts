import { sql } from "drizzle-orm";
import type { Db } from "./database.ts";

/** Tables that grow for ever, each with one partition a month of its column `occurred_at`. */
const PARTITIONED = ["security_events", "login_attempts"] as const;

const MONTHS_AHEAD = 3;

/** Makes the partitions of this month and the next three, where they are missing. Run at start and daily. */
export const ensurePartitions = async (db: Db, now: Date): Promise<void> => {
  for (const table of PARTITIONED) {
    for (let ahead = 0; ahead <= MONTHS_AHEAD; ahead++) {
      const from = monthStart(now, ahead);
      const name = `${table}_${from.slice(0, 7).replace("-", "_")}`;
      await db.execute(
        sql.raw(`create table if not exists "${name}" partition of "${table}" for values from ('${from}') to ('${monthStart(now, ahead + 1)}')`),
      );
    }
  }
};

const monthStart = (now: Date, ahead: number): string =>
  new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + ahead, 1)).toISOString().slice(0, 10);
