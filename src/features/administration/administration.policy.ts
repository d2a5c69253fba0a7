import type { User } from "#features/users/index";
import type { FieldFault } from "#shared/errors";
import { ROLES, type Role } from "#shared/roles";
import { lineFaults } from "#shared/text";
import { type Authority, type Member, mayActOn } from "#shared/visibility";

const isOperator = ({ roles }: { readonly roles: readonly Role[] }): boolean => roles.includes("OPERATOR");

/**
 * Whether the viewer may give the target exactly these roles: only an operator makes or unmakes an operator, and only an admin
 * makes or unmakes an admin.
 */
export const mayGrant = (viewer: Authority, roles: readonly Role[], target: Member): boolean => {
  if (viewer.isOperator) return true;
  const changesAdmin = roles.includes("ADMIN") !== target.roles.includes("ADMIN");
  return (
    mayActOn(viewer, target, "members:manage") &&
    roles.includes("OPERATOR") === isOperator(target) &&
    (!changesAdmin || viewer.roles.includes("ADMIN"))
  );
};

/** Roles as they are stored: each once, from least to most, and always with USER. */
export const normalizeRoles = (roles: readonly Role[]): Role[] =>
  ROLES.filter((role) => role === "USER" || roles.includes(role));

/** Whether the user administers the tenant now. A tenant may not lose the last who does. */
export const isActiveAdmin = ({
  status,
  roles,
}: {
  readonly status: string;
  readonly roles: readonly Role[];
}): boolean => status === "ACTIVE" && roles.includes("ADMIN");

/** Whether the user is an operator now. An installation may not lose the last one. */
export const isActiveOperator = ({
  status,
  roles,
}: {
  readonly status: string;
  readonly roles: readonly Role[];
}): boolean => status === "ACTIVE" && roles.includes("OPERATOR");

/** What an admin can change of a user's profile. */
export type ProfileField = "NAME" | "USERNAME" | "LOCALE";

type Profile = Pick<User, "name" | "username" | "locale">;

/** Which fields of the profile get another value. */
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

/** What is wrong with a text to search for. */
export const searchFaults = (search: string, path: string): readonly FieldFault[] =>
  lineFaults(search, MAX_SEARCH_LENGTH, path);
