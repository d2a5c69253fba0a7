import type { TenantId, UserId } from "./ids.ts";
import { hasRole } from "./roles.ts";
import type { Viewer } from "./viewer.ts";

/** The tenants whose rows a viewer may ask for. "ALL" is said aloud, so that a missing tenant never means every tenant. */
export type TenantScope = TenantId | "ALL";

/** Somebody of a tenant, with what the roles allow. */
export type Member = Pick<Viewer, "tenantId" | "roles">;

/** How far a viewer's sight reaches: the own tenant, for operators all of them. Within it `maySee` decides. */
export const tenantScope = ({ roles, tenantId }: Member): TenantScope =>
  hasRole(roles, "OPERATOR") ? "ALL" : tenantId;

/** What belongs to a user; both are null where nobody is known, as for a login with an unknown identifier. */
export interface Owned {
  readonly userId: UserId | null;
  readonly tenantId: TenantId | null;
}

/** Whether the viewer may see what belongs to this user: the user itself, admins of its tenant and operators may. */
export const maySee = (viewer: Member & Pick<Viewer, "userId">, { userId, tenantId }: Owned): boolean => {
  if (hasRole(viewer.roles, "OPERATOR")) return true;
  if (tenantId !== viewer.tenantId) return false;
  return userId === viewer.userId || hasRole(viewer.roles, "ADMIN");
};

/** Whether the viewer may change this user: operators anybody, admins the people of their tenant who are no operators. */
export const mayActOn = (viewer: Member, target: Member): boolean => {
  if (hasRole(viewer.roles, "OPERATOR")) return true;
  return hasRole(viewer.roles, "ADMIN") && viewer.tenantId === target.tenantId && !hasRole(target.roles, "OPERATOR");
};
