import { and, asc, desc, gt, gte, lt, type SQL, sql } from "drizzle-orm";
import type { AnyPgColumn, PgTable } from "drizzle-orm/pg-core";
import { MAX_COUNT, type Period, type Slice } from "#shared/paging";
import { firstIdAt } from "../ids.ts";
import type { Db } from "./database.ts";

/** The rows of a slice of a list that is ordered by this id. */
export const inSlice = (id: AnyPgColumn, { below, above }: Pick<Slice, "below" | "above">): SQL | undefined =>
  and(below === null ? undefined : lt(id, below), above === null ? undefined : gt(id, above));

/** The order in which a slice is read; an index supports both directions. */
export const sliceOrder = (id: AnyPgColumn, { backward }: Pick<Slice, "backward">): SQL =>
  backward ? asc(id) : desc(id);

/**
 * The rows that were created in a period. A UUIDv7 begins with its instant, so the index on the id finds them. For a table that
 * is partitioned by time, pass that column, so that partitions outside the period are not read.
 */
export const inPeriod = (id: AnyPgColumn, { from, to }: Period, partitionedBy?: AnyPgColumn): SQL | undefined =>
  and(
    from == null ? undefined : gte(id, firstIdAt(from)),
    to == null ? undefined : lt(id, firstIdAt(to)),
    from == null || !partitionedBy ? undefined : gte(partitionedBy, sinceFirstId(from)),
    to == null || !partitionedBy ? undefined : lt(partitionedBy, sinceFirstId(to)),
  );

/** The instant as text that Postgres accepts: see `sinceFirstId`. */
export const storable = (instant: Date): string => sinceFirstId(instant).toISOString();
/** The rows whose instant is in a period. Rows without an instant match only an unbounded period. */
export const isDuring = (instant: AnyPgColumn, { from, to }: Period): SQL | undefined =>
  and(
    from == null ? undefined : gte(instant, sinceFirstId(from)),
    to == null ? undefined : lt(instant, sinceFirstId(to)),
  );

/** No id is older than 1970, and Postgres has no year 0, but clients may pass both. */
const sinceFirstId = (instant: Date): Date => new Date(Math.max(0, instant.getTime()));

/** Counts the rows that meet the condition, up to one more than MAX_COUNT. */
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
