import { index, pgTable, smallint, text, uuid } from "drizzle-orm/pg-core";
import { ofTenant } from "#features/tenants/tenants.table";
import { timestamptz } from "#platform/database/columns";
import type { AddressProofId } from "#shared/ids";

/**
 * Logins by a provider that does not vouch for the address, each waiting for the code mailed there. They belong to no user yet:
 * the user, and whether the address has one, is determined once the address is verified.
 */
export const addressProofs = pgTable(
  "address_proofs",
  {
    id: uuid("id").$type<AddressProofId>().primaryKey(),
    /** The tenant named in the login. */
    tenantId: ofTenant(),
    /** The provider's identity data and the token transport; encrypted, because the address is not verified. */
    arrival: text("arrival").notNull(),
    /** Number of codes entered, counted before they are compared. */
    guesses: smallint("guesses").notNull().default(0),
    createdAt: timestamptz("created_at").notNull(),
    expiresAt: timestamptz("expires_at").notNull(),
    usedAt: timestamptz("used_at"),
  },
  (table) => [
    index("address_proofs_expires_at_idx").on(table.expiresAt),
    index("address_proofs_tenant_id_idx").on(table.tenantId),
  ],
);
