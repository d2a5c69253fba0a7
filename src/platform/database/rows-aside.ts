import { type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type { Db } from "./database.ts";

/** Rows that were removed from their table, as JSON of the database. */
export type RowsAside = readonly Readonly<Record<string, unknown>>[];

/** Deletes these rows and returns them, to be stored elsewhere, so that queries of the table do not find them. */
export const moveRowsAside = async (db: Db, table: PgTable, condition: SQL | undefined): Promise<RowsAside> => {
  const rows = await db.execute<{ row: string }>(
    sql`delete from ${table} where ${condition ?? sql`false`} returning to_jsonb(${table})::text as row`,
  );
  return rows.map(({ row }) => JSON.parse(row));
};

/**
 * Inserts rows that were removed.
 *
 * @returns their number; fewer if other rows have replaced some of them since
 */
export const putBackRows = async (db: Db, table: PgTable, rows: RowsAside): Promise<number> => {
  const put = await db.execute(sql`
    insert into ${table} select * from jsonb_populate_recordset(null::${table}, ${JSON.stringify(rows)}::text::jsonb)
    on conflict do nothing returning 1`);
  return put.length;
};
