import { customType, timestamp } from "drizzle-orm/pg-core";

/** An instant, to the millisecond that JavaScript knows. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, precision: 3, mode: "date" });

/** Raw bytes. */
export const bytes = customType<{ data: Buffer; driverData: Buffer }>({ dataType: () => "bytea" });

/** JSON whose absence is SQL's NULL. Drizzle's own jsonb would store JSON's null where a prepared statement is given none. */
export const json = <Value>(name: string) =>
  customType<{ data: Value; driverData: string | null }>({
    dataType: () => "jsonb",
    toDriver: (value) => (value === null ? null : JSON.stringify(value)),
  })(name);
