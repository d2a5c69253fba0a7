import { pgTable, smallint } from "drizzle-orm/pg-core";

/** One row, written repeatedly to check whether the database can write. */
export const writeProbes = pgTable("write_probes", { id: smallint().primaryKey() });
