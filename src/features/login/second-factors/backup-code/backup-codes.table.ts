import { boolean, index, pgTable, smallint, text, unique, uuid } from "drizzle-orm/pg-core";
import { ofUser } from "#features/users/users.table";
import { instant } from "#platform/database/columns";
import type { SessionId } from "#shared/ids";

/** Backup codes, as hashes only. */
export const backupCodes = pgTable(
  "backup_codes",
  {
    id: uuid("id").primaryKey(),
    ...ofUser(),
    /** Which of the set it is; the code itself says so, so that one hash is enough to check it. */
    position: smallint("position").notNull(),
    /** A PHC string (argon2id): a code is short enough to be guessed from a fast hash. */
    hash: text("hash").notNull(),
    /** Shown together with a TOTP secret that nobody has confirmed yet. */
    pending: boolean("pending").notNull(),
    /** The session that created it. Null: none did, or it is older than this record. */
    createdBySession: uuid("created_by_session").$type<SessionId>(),
    createdAt: instant("created_at").notNull(),
    usedAt: instant("used_at"),
  },
  (table) => [
    unique("backup_codes_user_id_pending_position_key").on(table.userId, table.pending, table.position),
    index("backup_codes_tenant_id_idx").on(table.tenantId),
  ],
);
