import { AppError } from "./errors.ts";
import type { TenantId, UserId } from "./ids.ts";
import { ALL_PERMISSIONS, OPERATOR_PERMISSION, type Permission } from "./permissions.ts";
import { hasRole, type Role } from "./roles.ts";
import type { Viewer } from "./viewer.ts";

/** The tenants whose rows a viewer may request. "ALL" is explicit, so that a missing tenant never means every tenant. */
export type TenantScope = TenantId | readonly TenantId[] | "ALL";

/** The part of a viewer that determines their rights. */
export type Authority = Pick<Viewer, "tenantId" | "roles" | "permissions" | "isOperator">;

/** The tenants whose lists the viewer can read: the tenant of the access token, for operators all tenants. */
export const tenantScope = ({ isOperator, tenantId }: Pick<Viewer, "tenantId" | "isOperator">): TenantScope =>
  isOperator ? "ALL" : tenantId;

/**
 * The tenants in which a row is looked up by its id. The user's own rows belong to the home tenant, even while they work in
 * another one; `canView` decides on the row.
 */
export const lookupScope = ({
  isOperator,
  tenantId,
  homeTenantId,
}: Pick<Viewer, "tenantId" | "homeTenantId" | "isOperator">): TenantScope =>
  isOperator ? "ALL" : [tenantId, homeTenantId];

/** The owner of a row. Both are null if the user is unknown, as for a login with an unknown identifier. */
export interface Owned {
  readonly userId: UserId | null;
  readonly tenantId: TenantId | null;
}

/** Whether the caller holds this permission in the tenant of the access token. Operators hold all of them. */
export const hasPermission = (
  { isOperator, permissions }: Pick<Viewer, "permissions" | "isOperator">,
  permission: Permission,
): boolean => isOperator || permissions.includes(permission);

/** All permissions that the caller holds in the tenant of the access token, including those that operators hold in every tenant. */
export const allowedTo = ({
  isOperator,
  permissions,
}: Pick<Viewer, "permissions" | "isOperator">): readonly string[] =>
  isOperator ? [...new Set([...ALL_PERMISSIONS, ...permissions, OPERATOR_PERMISSION])] : permissions;

/** @throws {AppError} FORBIDDEN/MISSING_PERMISSION if the viewer does not hold the permission in this tenant */
export const requirePermissionIn = (
  viewer: Pick<Viewer, "tenantId" | "permissions" | "isOperator">,
  tenantId: TenantId,
  permission: Permission,
): void => {
  const isWithin = viewer.isOperator || viewer.tenantId === tenantId;
  if (!isWithin || !hasPermission(viewer, permission))
    throw new AppError("FORBIDDEN", { reason: "MISSING_PERMISSION" });
};

/**
 * Whether the viewer may see a row of this user. Allowed: the user, holders of the permission in the user's tenant, and
 * operators.
 */
export const canView = (
  viewer: Authority & Pick<Viewer, "userId">,
  { userId, tenantId }: Owned,
  permission: Permission,
): boolean => {
  if (viewer.isOperator || (userId !== null && userId === viewer.userId)) return true;
  return tenantId === viewer.tenantId && viewer.permissions.includes(permission);
};

/**
 * Ensures that the viewer may see data of this user, as in `canView`. For fields of types that other users can reach: the field is
 * checked as strictly as a root field.
 *
 * @throws {AppError} UNAUTHENTICATED, FORBIDDEN/ENROLMENT_REQUIRED or FORBIDDEN/MISSING_PERMISSION
 */
export const requireSight = (viewer: Viewer | undefined, owner: Owned, permission: Permission): Viewer => {
  if (!viewer) throw new AppError("UNAUTHENTICATED");
  if (viewer.enrolmentOnly) throw new AppError("FORBIDDEN", { reason: "ENROLMENT_REQUIRED" });
  if (!canView(viewer, owner, permission)) throw new AppError("FORBIDDEN", { reason: "MISSING_PERMISSION" });
  return viewer;
};

/** A stored user: the home tenant, and the roles there. */
export interface Member {
  readonly tenantId: TenantId;
  readonly roles: readonly Role[];
}

/** Whether the viewer may change this user: operators may change any, others only users of the tenant who are not operators. */
export const canManage = (viewer: Authority, target: Member, permission: Permission): boolean => {
  if (viewer.isOperator) return true;
  return (
    viewer.permissions.includes(permission) &&
    viewer.tenantId === target.tenantId &&
    !hasRole(target.roles, "OPERATOR") &&
    // A role with a single permission must not lead to an account that has all of them.
    (!hasRole(target.roles, "ADMIN") || viewer.roles.includes("ADMIN"))
  );
};

/** Like `canManage` for an admin as stored, for decisions outside a request of theirs. */
export const storedAdminCanManage = (admin: Member, target: Member): boolean => {
  if (hasRole(admin.roles, "OPERATOR")) return true;
  return hasRole(admin.roles, "ADMIN") && admin.tenantId === target.tenantId && !hasRole(target.roles, "OPERATOR");
};
