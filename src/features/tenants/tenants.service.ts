import type { Db } from "#platform/database/database";
import { tenantScope } from "#shared/access-policy";
import { alignByKey } from "#shared/align-by-key";
import { AppError } from "#shared/errors";
import { parseId, type TenantId } from "#shared/ids";
import { type Page, type PageRequest, toPage, toSlice } from "#shared/paging";
import type { Viewer } from "#shared/viewer";
import type { TenantStatus } from "./tenants.policy.ts";
import {
  countTenants,
  findTenantById,
  findTenantBySlug,
  listTenants,
  listTenantsByIds,
  type Tenant,
} from "./tenants.repository.ts";

export type { Tenant };

/** The slug of the default tenant, for requests that name none. */
export const DEFAULT_TENANT = "default";

export interface TenantCriteria {
  readonly search?: string | null | undefined;
  readonly status?: TenantStatus | null | undefined;
}

/** Finding tenants: the viewer's own, and any tenant for operators. */
export class TenantsService {
  constructor(private readonly deps: { db: Db }) {}

  /** Returns the tenant with this id. @throws {AppError} NOT_FOUND */
  async get(id: TenantId): Promise<Tenant> {
    const tenant = await findTenantById(this.deps.db, id);
    if (tenant === null) throw new AppError("NOT_FOUND");
    return tenant;
  }

  /** Returns the tenant with this slug, or null. For the command line, so not limited by a viewer. */
  findBySlug(slug: string): Promise<Tenant | null> {
    return findTenantBySlug(this.deps.db, slug);
  }

  /** Returns the tenant for visitors who name none. */
  async default(): Promise<Tenant> {
    const tenant = await findTenantBySlug(this.deps.db, DEFAULT_TENANT);
    if (tenant === null) throw new Error("The default tenant is missing: were the migrations applied?");
    return tenant;
  }

  /**
   * Returns the tenant that a visitor names by its slug, or the default one.
   * @throws {AppError} NOT_FOUND, also for a suspended tenant, so that visitors do not learn its status
   */
  async getForVisitor(slug: string | null | undefined): Promise<Tenant> {
    const tenant = slug == null ? await this.default() : await this.findBySlug(slug);
    if (tenant?.status !== "ACTIVE") throw new AppError("NOT_FOUND", { message: "There is no such tenant." });
    return tenant;
  }

  /** Returns a page of all tenants, newest first; for operators. @throws {AppError} BAD_USER_INPUT */
  async list({ search, status }: TenantCriteria, page: PageRequest): Promise<Page<Tenant>> {
    const { db } = this.deps;
    const slice = toSlice(page);
    const query = { search: search?.trim() || null, status: status ?? null };
    return toPage(await listTenants(db, query, slice), slice, () => countTenants(db, query));
  }

  /** Returns the tenant with this id if the viewer may see it (users their own, operators all); else null. */
  async findVisible(viewer: Viewer, id: string): Promise<Tenant | null> {
    const [tenant] = await this.listVisible(viewer, [id]);
    return tenant ?? null;
  }

  /** Returns the tenants with these ids that the viewer may see, unordered. */
  async listVisible(viewer: Viewer, ids: readonly string[]): Promise<Tenant[]> {
    const scope = tenantScope(viewer);
    const tenantIds = ids
      .flatMap((id) => parseId<TenantId>(id) ?? [])
      .filter((tenantId) => scope === "ALL" || scope === tenantId);
    return tenantIds.length > 0 ? listTenantsByIds(this.deps.db, tenantIds) : [];
  }

  /** For DataLoader. */
  readonly byIds = async (ids: readonly TenantId[]): Promise<(Tenant | null)[]> =>
    alignByKey(ids, await listTenantsByIds(this.deps.db, ids), (tenant) => tenant.id);
}
