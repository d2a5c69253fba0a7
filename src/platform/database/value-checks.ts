import { getTableColumns, getTableName, sql } from "drizzle-orm";
import { type CheckBuilder, check, PgArray, type PgColumn } from "drizzle-orm/pg-core";

/**
 * A CHECK for each column declared as `text(name, { enum: VALUES })`, or an array of them: Postgres accepts only the values that
 * the code knows. Used in a table's last argument: `(table) => [...valueChecks(table), …]`.
 */
export const valueChecks = (columns: Readonly<Record<string, PgColumn>>): CheckBuilder[] => {
  const [table] = Object.values(columns).map((column) => column.table);
  if (!table) return [];
  return Object.values(getTableColumns(table)).flatMap((column) => {
    const values = valuesOf(column as PgColumn);
    if (!values) return [];
    const list = values.map((value) => `'${value}'`).join(", ");
    const rule = column instanceof PgArray ? `<@ array[${list}]` : `in (${list})`;
    return [check(`${getTableName(table)}_${column.name}_check`, sql.raw(`"${column.name}" ${rule}`))];
  });
};

/** The allowed values of a column, or of its elements; null if it is not limited. */
export const valuesOf = (column: PgColumn): readonly string[] | null =>
  (column instanceof PgArray ? (column.baseColumn as PgColumn).enumValues : column.enumValues) ?? null;
