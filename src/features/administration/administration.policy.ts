import type { User } from "#features/users/index";
import { type Authority, canManage, type Member } from "#shared/access-policy";
import type { FieldError } from "#shared/errors";
import { ROLES, type Role } from "#shared/roles";
import { validateLine } from "#shared/text";

const isOperator = ({ roles }: { readonly roles: readonly Role[] }): boolean => roles.includes("OPERATOR");

/**
 * Whether the viewer may give the target exactly these roles: only an operator grants or revokes OPERATOR, and only an admin
 * grants or revokes ADMIN.
 */
export const mayGrant = (viewer: Authority, roles: readonly Role[], target: Member): boolean => {
  if (viewer.isOperator) return true;
  const changesAdmin = roles.includes("ADMIN") !== target.roles.includes("ADMIN");
  return (
    canManage(viewer, target, "members:manage") &&
    roles.includes("OPERATOR") === isOperator(target) &&
    (!changesAdmin || viewer.roles.includes("ADMIN"))
  );
};

/** Roles as they are stored: without duplicates, in ascending order of rights, and always with USER. */
export const normalizeRoles = (roles: readonly Role[]): Role[] =>
  ROLES.filter((role) => role === "USER" || roles.includes(role));

/** Whether the user currently administers the tenant. A tenant must keep at least one active admin. */
export const isActiveAdmin = ({
  status,
  roles,
}: {
  readonly status: string;
  readonly roles: readonly Role[];
}): boolean => status === "ACTIVE" && roles.includes("ADMIN");

/** Whether the user is currently an operator. An installation must keep at least one. */
export const isActiveOperator = ({
  status,
  roles,
}: {
  readonly status: string;
  readonly roles: readonly Role[];
}): boolean => status === "ACTIVE" && roles.includes("OPERATOR");

/** The profile fields that an admin can change. */
export type ProfileField = "NAME" | "USERNAME" | "LOCALE";

type Profile = Pick<User, "name" | "username" | "locale">;

/** The profile fields whose values the changes replace. */
export const profileFieldsChanged = (user: Profile, changes: Partial<Profile>): ProfileField[] => {
  const isChanged = (field: keyof Profile) => changes[field] !== undefined && changes[field] !== user[field];
  return [
    ...(isChanged("name") ? (["NAME"] as const) : []),
    ...(isChanged("username") ? (["USERNAME"] as const) : []),
    ...(isChanged("locale") ? (["LOCALE"] as const) : []),
  ];
};

/** As long as the longest e-mail address. */
export const MAX_SEARCH_LENGTH = 254;

/** The faults of a search text. */
export const validateSearch = (search: string, path: string): readonly FieldError[] =>
  validateLine(search, MAX_SEARCH_LENGTH, path);
