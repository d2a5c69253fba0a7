import { and, asc, eq, gt, inArray, lt } from "drizzle-orm";
import { inServedTenant } from "#features/tenants/index";
import type { Db } from "#platform/database/database";
import type { TenantId } from "#shared/ids";
import { sapConnections } from "./sap-connections.table.ts";

export type SapConnectionRow = typeof sapConnections.$inferSelect;

/** A connection without its credentials: what may be shown. */
export type SapConnection = Omit<SapConnectionRow, "credentials">;

const SHOWN = {
  tenantId: sapConnections.tenantId,
  baseUrl: sapConnections.baseUrl,
  reachable: sapConnections.reachable,
  checkedAt: sapConnections.checkedAt,
  services: sapConnections.services,
};

/** The connections of these tenants, in no order. */
export const listSapConnectionsOf = (db: Db, tenantIds: readonly TenantId[]): Promise<SapConnection[]> =>
  db
    .select(SHOWN)
    .from(sapConnections)
    .where(inArray(sapConnections.tenantId, [...tenantIds]));

/** The tenant's connection, in the place of the one before. */
export const insertSapConnection = async (db: Db, { tenantId, ...row }: SapConnectionRow): Promise<void> => {
  await db
    .insert(sapConnections)
    .values({ tenantId, ...row })
    .onConflictDoUpdate({ target: sapConnections.tenantId, set: row });
};

/**
 * The connections that were last checked before this instant, those that wait longest first. Of tenants that are suspended,
 * or that nobody has activated, none: their systems are not called in their name.
 */
export const listDueSapConnections = (db: Db, instant: Date, limit: number): Promise<SapConnectionRow[]> =>
  db
    .select()
    .from(sapConnections)
    .where(and(lt(sapConnections.checkedAt, instant), inServedTenant(db, sapConnections.tenantId)))
    .orderBy(asc(sapConnections.checkedAt))
    .limit(limit);

/** The tenant's connection with its credentials. */
export const findSapConnection = async (db: Db, tenantId: TenantId): Promise<SapConnectionRow | null> => {
  const [row] = await db.select().from(sapConnections).where(eq(sapConnections.tenantId, tenantId));
  return row ?? null;
};

/** The next connections in the order of their tenants, `limit` at most. */
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
 * Changes the connection that was read; false if it was replaced since. Its credentials tell: each encryption of them is
 * different.
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
