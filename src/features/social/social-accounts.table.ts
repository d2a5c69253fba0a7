import { index, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { ofUser } from "#features/users/users.table";
import { instant } from "#platform/database/columns";
import type { SessionId, SocialAccountId } from "#shared/ids";

/** Accounts at providers by which users log in: known by issuer and subject, never by address (OpenID Connect Core, section 5.7). */
export const socialAccounts = pgTable(
  "social_accounts",
  {
    id: uuid("id").$type<SocialAccountId>().primaryKey(),
    ...ofUser(),
    /** The provider's id in the settings. */
    provider: text("provider").notNull(),
    issuer: text("issuer").notNull(),
    subject: text("subject").notNull(),
    /** What the provider last said; for showing, never for finding. */
    email: text("email"),
    /** The session that created it. Null: none did, or it is older than this record. */
    createdBySession: uuid("created_by_session").$type<SessionId>(),
    linkedAt: instant("linked_at").notNull(),
    lastUsedAt: instant("last_used_at"),
  },
  (table) => [
    unique("social_accounts_issuer_subject_key").on(table.issuer, table.subject),
    unique("social_accounts_user_id_provider_key").on(table.userId, table.provider),
    index("social_accounts_tenant_id_idx").on(table.tenantId),
  ],
);
