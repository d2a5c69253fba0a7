import type { AuditLog } from "#features/audit/index";
import { hasOtherActiveOperator, lockHomes, moveUnusableHomes } from "#features/memberships/index";
import type { SessionsService } from "#features/sessions/index";
import {
  findTenantForUpdate,
  type Tenant,
  type TenantStatus,
  type TenantsService,
  updateTenant,
} from "#features/tenants/index";
import { lastOperator } from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { Actor } from "#shared/actor";
import { AppError } from "#shared/errors";
import { parseId, type TenantId } from "#shared/ids";
import { tenantStatusChanged } from "./administration.events.ts";

interface TenantSuspensionDeps {
  readonly db: Db;
  readonly tenants: Pick<TenantsService, "findVisible">;
  readonly sessions: Pick<SessionsService, "withGlobalInvalidation">;
  readonly events: Pick<AuditLog, "record">;
}

/**
 * Suspends and reactivates a whole tenant. Nothing that belongs to its users is ended: every token check, login, challenge and
 * link checks whether the tenant is active, and is refused while it is not. So a suspension is one small transaction however
 * many users there are, and everything that has not expired works again after reactivation.
 */
export class TenantSuspensionService {
  constructor(private readonly deps: TenantSuspensionDeps) {}

  /**
   * Suspends the tenant, immediately and on every replica.
   * @throws {AppError} NOT_FOUND; CONFLICT for the operator's own tenant
   */
  async suspend(actor: Actor, id: string): Promise<Tenant> {
    if (parseId<TenantId>(id) === actor.viewer.tenantId)
      throw new AppError("CONFLICT", { message: "You cannot suspend the tenant that you belong to." });
    const tenant = await this.#find(actor, id);
    // Avoids `withGlobalInvalidation`, after which Postgres answers the next request of every user.
    if (tenant.status === "SUSPENDED") return tenant;
    return this.deps.sessions.withGlobalInvalidation((tx) => this.#change(tx, actor, tenant.id, "SUSPENDED"));
  }

  /**
   * Reactivates the tenant. Caches need no invalidation, because they never store refusals.
   * @throws {AppError} NOT_FOUND
   */
  async reactivate(actor: Actor, id: string): Promise<Tenant> {
    const tenant = await this.#find(actor, id);
    return this.deps.db.transaction((tx) => this.#change(tx, actor, tenant.id, "ACTIVE"));
  }

  async #find({ viewer }: Actor, id: string): Promise<Tenant> {
    return (await this.deps.tenants.findVisible(viewer, id)) ?? notFound();
  }

  async #change(tx: Db, actor: Actor, id: TenantId, status: TenantStatus): Promise<Tenant> {
    await lockHomes(tx, "ALL_MEMBERS");
    const tenant = (await findTenantForUpdate(tx, id)) ?? notFound();
    if (tenant.status === status) return tenant;
    await this.deps.events.record(tx, tenantStatusChanged(id, status, actor));
    const updated = (await updateTenant(tx, id, { status })) ?? notFound();
    await moveUnusableHomes(tx, { membersOf: id });
    // If two operators suspend each other's tenants concurrently, the second call fails.
    if (status === "SUSPENDED" && !(await hasOtherActiveOperator(tx, null))) throw lastOperator();
    return updated;
  }
}

const notFound = (): never => {
  throw new AppError("NOT_FOUND");
};
