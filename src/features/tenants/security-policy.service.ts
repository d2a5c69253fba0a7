import type { AuditLog } from "#features/audit/index";
import type { Db } from "#platform/database/database";
import type { ClientInfo } from "#shared/client-info";
import { AppError, badInput } from "#shared/errors";
import { parseId, type TenantId } from "#shared/ids";
import type { Viewer } from "#shared/viewer";
import { type PolicyUpdate, policyChanges, updatePolicy, validatePolicy } from "./security-policy.policy.ts";
import { policyOf } from "./tenants.policy.ts";
import { findTenantForUpdate, type Tenant, updateTenant } from "./tenants.repository.ts";

interface SecurityPolicyDeps {
  readonly db: Db;
  readonly events: Pick<AuditLog, "record">;
}

/**
 * Changes security policies. A policy is never cached: every registration, login and new password is checked against the current
 * row, so a change is effective on every replica as soon as it is committed.
 */
export class SecurityPolicyService {
  constructor(private readonly deps: SecurityPolicyDeps) {}

  /**
   * Changes the policy of the viewer's tenant, or of the tenant named by an operator.
   * @throws {AppError} NOT_FOUND if the viewer may not change that tenant; BAD_USER_INPUT with each fault
   */
  async update(
    { viewer, client }: { viewer: Viewer; client: ClientInfo },
    update: PolicyUpdate,
    wantedTenantId?: string | null,
  ): Promise<Tenant> {
    const tenantId = wantedTenantId == null ? viewer.tenantId : parseId<TenantId>(wantedTenantId);
    if (tenantId === null || (tenantId !== viewer.tenantId && !viewer.isOperator)) throw new AppError("NOT_FOUND");
    return this.deps.db.transaction(async (tx) => {
      const tenant = await findTenantForUpdate(tx, tenantId);
      if (tenant === null) throw new AppError("NOT_FOUND");
      const current = policyOf(tenant);
      const faults = validatePolicy(current, update);
      if (faults.length > 0) throw badInput(...faults);
      const policy = updatePolicy(current, update);
      const changes = policyChanges(current, policy);
      if (Object.keys(changes).length === 0) return tenant;
      const { userId } = viewer;
      await this.deps.events.record(tx, { type: "POLICY_CHANGED", tenantId, userId, client, details: { changes } });
      const requireSecondFactor = policy.secondFactor !== "OPTIONAL";
      return (await updateTenant(tx, tenant.id, { ...policy, requireSecondFactor })) ?? tenant;
    });
  }
}
