import type { RoleRow } from "#features/memberships/index";
import type { Authority } from "#shared/access-policy";
import type { FieldError } from "#shared/errors";
import { validateLine } from "#shared/text";

/** Names with a meaning in tokens or in earlier versions. */
const RESERVED = new Set(["member", "admin", "operator", "user"]);

const MAX_NAME_LENGTH = 64;
const MAX_DESCRIPTION_LENGTH = 500;

/** Whether the caller is ADMIN in the tenant of the access token, or an operator. */
export const isAdminOrOperator = ({ isOperator, roles }: Authority): boolean => isOperator || roles.includes("ADMIN");

/** Whether the caller may give or take this role: they hold all its permissions, and only an ADMIN gives or takes ADMIN. */
export const mayGrantRole = (caller: Authority, role: Pick<RoleRow, "builtIn" | "permissions">): boolean => {
  if (isAdminOrOperator(caller) || role.builtIn === "MEMBER") return true;
  return role.builtIn === null && mayGrantPermissions(caller, role.permissions);
};

/** Whether the caller holds all of these permissions. */
export const mayGrantPermissions = (caller: Authority, permissions: readonly string[]): boolean =>
  isAdminOrOperator(caller) || permissions.every((permission) => caller.permissions.includes(permission));

/** The faults of a role's name. */
export const validateRoleName = (name: string, path: string): readonly FieldError[] => {
  if (name.trim() === "") return [{ path, message: "Use at least one visible character." }];
  if (RESERVED.has(name.trim().toLowerCase())) return [{ path, message: "This name is reserved." }];
  return validateLine(name, MAX_NAME_LENGTH, path);
};

/** The faults of a role's description. */
export const validateRoleDescription = (description: string, path: string): readonly FieldError[] =>
  validateLine(description, MAX_DESCRIPTION_LENGTH, path);

/** The faults of a role's permissions. Each must be built in, or declared by the operator. */
export const validatePermissions = (
  permissions: readonly string[],
  known: readonly string[],
  path: string,
): readonly FieldError[] =>
  permissions.flatMap((permission, index) =>
    known.includes(permission) ? [] : [{ path: `${path}.${index}`, message: "Unknown permission." }],
  );
