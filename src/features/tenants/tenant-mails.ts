import type { Db } from "#platform/database/database";
import type { Limits } from "#platform/limits/limits";
import { AppError } from "#shared/errors";
import type { TenantId } from "#shared/ids";

/** Mails to unverified addresses per tenant and day, because anyone can become the admin of a tenant. */
const UNASKED = { limit: 100, window: 24 * 60 * 60 } as const;

/** Counts a mail caused by the tenant's admins to a person who may not have requested it. @throws {AppError} RATE_LIMITED */
export const consumeTenantMailLimit = async (
  limits: Pick<Limits, "consume">,
  db: Db,
  tenantId: TenantId,
): Promise<void> => {
  const { exceeded, retryAfter } = await limits.consume(db, [{ key: `tenant-mails:${tenantId}`, ...UNASKED }]);
  if (exceeded) throw new AppError("RATE_LIMITED", { retryAfter });
};
