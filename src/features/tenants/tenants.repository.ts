import { eq, inArray } from "drizzle-orm";
import type { Db } from "../../platform/database/database.ts";
import type { TenantId } from "../../shared/ids.ts";
import { tenants } from "./tenants.table.ts";

export type Tenant = typeof tenants.$inferSelect;

/** The tenant with this id. */
export const findTenantById = async (db: Db, id: TenantId): Promise<Tenant | null> => {
  const [row] = await db.select().from(tenants).where(eq(tenants.id, id));
  return row ?? null;
};

/** The tenant of this short name. */
export const findTenantBySlug = async (db: Db, slug: string): Promise<Tenant | null> => {
  const [row] = await db.select().from(tenants).where(eq(tenants.slug, slug));
  return row ?? null;
};

/** The tenants with these ids, in no order. */
export const listTenantsByIds = (db: Db, ids: readonly TenantId[]): Promise<Tenant[]> =>
  db
    .select()
    .from(tenants)
    .where(inArray(tenants.id, [...ids]));

/**
 * Locks the tenant's row until the transaction ends, so that decisions about the tenant's people are made one after the
 * other. New users and sessions only refer to the row: they need not wait.
 */
export const lockTenant = async (db: Db, id: TenantId): Promise<void> => {
  await db.select({ id: tenants.id }).from(tenants).where(eq(tenants.id, id)).for("no key update");
};
