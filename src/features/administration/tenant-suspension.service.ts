import type { SecurityLog } from "#features/audit/index";
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
import { AppError } from "#shared/errors";
import { parseId, type TenantId } from "#shared/ids";
import { type Actor, tenantStatusChanged } from "./administration.events.ts";

interface TenantSuspensionDeps {
  readonly db: Db;
  readonly tenants: Pick<TenantsService, "findVisible">;
  readonly sessions: Pick<SessionsService, "changingForAll">;
  readonly events: Pick<SecurityLog, "record">;
}

/**
 * Shutting a whole tenant out, and letting it in again. Nothing of its people ends: every token check, login, challenge and
 * link asks whether the tenant is active, and opens nothing while it is not. So a suspension is one small transaction
 * however many they are, and whatever has not expired meanwhile works again after it.
 */
export class TenantSuspensionService {
  constructor(private readonly deps: TenantSuspensionDeps) {}

  /** Shuts the tenant out, at once and on every replica. Throws NOT_FOUND; CONFLICT for the operator's own tenant. */
  async suspend(actor: Actor, id: string): Promise<Tenant> {
    if (parseId<TenantId>(id) === actor.viewer.tenantId)
      throw new AppError("CONFLICT", { message: "You cannot suspend the tenant that you belong to." });
    const tenant = await this.#find(actor, id);
    // Everybody's next request is answered by Postgres then: not without need.
    if (tenant.status === "SUSPENDED") return tenant;
    return this.deps.sessions.changingForAll((tx) => this.#change(tx, actor, tenant.id, "SUSPENDED"));
  }

  /** Lets the tenant in again. No cache needs to hear of it, for none keeps who is out. Throws NOT_FOUND. */
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
    // Of two operators who suspend each other's tenants at the same moment, one stays.
    if (status === "SUSPENDED" && !(await hasOtherActiveOperator(tx, null))) throw lastOperator();
    return updated;
  }
}

const notFound = (): never => {
  throw new AppError("NOT_FOUND");
};
