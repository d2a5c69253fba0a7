import { and, eq, exists, ilike, inArray, notLike, or, type SQL, sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import type { Db } from "#platform/database/database";
import { containing } from "#platform/database/like";
import { prepared } from "#platform/database/prepared";
import { countUpToMax, inSlice, sliceOrder } from "#platform/database/slices";
import type { TenantId } from "#shared/ids";
import type { Slice } from "#shared/paging";
import { PROVISIONAL, type TenantStatus } from "./tenants.policy.ts";
import { tenants } from "./tenants.table.ts";

export type Tenant = typeof tenants.$inferSelect;

/** Returns the tenant with this id. */
export const findTenantById = async (db: Db, id: TenantId): Promise<Tenant | null> => {
  const [row] = await db.select().from(tenants).where(eq(tenants.id, id));
  return row ?? null;
};

const selectBySlug = prepared((db) =>
  db
    .select()
    .from(tenants)
    .where(eq(tenants.slug, sql.placeholder("slug")))
    .prepare("find_tenant_by_slug"),
);

/** Returns the tenant with this slug. */
export const findTenantBySlug = async (db: Db, slug: string): Promise<Tenant | null> => {
  const [row] = await selectBySlug(db, { slug });
  return row ?? null;
};

/** Returns the tenants with these ids, unordered. */
export const listTenantsByIds = (db: Db, ids: readonly TenantId[]): Promise<Tenant[]> =>
  db
    .select()
    .from(tenants)
    .where(inArray(tenants.id, [...ids]));

/** SQL condition: the tenant of a row is not suspended. */
export const inActiveTenant = (db: Db, tenantId: AnyPgColumn): SQL =>
  exists(
    db
      .select({ id: tenants.id })
      .from(tenants)
      .where(and(eq(tenants.id, tenantId), eq(tenants.status, "ACTIVE"))),
  );

/** SQL condition: the tenant of a row is activated and not suspended. */
export const inServedTenant = (db: Db, tenantId: AnyPgColumn): SQL =>
  exists(
    db
      .select({ id: tenants.id })
      .from(tenants)
      .where(and(eq(tenants.id, tenantId), eq(tenants.status, "ACTIVE"), notLike(tenants.slug, `${PROVISIONAL}%`))),
  );

/** Returns all tenants, newest first. */
export const listTenants = (db: Db, query: TenantQuery, slice: Slice): Promise<Tenant[]> =>
  db
    .select()
    .from(tenants)
    .where(and(wanted(query), inSlice(tenants.id, slice)))
    .orderBy(sliceOrder(tenants.id, slice))
    .limit(slice.limit);

/** Counts the tenants, up to MAX_COUNT + 1. */
export const countTenants = (db: Db, query: TenantQuery): Promise<number> => countUpToMax(db, tenants, wanted(query));

const wanted = ({ search, status }: TenantQuery): SQL | undefined =>
  and(
    status ? eq(tenants.status, status) : undefined,
    search ? or(ilike(tenants.name, containing(search)), ilike(tenants.slug, containing(search))) : undefined,
  );

export interface TenantQuery {
  /** Part of the name or the slug, case-insensitive; null for all. */
  readonly search: string | null;
  readonly status: TenantStatus | null;
}

/** Changes the tenant. */
export const updateTenant = async (
  db: Db,
  id: TenantId,
  changes: Partial<Omit<Tenant, "id" | "slug" | "createdAt">>,
): Promise<Tenant | null> => {
  const [row] = await db.update(tenants).set(changes).where(eq(tenants.id, id)).returning();
  return row ?? null;
};

/** Returns the tenant, locked until the transaction ends, so that decisions about it run one after the other. */
export const findTenantForUpdate = async (db: Db, id: TenantId): Promise<Tenant | null> => {
  const [row] = await db.select().from(tenants).where(eq(tenants.id, id)).for("no key update");
  return row ?? null;
};

/**
 * Locks the tenant's row until the transaction ends, so that decisions about the tenant's people run one after the other. New users
 * and sessions only reference the row and need not wait.
 */
export const lockTenant = async (db: Db, id: TenantId): Promise<void> => {
  await db.select({ id: tenants.id }).from(tenants).where(eq(tenants.id, id)).for("no key update");
};
