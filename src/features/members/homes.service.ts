import type { AuditLog } from "#features/audit/index";
import {
  deleteDomain,
  findHeldMemberships,
  insertDomain,
  listDomains,
  ownsDomain,
  updateHome,
} from "#features/memberships/index";
import type { SessionsService } from "#features/sessions/index";
import { lockTenant, type Tenant, type TenantsService } from "#features/tenants/index";
import { findUserForUpdate, type User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Actor } from "#shared/actor";
import { canonicalDomain } from "#shared/emails";
import { AppError, badInput } from "#shared/errors";
import { parseId, type TenantId } from "#shared/ids";
import { membershipIn, requireEntry } from "#shared/memberships";
import type { Viewer } from "#shared/viewer";
import { homeMoved } from "./members.events.ts";

interface HomesDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly tenants: Pick<TenantsService, "findVisible">;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation">;
  readonly events: Pick<AuditLog, "record">;
}

/** Determines which tenant manages an account: the home tenant chosen by its user, unless a tenant owns the domain of the address. */
export class HomesService {
  constructor(private readonly deps: HomesDeps) {}

  /**
   * Makes this tenant the caller's home tenant. If it already is, nothing changes.
   * @throws {AppError} NOT_FOUND if the caller has no access to it; FORBIDDEN/DOMAIN_OWNED;
   * FORBIDDEN/FACTORS_RESET_RECENTLY
   */
  setHome(actor: Actor, id: string): Promise<User> {
    const { userId } = actor.viewer;
    const tenantId = parseId<TenantId>(id);
    if (tenantId === null) throw notFound();
    return this.deps.sessions.withSessionInvalidation(userId, async (tx) => {
      await lockTenant(tx, tenantId);
      const user = await findUserForUpdate(tx, userId);
      const membership = membershipIn(await findHeldMemberships(tx, userId), tenantId);
      if (user === null || membership === null) throw notFound();
      if (user.tenantId === tenantId) return user;
      requireEntry(membership, this.deps.clock.now());
      if (await ownsDomain(tx, user.tenantId, user.emailCanonical))
        throw new AppError("FORBIDDEN", { reason: "DOMAIN_OWNED" });
      await updateHome(tx, userId, tenantId);
      await this.deps.events.record(tx, homeMoved({ ...membership, userId }, actor));
      return (await findUserForUpdate(tx, userId)) ?? user;
    });
  }

  /**
   * Records that the tenant owns the domain.
   * @throws {AppError} NOT_FOUND, BAD_USER_INPUT, CONFLICT if another tenant owns it
   */
  async addDomain(viewer: Viewer, tenantId: string, name: string): Promise<Tenant> {
    const { clock, db } = this.deps;
    const tenant = await this.#find(viewer, tenantId);
    const domain = canonicalDomain(name.trim());
    if (domain === null)
      throw badInput({ path: "input.domain", message: "This is not a valid domain, such as example.com." });
    if ((await insertDomain(db, tenant.id, domain, clock.now())) !== tenant.id)
      throw new AppError("CONFLICT", { message: "Another tenant owns this domain." });
    return tenant;
  }

  /**
   * Removes the domain from the tenant.
   * @throws {AppError} NOT_FOUND
   */
  async removeDomain(viewer: Viewer, tenantId: string, name: string): Promise<Tenant> {
    const tenant = await this.#find(viewer, tenantId);
    const domain = canonicalDomain(name.trim());
    if (domain === null || !(await deleteDomain(this.deps.db, tenant.id, domain))) throw notFound();
    return tenant;
  }

  /** For DataLoader: the domains of each tenant, sorted. */
  readonly domainsByTenants = async (ids: readonly TenantId[]): Promise<string[][]> => {
    const all = await listDomains(this.deps.db, ids);
    return ids.map((id) => all.filter(({ tenantId }) => tenantId === id).map(({ domain }) => domain));
  };

  async #find(viewer: Viewer, id: string): Promise<Tenant> {
    const tenant = await this.deps.tenants.findVisible(viewer, id);
    if (tenant === null) throw notFound();
    return tenant;
  }
}

const notFound = (): AppError => new AppError("NOT_FOUND");
