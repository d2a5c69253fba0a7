import DataLoader from "dataloader";
import { and, eq, type SQL, sql } from "drizzle-orm";
import type { AnyPgColumn, PgSelect } from "drizzle-orm/pg-core";
import { MAX_COUNT, type Page, type Slice, toPage } from "#shared/paging";
import type { Db } from "./database.ts";
import { inSlice, sliceOrder } from "./slices.ts";

/** A list within each parent: the sessions of a user, the registrations of a tenant. */
export interface ChildList {
  /** The rows of all parents that meet the condition, unordered. */
  readonly rows: (condition: SQL | undefined) => PgSelect;
  /** The column with the parent's id. */
  readonly parent: AnyPgColumn;
  readonly id: AnyPgColumn;
}

/**
 * Reads the same slice for several parents in one statement: for each of them an index scan that ends at the limit (a lateral
 * join). Their counts are also read together, and only if requested.
 *
 * @returns a page for each parent, in their order
 */
export const listChildPages = async <Id extends string, Row>(
  db: Db,
  parents: readonly Id[],
  list: ChildList,
  slice: Slice,
): Promise<Page<Row>[]> => {
  const given = parentsOf(db, parents);
  const child = list
    .rows(and(eq(list.parent, PARENT_ID), inSlice(list.id, slice)))
    .orderBy(sliceOrder(list.id, slice))
    .limit(slice.limit)
    .as("child");
  const found: unknown[] = await db
    .select()
    .from(given)
    .innerJoinLateral(child, sql`true`)
    .orderBy(sliceOrder(child.id as AnyPgColumn, slice));
  const ofParent = new Map<Id, Row[]>(parents.map((id) => [id, []]));
  for (const row of found as { parents: { id: Id }; child: Row }[]) ofParent.get(row.parents.id)?.push(row.child);
  const counts = new DataLoader((ids: readonly Id[]) => countChildren(db, ids, list));
  return parents.map((id) => toPage(ofParent.get(id) ?? [], slice, () => counts.load(id)));
};

/** Counts the rows of each parent, at most one more than MAX_COUNT of each. */
const countChildren = async <Id extends string>(db: Db, parents: readonly Id[], list: ChildList): Promise<number[]> => {
  const counted = list
    .rows(eq(list.parent, PARENT_ID))
    .limit(MAX_COUNT + 1)
    .as("counted");
  const tally = db
    .select({ count: sql<number>`count(*)::int`.as("count") })
    .from(counted)
    .as("tally");
  const given = parentsOf(db, parents);
  const rows = await db.select({ id: given.id, count: tally.count }).from(given).innerJoinLateral(tally, sql`true`);
  const ofParent = new Map<string, number>(rows.map(({ id, count }) => [id, count]));
  return parents.map((id) => ofParent.get(id) ?? 0);
};

const PARENT_ID = sql`"parents"."parent_id"`;

/** Only UUIDs: they need no quotes within an array. No list has a column with this name. */
const parentsOf = (db: Db, ids: readonly string[]) =>
  db
    .select({ id: sql<string>`given.id`.as("parent_id") })
    .from(sql`unnest(${`{${ids.join()}}`}::uuid[]) as given (id)`)
    .as("parents");
