import { pgTable, text } from "drizzle-orm/pg-core";
import { timestamptz } from "#platform/database/columns";

/** The schemes of the stored password hashes. Rejected logins take as long as the slowest of them. */
export const passwordSchemes = pgTable("password_schemes", {
  /** In the format of `schemeName`. */
  name: text("name").primaryKey(),
  /** When a hash of this scheme was last found or imported. */
  seenAt: timestamptz("seen_at").notNull(),
});
