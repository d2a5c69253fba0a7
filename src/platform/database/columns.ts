import { customType } from "drizzle-orm/pg-core";
import { parseInstant } from "./instants.ts";

/** An instant, with the millisecond precision of JavaScript. Drizzle's own timestamp misreads years below 100. */
export const timestamptz = customType<{ data: Date; driverData: string }>({
  dataType: () => "timestamp (3) with time zone",
  toDriver: (value) => value.toISOString(),
  fromDriver: parseInstant,
});

/** Raw bytes. */
export const bytea = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => "bytea" });

/** JSON whose absence is SQL's NULL. Drizzle's own jsonb would store JSON's null if a prepared statement gets null. */
export const jsonb = <Value>(name: string) =>
  customType<{ data: Value; driverData: string | null }>({
    dataType: () => "jsonb",
    toDriver: (value) => (value === null ? null : JSON.stringify(value)),
  })(name);
