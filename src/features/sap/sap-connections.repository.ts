import { and, asc, eq, gt, inArray, lt } from "drizzle-orm";
import { inServedTenant } from "#features/tenants/index";
import type { Db } from "#platform/database/database";
import type { TenantId } from "#shared/ids";
import { sapConnections } from "./sap-connections.table.ts";

export type SapConnectionRow = typeof sapConnections.$inferSelect;

/** A connection without its credentials, safe to return. */
export type SapConnection = Omit<SapConnectionRow, "credentials">;

const SHOWN = {
  tenantId: sapConnections.tenantId,
  baseUrl: sapConnections.baseUrl,
  reachable: sapConnections.reachable,
  checkedAt: sapConnections.checkedAt,
  services: sapConnections.services,
};

/** Returns the connections of these tenants, unordered. */
export const listSapConnectionsOf = (db: Db, tenantIds: readonly TenantId[]): Promise<SapConnection[]> =>
  db
    .select(SHOWN)
    .from(sapConnections)
    .where(inArray(sapConnections.tenantId, [...tenantIds]));

/** Inserts the tenant's connection, or replaces the previous one. */
export const insertSapConnection = async (db: Db, { tenantId, ...row }: SapConnectionRow): Promise<void> => {
  await db
    .insert(sapConnections)
    .values({ tenantId, ...row })
    .onConflictDoUpdate({ target: sapConnections.tenantId, set: row });
};

/**
 * Returns the connections last checked before this instant, the oldest check first. Tenants that are suspended or not yet
 * activated are excluded, because their systems must not be called in their name.
 */
export const listDueSapConnections = (db: Db, instant: Date, limit: number): Promise<SapConnectionRow[]> =>
  db
    .select()
    .from(sapConnections)
    .where(and(lt(sapConnections.checkedAt, instant), inServedTenant(db, sapConnections.tenantId)))
    .orderBy(asc(sapConnections.checkedAt))
    .limit(limit);

/** Returns the tenant's connection, including its credentials. */
export const findSapConnection = async (db: Db, tenantId: TenantId): Promise<SapConnectionRow | null> => {
  const [row] = await db.select().from(sapConnections).where(eq(sapConnections.tenantId, tenantId));
  return row ?? null;
};

/** Returns the next connections in order of tenant id, at most `limit`. */
export const listSapConnections = (
  db: Db,
  { after, limit }: { readonly after: TenantId | null; readonly limit: number },
): Promise<SapConnectionRow[]> =>
  db
    .select()
    .from(sapConnections)
    .where(after ? gt(sapConnections.tenantId, after) : undefined)
    .orderBy(asc(sapConnections.tenantId))
    .limit(limit);

/**
 * Updates the connection as it was read. Returns false if it was replaced since: its credentials differ then, because each
 * encryption is different.
 */
export const updateSapConnection = async (
  db: Db,
  { tenantId, credentials }: Pick<SapConnectionRow, "tenantId" | "credentials">,
  changes: Partial<Omit<SapConnectionRow, "tenantId">>,
): Promise<boolean> => {
  const updated = await db
    .update(sapConnections)
    .set(changes)
    .where(and(eq(sapConnections.tenantId, tenantId), eq(sapConnections.credentials, credentials)))
    .returning({ tenantId: sapConnections.tenantId });
  return updated.length > 0;
};
