import { index, integer, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { ofTenant } from "#features/tenants/tenants.table";
import { users } from "#features/users/users.table";
import { timestamptz } from "#platform/database/columns";
import type { UserId } from "#shared/ids";

/** The newest code mailed for each unfinished login, step-up or address proof. */
export const emailCodes = pgTable(
  "email_codes",
  {
    /** The id of the login challenge, the session (step-up), or the address proof. */
    subjectId: uuid("subject_id").primaryKey(),
    tenantId: ofTenant(),
    /** Null if it verifies an address that belonged to no user when the code was mailed. */
    userId: uuid("user_id")
      .$type<UserId>()
      .references(() => users.id, { onDelete: "cascade" }),
    /** Encrypted, because six digits can be found from any hash. It is decrypted when the mail is delivered. */
    code: text("code").notNull(),
    /** How many times a code was mailed for this subject. */
    sends: integer("sends").notNull(),
    sentAt: timestamptz("sent_at").notNull(),
    expiresAt: timestamptz("expires_at").notNull(),
    usedAt: timestamptz("used_at"),
  },
  (table) => [
    index("email_codes_user_id_idx").on(table.userId),
    index("email_codes_expires_at_idx").on(table.expiresAt),
    index("email_codes_tenant_id_idx").on(table.tenantId),
  ],
);
