import { type SQL, sql } from "drizzle-orm";
import type { PgTable } from "drizzle-orm/pg-core";
import type { Db } from "./database.ts";

/** Rows that were taken out of their table, as the database wrote them down. */
export type RowsAside = readonly Readonly<Record<string, unknown>>[];

/** Deletes these rows and returns them, to be kept elsewhere: nothing that reads the table finds them meanwhile. */
export const takeRows = async (db: Db, table: PgTable, condition: SQL | undefined): Promise<RowsAside> => {
  const rows = await db.execute<{ row: string }>(
    sql`delete from ${table} where ${condition ?? sql`false`} returning to_jsonb(${table})::text as row`,
  );
  return rows.map(({ row }) => JSON.parse(row));
};

/** Inserts rows again that were taken. @returns how many; fewer if others have taken their place meanwhile */
export const putBackRows = async (db: Db, table: PgTable, rows: RowsAside): Promise<number> => {
  const put = await db.execute(sql`
    insert into ${table} select * from jsonb_populate_recordset(null::${table}, ${JSON.stringify(rows)}::text::jsonb)
    on conflict do nothing returning 1`);
  return put.length;
};
