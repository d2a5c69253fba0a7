import { findTenantForUpdate } from "#features/tenants/index";
import type { Db } from "#platform/database/database";
import { AppError } from "#shared/errors";
import type { TenantId } from "#shared/ids";
import { deleteAbandonedTenants, listSlugsLike, updateSlugIfFree } from "./onboarding.repository.ts";
import { freeSlug, slugOf } from "./slugs.policy.ts";

export interface ActivationDeps {
  readonly db: Db;
}

/** If two tenants with the same name are activated concurrently, one waits for the other and takes the next slug. */
const MAX_ATTEMPTS = 5;
const SWEEP_BATCH = 100;

/** Activates new tenants, and deletes tenants that were never activated. */
export class ActivationService {
  constructor(private readonly deps: ActivationDeps) {}

  /** Gives the tenant its slug, in the transaction that creates its admin. From then on visitors can address it. */
  readonly activate = async (tx: Db, id: TenantId): Promise<void> => {
    const tenant = await findTenantForUpdate(tx, id);
    if (tenant === null) throw new Error("A link leads to a tenant that does not exist.");
    const base = slugOf(tenant.name);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
      const slug = freeSlug(base, new Set(await listSlugsLike(tx, base)));
      if (await updateSlugIfFree(tx, id, slug)) return;
    }
    throw new AppError("SERVICE_UNAVAILABLE", { retryAfter: 1 });
  };

  /** Deletes tenants that were never activated, after their registration and its links were deleted. */
  async sweep(): Promise<void> {
    while ((await deleteAbandonedTenants(this.deps.db, SWEEP_BATCH)) === SWEEP_BATCH);
  }
}
