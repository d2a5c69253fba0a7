import { pgTable, smallint } from "drizzle-orm/pg-core";

/** One row, written again and again to find out whether anything can be written. */
export const writeProbes = pgTable("write_probes", { id: smallint().primaryKey() });
