import { createHash } from "node:crypto";
import type { AuditLog } from "#features/audit/index";
import { findTenantForUpdate, type Tenant } from "#features/tenants/index";
import type { Db } from "#platform/database/database";
import { alignByKey } from "#shared/align-by-key";
import type { ClientInfo } from "#shared/client-info";
import { AppError, badInput } from "#shared/errors";
import { parseId, type TenantId } from "#shared/ids";
import type { Viewer } from "#shared/viewer";
import { type Brand, type BrandUpdate, brandChanges, NO_BRAND, updateBrand, validateBrand } from "./brands.policy.ts";
import { findLogo, listBrands, upsertBrand } from "./brands.repository.ts";
import { type LogoImage, parseLogo } from "./logo-image.ts";

interface BrandsDeps {
  readonly db: Db;
  readonly events: Pick<AuditLog, "record">;
}

/** The names, colours and logos with which login pages present tenants. */
export class BrandsService {
  constructor(private readonly deps: BrandsDeps) {}

  /** For DataLoader. */
  readonly ofTenants = async (tenantIds: readonly TenantId[]): Promise<Brand[]> => {
    const found = await listBrands(this.deps.db, tenantIds);
    return alignByKey(tenantIds, found, ({ tenantId }) => tenantId).map((brand) => brand ?? NO_BRAND);
  };

  /** Returns the logo with this digest; null if the tenant has another one or none, or is suspended. */
  async logo(tenantId: string, hash: string): Promise<LogoImage | null> {
    const id = parseId<TenantId>(tenantId);
    return id && findLogo(this.deps.db, id, hash);
  }

  /**
   * Changes the brand of the viewer's tenant, or of the tenant named by an operator.
   * @throws {AppError} NOT_FOUND if the viewer may not change that tenant; BAD_USER_INPUT with each fault
   */
  async update(
    { viewer, client }: { viewer: Viewer; client: ClientInfo },
    update: BrandUpdate,
    wantedTenantId?: string | null,
  ): Promise<Tenant> {
    const tenantId = wantedTenantId == null ? viewer.tenantId : parseId<TenantId>(wantedTenantId);
    if (tenantId === null || (tenantId !== viewer.tenantId && !viewer.isOperator)) throw new AppError("NOT_FOUND");
    const logo = update.logo == null ? update.logo : parseLogo(update.logo, "input.logo");
    const faults = [...validateBrand(update), ...(logo && "message" in logo ? [logo] : [])];
    if (faults.length > 0 || (logo && "message" in logo)) throw badInput(...faults);
    return this.deps.db.transaction(async (tx) => {
      const tenant = await findTenantForUpdate(tx, tenantId);
      if (tenant === null) throw new AppError("NOT_FOUND");
      const [current = NO_BRAND] = await listBrands(tx, [tenantId]);
      const brand = { ...updateBrand(current, update), ...(logo !== undefined && logoColumnsOf(logo)) };
      const changes = brandChanges(current, brand);
      if (Object.keys(changes).length === 0) return tenant;
      await upsertBrand(tx, { ...brand, tenantId });
      const { userId } = viewer;
      await this.deps.events.record(tx, { type: "BRAND_CHANGED", tenantId, userId, client, details: { changes } });
      return tenant;
    });
  }
}

const logoColumnsOf = (logo: LogoImage | null) =>
  logo === null
    ? { logo: null, logoType: null, logoHash: null }
    : { logo: logo.bytes, logoType: logo.type, logoHash: createHash("sha256").update(logo.bytes).digest("hex") };
