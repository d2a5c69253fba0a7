import { and, eq, inArray, like, notExists, or } from "drizzle-orm";
import { addressLinks, links } from "#features/links/index";
import { registrations } from "#features/registration/index";
import { PROVISIONAL, type Tenant, tenants } from "#features/tenants/index";
import { users } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { violatedUniqueConstraint } from "#platform/database/errors";
import type { TenantId } from "#shared/ids";

/** Inserts a tenant, with the default policy of the table. */
export const insertTenant = async (
  db: Db,
  tenant: Pick<Tenant, "id" | "slug" | "name" | "createdAt">,
): Promise<Tenant> => {
  const [row] = await db.insert(tenants).values(tenant).returning();
  if (row === undefined) throw new Error("An insert returned no row.");
  return row;
};

/** The existing slugs among `acme`, `acme-2`, `acme-3` … */
export const listSlugsLike = async (db: Db, base: string): Promise<string[]> => {
  const rows = await db
    .select({ slug: tenants.slug })
    .from(tenants)
    .where(or(eq(tenants.slug, base), like(tenants.slug, `${base}-%`)));
  return rows.map(({ slug }) => slug);
};

/** Gives the tenant this slug; false if another tenant has it. The transaction continues in either case. */
export const updateSlugIfFree = async (tx: Db, id: TenantId, slug: string): Promise<boolean> => {
  try {
    // A savepoint, so that a constraint violation rolls back only this statement.
    await tx.transaction((attempt) => attempt.update(tenants).set({ slug }).where(eq(tenants.id, id)));
    return true;
  } catch (error) {
    if (violatedUniqueConstraint(error) === null) throw error;
    return false;
  }
};

/**
 * Deletes up to `limit` tenants that were never activated and no longer can be, because they have no user, registration or link
 * left. The tenant's own data is deleted with it (foreign keys).
 */
export const deleteAbandonedTenants = async (db: Db, limit: number): Promise<number> => {
  const abandoned = db
    .select({ id: tenants.id })
    .from(tenants)
    .where(
      and(
        like(tenants.slug, `${PROVISIONAL}%`),
        notExists(db.select({ id: users.id }).from(users).where(eq(users.tenantId, tenants.id))),
        notExists(db.select({ id: links.id }).from(links).where(eq(links.tenantId, tenants.id))),
        notExists(db.select({ id: addressLinks.id }).from(addressLinks).where(eq(addressLinks.tenantId, tenants.id))),
        notExists(
          db.select({ id: registrations.id }).from(registrations).where(eq(registrations.tenantId, tenants.id)),
        ),
      ),
    )
    .limit(limit);
  return (await db.delete(tenants).where(inArray(tenants.id, abandoned)).returning({ id: tenants.id })).length;
};
