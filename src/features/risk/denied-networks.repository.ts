import { lte, sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import type { TenantId } from "#shared/ids";
import { deniedNetworks } from "./denied-networks.table.ts";

/** Inserts a network of a tenant, or keeps the later of the two denials. */
export const upsertDeniedNetwork = async (
  db: Db,
  denied: { readonly tenantId: TenantId; readonly network: string; readonly deniedAt: Date },
): Promise<void> => {
  await db
    .insert(deniedNetworks)
    .values(denied)
    .onConflictDoUpdate({
      target: [deniedNetworks.tenantId, deniedNetworks.network],
      set: { deniedAt: sql`greatest(${deniedNetworks.deniedAt}, excluded.denied_at)` },
    });
};

/** Deletes the networks whose last denial was at this instant or before it. */
export const deleteDeniedNetworksUntil = async (db: Db, instant: Date): Promise<number> =>
  (
    await db
      .delete(deniedNetworks)
      .where(lte(deniedNetworks.deniedAt, instant))
      .returning({ network: deniedNetworks.network })
  ).length;
