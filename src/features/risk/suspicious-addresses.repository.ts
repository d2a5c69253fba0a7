import { lte, sql } from "drizzle-orm";
import type { Db } from "../../platform/database/database.ts";
import { suspiciousAddresses } from "./suspicious-addresses.table.ts";

/** Inserts a network, or notes the later of two denials where it is there already. */
export const upsertSuspiciousAddress = async (db: Db, network: string, deniedAt: Date): Promise<void> => {
  await db
    .insert(suspiciousAddresses)
    .values({ network, deniedAt })
    .onConflictDoUpdate({
      target: suspiciousAddresses.network,
      set: { deniedAt: sql`greatest(${suspiciousAddresses.deniedAt}, excluded.denied_at)` },
    });
};

/** Deletes the networks whose last denial was at this instant or before it. */
export const deleteSuspiciousAddressesUntil = async (db: Db, instant: Date): Promise<number> =>
  (
    await db
      .delete(suspiciousAddresses)
      .where(lte(suspiciousAddresses.deniedAt, instant))
      .returning({ network: suspiciousAddresses.network })
  ).length;
