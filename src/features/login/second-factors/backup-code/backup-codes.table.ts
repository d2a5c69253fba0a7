import { boolean, index, pgTable, smallint, text, unique, uuid } from "drizzle-orm/pg-core";
import { ofUser } from "#features/users/users.table";
import { timestamptz } from "#platform/database/columns";
import type { SessionId } from "#shared/ids";

/** Backup codes, stored as hashes only. */
export const backupCodes = pgTable(
  "backup_codes",
  {
    id: uuid("id").primaryKey(),
    ...ofUser(),
    /** The position in the set. The code contains it, so that only one hash needs to be verified. */
    position: smallint("position").notNull(),
    /** A PHC string (argon2id), because a code is short enough to be guessed from a fast hash. */
    hash: text("hash").notNull(),
    /** Whether it was shown together with a TOTP secret that is not confirmed yet. */
    pending: boolean("pending").notNull(),
    /** The session that created it. Null if no session did, or if it is older than this column. */
    createdBySession: uuid("created_by_session").$type<SessionId>(),
    createdAt: timestamptz("created_at").notNull(),
    usedAt: timestamptz("used_at"),
  },
  (table) => [
    unique("backup_codes_user_id_pending_position_key").on(table.userId, table.pending, table.position),
    index("backup_codes_tenant_id_idx").on(table.tenantId),
  ],
);
