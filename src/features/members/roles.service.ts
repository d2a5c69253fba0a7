import type { AuditLog } from "#features/audit/index";
import {
  countRoles,
  deleteRole,
  insertRole,
  listHoldersOfRole,
  listRolesByIds,
  MAX_ROLES,
  type PermissionCatalogue,
  type RoleRow,
  updateRole,
} from "#features/memberships/index";
import type { SessionsService } from "#features/sessions/index";
import { lockTenant } from "#features/tenants/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { violatedUniqueConstraint } from "#platform/database/errors";
import type { Ids } from "#platform/ids";
import type { Actor } from "#shared/actor";
import { AppError, badInput } from "#shared/errors";
import { parseId, type RoleId } from "#shared/ids";
import { cleanNameOrNull } from "#shared/names";
import { heldRoleEvent, roleEvent } from "./members.events.ts";
import {
  mayGrantPermissions,
  validatePermissions,
  validateRoleDescription,
  validateRoleName,
} from "./members.policy.ts";

interface RolesDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly db: Db;
  readonly permissionCatalogue: Pick<PermissionCatalogue, "all">;
  readonly sessions: Pick<SessionsService, "withGlobalInvalidation">;
  readonly events: Pick<AuditLog, "record">;
}

export interface RoleDraft {
  readonly name: string;
  readonly description?: string | null | undefined;
  readonly permissions: readonly string[];
}

export type RoleChanges = { readonly [Field in keyof RoleDraft]?: RoleDraft[Field] | null | undefined };

/** The most holders of a role who get their own event when it changes. If there are more, only the tenant gets one. */
export const MAX_HOLDERS_NOTIFIED = 1_000;

/** The roles that admins create for their tenant. Callers can give a role only permissions that they hold. */
export class RolesService {
  constructor(private readonly deps: RolesDeps) {}

  /** @throws {AppError} BAD_USER_INPUT, FORBIDDEN/MISSING_PERMISSION, CONFLICT/ROLE_NAME_TAKEN, CONFLICT for the 101st role */
  create(actor: Actor, { name, description, permissions }: RoleDraft): Promise<RoleRow> {
    const { clock, db, events, ids } = this.deps;
    this.#check({ name, description, permissions });
    if (!mayGrantPermissions(actor.viewer, permissions)) throw forbidden();
    const { tenantId } = actor.viewer;
    return db.transaction(async (tx) => {
      await lockTenant(tx, tenantId);
      if ((await countRoles(tx, tenantId)) >= MAX_ROLES)
        throw new AppError("CONFLICT", { message: `A tenant can have at most ${MAX_ROLES} roles.` });
      const role = await insertRole(tx, {
        id: ids.next<RoleId>(),
        tenantId,
        name: name.trim(),
        description: cleanNameOrNull(description ?? null),
        permissions: [...new Set(permissions)],
        builtIn: null,
        createdAt: clock.now(),
      });
      if (role === null) throw nameTaken();
      await events.record(tx, roleEvent("ROLE_CREATED", role, actor));
      return role;
    });
  }

  /**
   * Changes a role. Access tokens issued with it are refused immediately; a refresh issues one with the new permissions.
   * @throws {AppError} NOT_FOUND, BAD_REQUEST for a built-in role, and the errors of `create`
   */
  async update(actor: Actor, id: string, changes: RoleChanges): Promise<RoleRow> {
    this.#check(changes);
    return this.#changing(actor, id, async (tx, role) => {
      const permissions = changes.permissions ?? role.permissions;
      if (!mayGrantPermissions(actor.viewer, [...role.permissions, ...permissions])) throw forbidden();
      const updated = await updateRole(tx, role.id, {
        ...(changes.name != null && { name: changes.name.trim() }),
        ...(changes.description !== undefined && { description: cleanNameOrNull(changes.description) }),
        permissions: [...new Set(permissions)],
      }).catch((error: unknown) => {
        throw violatedUniqueConstraint(error) === "roles_tenant_id_name_lower_key" ? nameTaken() : error;
      });
      if (updated === null) throw new AppError("NOT_FOUND");
      await this.#recordChange(tx, role.id, actor, "ROLE_UPDATED", updated);
      return updated;
    });
  }

  /**
   * Deletes a role; its holders keep their other roles.
   * @throws {AppError} NOT_FOUND, BAD_REQUEST, FORBIDDEN/MISSING_PERMISSION
   */
  async delete(actor: Actor, id: string): Promise<RoleRow> {
    return this.#changing(actor, id, async (tx, role) => {
      if (!mayGrantPermissions(actor.viewer, role.permissions)) throw forbidden();
      await this.#recordChange(tx, role.id, actor, "ROLE_DELETED", role);
      await deleteRole(tx, role.id);
      return role;
    });
  }

  #check({ name, description, permissions }: RoleChanges): void {
    const faults = [
      ...(name == null ? [] : validateRoleName(name, "input.name")),
      ...(description == null ? [] : validateRoleDescription(description, "input.description")),
      ...validatePermissions(permissions ?? [], this.deps.permissionCatalogue.all, "input.permissions"),
    ];
    if (faults.length > 0) throw badInput(...faults);
  }

  /**
   * Records one event for the tenant, on which every replica checks the tenant's sockets. Each holder also gets one, for their history
   * and for `membershipChanged` in other tenants, unless there are so many that writing them would make the transaction too long.
   */
  async #recordChange(
    tx: Db,
    id: RoleId,
    actor: Actor,
    type: "ROLE_UPDATED" | "ROLE_DELETED",
    role: RoleRow,
  ): Promise<void> {
    const event = roleEvent(type, role, actor);
    const holders = await listHoldersOfRole(tx, id, MAX_HOLDERS_NOTIFIED + 1);
    const notified = holders.length > MAX_HOLDERS_NOTIFIED ? [] : holders;
    await this.deps.events.record(tx, event, ...notified.map((holder) => heldRoleEvent(event, holder)));
  }

  /** Drops the cached sessions of all users on all replicas, because any number of users may hold the role. */
  #changing(actor: Actor, id: string, work: (tx: Db, role: RoleRow) => Promise<RoleRow>): Promise<RoleRow> {
    const roleId = parseId<RoleId>(id);
    if (roleId === null) throw new AppError("NOT_FOUND");
    return this.deps.sessions.withGlobalInvalidation(async (tx) => {
      await lockTenant(tx, actor.viewer.tenantId);
      const [role] = await listRolesByIds(tx, [roleId]);
      if (role?.tenantId !== actor.viewer.tenantId) throw new AppError("NOT_FOUND");
      if (role.builtIn !== null) throw new AppError("BAD_REQUEST", { message: "Built-in roles cannot be changed." });
      return work(tx, role);
    });
  }
}

const forbidden = (): AppError =>
  new AppError("FORBIDDEN", { reason: "MISSING_PERMISSION", message: "You can only grant permissions that you hold." });

const nameTaken = (): AppError => new AppError("CONFLICT", { reason: "ROLE_NAME_TAKEN" });
