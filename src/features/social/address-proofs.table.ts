import { index, pgTable, smallint, text, uuid } from "drizzle-orm/pg-core";
import { ofTenant } from "#features/tenants/tenants.table";
import { instant } from "#platform/database/columns";
import type { AddressProofId } from "#shared/ids";

/**
 * Logins by a provider that does not vouch for the address, each waiting for the code mailed there. They belong to no user:
 * whose login it is, and whether the address has a user, is decided once the address is proved.
 */
export const addressProofs = pgTable(
  "address_proofs",
  {
    id: uuid("id").$type<AddressProofId>().primaryKey(),
    /** The tenant that the login named. */
    tenantId: ofTenant(),
    /** What the provider said, and how the tokens are wanted; encrypted, because the address is not proved. */
    arrival: text("arrival").notNull(),
    /** Codes given, counted before they are compared. */
    guesses: smallint("guesses").notNull().default(0),
    createdAt: instant("created_at").notNull(),
    expiresAt: instant("expires_at").notNull(),
    usedAt: instant("used_at"),
  },
  (table) => [
    index("address_proofs_expires_at_idx").on(table.expiresAt),
    index("address_proofs_tenant_id_idx").on(table.tenantId),
  ],
);
