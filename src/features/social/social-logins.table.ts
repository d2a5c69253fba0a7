import { index, pgTable, text, unique, uuid } from "drizzle-orm/pg-core";
import { ofTenant } from "#features/tenants/tenants.table";
import { bytea, timestamptz } from "#platform/database/columns";
import { valueChecks } from "#platform/database/value-checks";
import type { SocialLoginId } from "#shared/ids";
import { TOKEN_TRANSPORTS } from "#shared/token-transports";

/** Authorization requests: each is completed at most once, in the browser or app that started it. */
export const socialLogins = pgTable(
  "social_logins",
  {
    id: uuid("id").$type<SocialLoginId>().primaryKey(),
    /** The tenant that a new user is to join. */
    tenantId: ofTenant(),
    provider: text("provider").notNull(),
    stateHash: bytea("state_hash").notNull(),
    /** The hash of a secret known only to the browser (its cookie) or the app (its verifier) that started the request. */
    bindingHash: bytea("binding_hash").notNull(),
    /** Nonce and PKCE verifier, encrypted. */
    secrets: text("secrets").notNull(),
    redirectUri: text("redirect_uri").notNull(),
    transport: text("transport", { enum: TOKEN_TRANSPORTS }).notNull(),
    createdAt: timestamptz("created_at").notNull(),
    expiresAt: timestamptz("expires_at").notNull(),
    usedAt: timestamptz("used_at"),
  },
  (table) => [
    ...valueChecks(table),
    unique("social_logins_state_hash_key").on(table.stateHash),
    index("social_logins_expires_at_idx").on(table.expiresAt),
    index("social_logins_tenant_id_idx").on(table.tenantId),
  ],
);
