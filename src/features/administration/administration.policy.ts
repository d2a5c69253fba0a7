import type { FieldFault } from "../../shared/errors.ts";
import type { TenantId } from "../../shared/ids.ts";
import { hasRole, ROLES, type Role } from "../../shared/roles.ts";
import type { Viewer } from "../../shared/viewer.ts";

type Administrator = Pick<Viewer, "tenantId" | "roles">;

interface Target {
  readonly tenantId: TenantId;
  readonly roles: readonly Role[];
}

const isOperator = ({ roles }: { readonly roles: readonly Role[] }): boolean => roles.includes("OPERATOR");

/** Whether the viewer may change this user: operators anybody, admins the people of their tenant who are no operators. */
export const mayActOn = (viewer: Administrator, target: Target): boolean => {
  if (isOperator(viewer)) return true;
  return hasRole(viewer.roles, "ADMIN") && viewer.tenantId === target.tenantId && !isOperator(target);
};

/** Whether the viewer may give the target exactly these roles: only an operator makes or unmakes an operator. */
export const mayGrant = (viewer: Administrator, roles: readonly Role[], target: Target): boolean =>
  mayActOn(viewer, target) && (isOperator(viewer) || roles.includes("OPERATOR") === isOperator(target));

/** Roles as they are stored: each once, from least to most, and always with USER. */
export const normalizeRoles = (roles: readonly Role[]): Role[] =>
  ROLES.filter((role) => role === "USER" || roles.includes(role));

/** What the change takes from the tenant: an active administrator, whom it may not lose as its last. */
export const isActiveAdmin = ({
  status,
  roles,
}: {
  readonly status: string;
  readonly roles: readonly Role[];
}): boolean => status === "ACTIVE" && roles.includes("ADMIN");

export const MAX_REASON_LENGTH = 500;

/** What is wrong with an admin's reason: too long, or control characters in it (they would make lines in logs). */
export const reasonFaults = (reason: string, path: string): readonly FieldFault[] => {
  if (reason.length > MAX_REASON_LENGTH) return [{ path, message: `Use at most ${MAX_REASON_LENGTH} characters.` }];
  if (/\p{Cc}|\p{Cs}/u.test(reason)) return [{ path, message: "Control characters are not allowed." }];
  return [];
};

/** As long as the longest e-mail address. */
export const MAX_SEARCH_LENGTH = 254;

/** What is wrong with a text to search for. */
export const searchFaults = (search: string, path: string): readonly FieldFault[] => {
  if (search.length > MAX_SEARCH_LENGTH) return [{ path, message: `Use at most ${MAX_SEARCH_LENGTH} characters.` }];
  if (/\p{Cc}|\p{Cs}/u.test(search)) return [{ path, message: "Control characters are not allowed." }];
  return [];
};
