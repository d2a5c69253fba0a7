import { and, asc, desc, gt, gte, lt, type SQL, sql } from "drizzle-orm";
import type { AnyPgColumn, PgTable } from "drizzle-orm/pg-core";
import { MAX_COUNT, type Period, type Slice } from "#shared/paging";
import { firstIdAt } from "../ids.ts";
import type { Db } from "./database.ts";

/** The rows of a slice of a list that is ordered by this id. */
export const inSlice = (id: AnyPgColumn, { below, above }: Pick<Slice, "below" | "above">): SQL | undefined =>
  and(below === null ? undefined : lt(id, below), above === null ? undefined : gt(id, above));

/** The order in which a slice is read: an index has it in both directions. */
export const sliceOrder = (id: AnyPgColumn, { backward }: Pick<Slice, "backward">): SQL =>
  backward ? asc(id) : desc(id);

/**
 * The rows that were made in a period: a UUIDv7 begins with its instant, so the index by id finds them. A table that is
 * partitioned by time names that column, too, so that partitions outside the period are not read.
 */
export const inPeriod = (id: AnyPgColumn, { from, to }: Period, partitionedBy?: AnyPgColumn): SQL | undefined =>
  and(
    from == null ? undefined : gte(id, firstIdAt(from)),
    to == null ? undefined : lt(id, firstIdAt(to)),
    from == null || !partitionedBy ? undefined : gte(partitionedBy, sinceFirstId(from)),
    to == null || !partitionedBy ? undefined : lt(partitionedBy, sinceFirstId(to)),
  );

/** The instant as text that Postgres can read: see `sinceFirstId`. */
export const storable = (instant: Date): string => sinceFirstId(instant).toISOString();
/** The rows whose instant is in a period; none of those without an instant, unless the period is all of time. */
export const isDuring = (instant: AnyPgColumn, { from, to }: Period): SQL | undefined =>
  and(
    from == null ? undefined : gte(instant, sinceFirstId(from)),
    to == null ? undefined : lt(instant, sinceFirstId(to)),
  );

/** No id is older than 1970, and Postgres knows no year 0: a client may ask for both. */
const sinceFirstId = (instant: Date): Date => new Date(Math.max(0, instant.getTime()));

/** Counts the rows that meet the condition, at most one more than MAX_COUNT. */
export const countUpToMax = async (db: Db, table: PgTable, condition: SQL | undefined): Promise<number> => {
  const counted = db
    .select({ one: sql<number>`1`.as("one") })
    .from(table)
    .where(condition)
    .limit(MAX_COUNT + 1)
    .as("counted");
  const [row] = await db.select({ count: sql<number>`count(*)::int` }).from(counted);
  return row?.count ?? 0;
};
