import { index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { ofTenant } from "#features/tenants/tenants.table";
import { users } from "#features/users/users.table";
import { timestamptz } from "#platform/database/columns";
import type { SessionId, UserId } from "#shared/ids";

/** Passwords: the only first factor based on knowledge. */
export const passwords = pgTable(
  "passwords",
  {
    userId: uuid("user_id")
      .$type<UserId>()
      .primaryKey()
      .references(() => users.id, { onDelete: "cascade" }),
    tenantId: ofTenant(),
    /** A PHC string (argon2id), or the hash of another system, which the next login replaces. */
    hash: text("hash").notNull(),
    changedAt: timestamptz("changed_at").notNull(),
    /** When it was last set through a mailed link: it then proves no more than access to the mailbox. Null: never. */
    setByMailAt: timestamptz("set_by_mail_at"),
    /** The session that created it. Null if no session did, or if it is older than this column. */
    createdBySession: uuid("created_by_session").$type<SessionId>(),
  },
  (table) => [index("passwords_tenant_id_idx").on(table.tenantId)],
);

/** Hashes replaced in the last days. An unwanted e-mail change is undone with a password that was valid before the change. */
export const formerPasswords = pgTable(
  "former_passwords",
  {
    userId: uuid("user_id")
      .$type<UserId>()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    tenantId: ofTenant(),
    hash: text("hash").notNull(),
    changedAt: timestamptz("changed_at").notNull(),
    replacedAt: timestamptz("replaced_at").notNull(),
  },
  (table) => [
    index("former_passwords_user_id_idx").on(table.userId),
    index("former_passwords_replaced_at_idx").on(table.replacedAt),
    index("former_passwords_tenant_id_idx").on(table.tenantId),
  ],
);
