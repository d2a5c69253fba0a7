import { findTenantForUpdate } from "#features/tenants/index";
import type { Db } from "#platform/database/database";
import { AppError } from "#shared/errors";
import type { TenantId } from "#shared/ids";
import { deleteAbandonedTenants, listSlugsLike, updateSlugIfFree } from "./onboarding.repository.ts";
import { freeSlug, slugOf } from "./slugs.policy.ts";

export interface ActivationDeps {
  readonly db: Db;
}

/** Of two companies of one name that are activated at once, one waits for the other and takes the next short name. */
const MAX_TRIES = 5;
const SWEEP_BATCH = 100;

/** How a new company opens, and how one that never does is deleted. */
export class ActivationService {
  constructor(private readonly deps: ActivationDeps) {}

  /** Gives the company its short name, in the transaction that makes its admin a user: from now on visitors can name it. */
  readonly activate = async (tx: Db, id: TenantId): Promise<void> => {
    const tenant = await findTenantForUpdate(tx, id);
    if (tenant === null) throw new Error("A link leads to a tenant that does not exist.");
    const base = slugOf(tenant.name);
    for (let attempt = 1; attempt <= MAX_TRIES; attempt++) {
      const slug = freeSlug(base, new Set(await listSlugsLike(tx, base)));
      if (await updateSlugIfFree(tx, id, slug)) return;
    }
    throw new AppError("SERVICE_UNAVAILABLE", { retryAfter: 1 });
  };

  /** Deletes companies that were never activated, once their registration and its links are deleted. */
  async sweep(): Promise<void> {
    while ((await deleteAbandonedTenants(this.deps.db, SWEEP_BATCH)) === SWEEP_BATCH);
  }
}
