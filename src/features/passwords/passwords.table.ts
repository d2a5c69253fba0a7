import { index, pgTable, text, uuid } from "drizzle-orm/pg-core";
import { ofTenant } from "#features/tenants/tenants.table";
import { users } from "#features/users/users.table";
import { instant } from "#platform/database/columns";
import type { SessionId, UserId } from "#shared/ids";

/** Password accounts: the one way in that a user proves by knowing. */
export const passwords = pgTable(
  "passwords",
  {
    userId: uuid("user_id")
      .$type<UserId>()
      .primaryKey()
      .references(() => users.id, { onDelete: "cascade" }),
    tenantId: ofTenant(),
    /** A PHC string (argon2id), or what another system made and the next login replaces. */
    hash: text("hash").notNull(),
    changedAt: instant("changed_at").notNull(),
    /** When it was last set through a mailed link: then it proves no more than the mailbox. Null: never. */
    setByMailAt: instant("set_by_mail_at"),
    /** The session that created it. Null: none did, or it is older than this record. */
    createdBySession: uuid("created_by_session").$type<SessionId>(),
  },
  (table) => [index("passwords_tenant_id_idx").on(table.tenantId)],
);

/** Hashes that were replaced in the last days: an unwanted e-mail change is undone with a password that was valid before it. */
export const formerPasswords = pgTable(
  "former_passwords",
  {
    userId: uuid("user_id")
      .$type<UserId>()
      .notNull()
      .references(() => users.id, { onDelete: "cascade" }),
    tenantId: ofTenant(),
    hash: text("hash").notNull(),
    changedAt: instant("changed_at").notNull(),
    replacedAt: instant("replaced_at").notNull(),
  },
  (table) => [
    index("former_passwords_user_id_idx").on(table.userId),
    index("former_passwords_replaced_at_idx").on(table.replacedAt),
    index("former_passwords_tenant_id_idx").on(table.tenantId),
  ],
);
