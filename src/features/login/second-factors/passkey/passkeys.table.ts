import { bigint, boolean, index, integer, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { ofUser } from "#features/users/users.table";
import { bytea, timestamptz } from "#platform/database/columns";
import type { PasskeyId, SessionId } from "#shared/ids";

/** WebAuthn credentials. */
export const passkeys = pgTable(
  "passkeys",
  {
    id: uuid("id").$type<PasskeyId>().primaryKey(),
    ...ofUser(),
    name: text("name").notNull(),
    /** The id of the credential at the authenticator. A credential belongs to one user. */
    credentialId: bytea("credential_id").notNull(),
    /** COSE (RFC 9052). */
    publicKey: bytea("public_key").notNull(),
    /** The authenticator's signature counter; 0 if it does not count. */
    counter: bigint("counter", { mode: "number" }).notNull(),
    transports: text("transports").array().notNull(),
    backedUp: boolean("backed_up").notNull(),
    /** The session that created it. Null if no session did, or if it is older than this column. */
    createdBySession: uuid("created_by_session").$type<SessionId>(),
    createdAt: timestamptz("created_at").notNull(),
    lastUsedAt: timestamptz("last_used_at"),
    useCount: integer("use_count").notNull().default(0),
  },
  (table) => [
    unique("passkeys_credential_id_key").on(table.credentialId),
    index("passkeys_user_id_idx").on(table.userId),
    index("passkeys_tenant_id_idx").on(table.tenantId),
  ],
);

/** Used WebAuthn challenges. Unused ones are not stored, because they are derived and contain their time. */
export const spentPasskeyChallenges = pgTable(
  "spent_passkey_challenges",
  { id: uuid("id").primaryKey(), spentAt: timestamptz("spent_at").notNull() },
  (table) => [index("spent_passkey_challenges_spent_at_idx").on(table.spentAt)],
);
