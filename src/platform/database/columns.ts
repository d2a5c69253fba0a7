import { customType } from "drizzle-orm/pg-core";
import { parseInstant } from "./instants.ts";

/** An instant, to the millisecond that JavaScript knows. Drizzle's own timestamp reads years below 100 wrongly. */
export const instant = customType<{ data: Date; driverData: string }>({
  dataType: () => "timestamp (3) with time zone",
  toDriver: (value) => value.toISOString(),
  fromDriver: parseInstant,
});

/** Raw bytes. */
export const bytes = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => "bytea" });

/** JSON whose absence is SQL's NULL. Drizzle's own jsonb would store JSON's null where a prepared statement is given none. */
export const json = <Value>(name: string) =>
  customType<{ data: Value; driverData: string | null }>({
    dataType: () => "jsonb",
    toDriver: (value) => (value === null ? null : JSON.stringify(value)),
  })(name);
