import { and, eq, inArray } from "drizzle-orm";
import { inActiveTenant } from "#features/tenants/index";
import type { Db } from "#platform/database/database";
import type { TenantId } from "#shared/ids";
import type { Brand } from "./brands.policy.ts";
import { tenantBrands } from "./brands.table.ts";
import type { LogoImage } from "./logo-image.ts";

export interface BrandOfTenant extends Brand {
  readonly tenantId: TenantId;
}

/** All columns except the bytes of the logo. */
const BRAND = {
  tenantId: tenantBrands.tenantId,
  name: tenantBrands.name,
  color: tenantBrands.color,
  logoType: tenantBrands.logoType,
  logoHash: tenantBrands.logoHash,
};

/** Returns the brands of these tenants, unordered. */
export const listBrands = (db: Db, tenantIds: readonly TenantId[]): Promise<BrandOfTenant[]> =>
  db
    .select(BRAND)
    .from(tenantBrands)
    .where(inArray(tenantBrands.tenantId, [...tenantIds]));

/** Returns the logo of this tenant, if it still is the one with this digest and the tenant is active. */
export const findLogo = async (db: Db, tenantId: TenantId, logoHash: string): Promise<LogoImage | null> => {
  const [row] = await db
    .select({ bytes: tenantBrands.logo, type: tenantBrands.logoType })
    .from(tenantBrands)
    .where(
      and(
        eq(tenantBrands.tenantId, tenantId),
        eq(tenantBrands.logoHash, logoHash),
        inActiveTenant(db, tenantBrands.tenantId),
      ),
    );
  return row?.bytes && row.type ? { bytes: row.bytes, type: row.type } : null;
};

/** Stores the brand of the tenant. Without `logo`, the stored bytes stay. */
export const upsertBrand = async (
  db: Db,
  { tenantId, ...brand }: BrandOfTenant & { readonly logo?: Buffer | null },
): Promise<void> => {
  await db
    .insert(tenantBrands)
    .values({ tenantId, ...brand })
    .onConflictDoUpdate({ target: tenantBrands.tenantId, set: brand });
};
