import { index, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { ofUser } from "#features/users/users.table";
import { timestamptz } from "#platform/database/columns";
import type { SessionId, SocialAccountId } from "#shared/ids";

/** Users' accounts at providers, identified by issuer and subject, never by address (OpenID Connect Core, section 5.7). */
export const socialAccounts = pgTable(
  "social_accounts",
  {
    id: uuid("id").$type<SocialAccountId>().primaryKey(),
    ...ofUser(),
    /** The provider's id in the settings. */
    provider: text("provider").notNull(),
    issuer: text("issuer").notNull(),
    subject: text("subject").notNull(),
    /** The address last reported by the provider; for display, never for look-ups. */
    email: text("email"),
    /** The session that created it. Null if none did, or if it is older than this column. */
    createdBySession: uuid("created_by_session").$type<SessionId>(),
    linkedAt: timestamptz("linked_at").notNull(),
    lastUsedAt: timestamptz("last_used_at"),
  },
  (table) => [
    unique("social_accounts_issuer_subject_key").on(table.issuer, table.subject),
    unique("social_accounts_user_id_provider_key").on(table.userId, table.provider),
    index("social_accounts_tenant_id_idx").on(table.tenantId),
  ],
);
