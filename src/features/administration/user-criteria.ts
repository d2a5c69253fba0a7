import type { UserStatus } from "#features/users/index";
import { hasPermission } from "#shared/access-policy";
import { canonicalDomain } from "#shared/emails";
import { AppError, badInput } from "#shared/errors";
import { parseId, type RoleId } from "#shared/ids";
import { ALWAYS, type Period } from "#shared/paging";
import type { Viewer } from "#shared/viewer";
import { validateSearch } from "./administration.policy.ts";
import { type UserFactor, type UserRisk, validateDomain } from "./user-list.policy.ts";
import type { UserQuery } from "./user-list.repository.ts";

export interface UserCriteria {
  readonly search?: string | null | undefined;
  readonly emailDomain?: string | null | undefined;
  readonly roleId?: string | null | undefined;
  readonly factor?: UserFactor | null | undefined;
  readonly risk?: UserRisk | null | undefined;
  readonly lastLoginAt?: Period | null | undefined;
  readonly status?: UserStatus | null | undefined;
  readonly isOperator?: boolean | null | undefined;
  readonly createdAt?: Period | null | undefined;
}

/**
 * Ensures that the caller may filter users by these criteria. Filtering by risk requires the right to read login attempts.
 * @throws {AppError} FORBIDDEN/MISSING_PERMISSION
 */
export const requireRightToFilter = (
  viewer: Pick<Viewer, "permissions" | "isOperator">,
  { risk }: Pick<UserCriteria, "risk">,
): void => {
  if (risk != null && !hasPermission(viewer, "audit:read"))
    throw new AppError("FORBIDDEN", { reason: "MISSING_PERMISSION" });
};

/**
 * The query of a list of users, without scope and time.
 * @param path of the criteria in the arguments
 * @returns "NONE" if no user can match the criteria, because the role id is malformed
 * @throws {AppError} BAD_USER_INPUT
 */
export const userQueryOf = (criteria: UserCriteria, path = "filter"): Omit<UserQuery, "scope" | "now"> | "NONE" => {
  const { search, emailDomain, roleId } = criteria;
  const faults = [
    ...(search ? validateSearch(search, `${path}.search`) : []),
    ...(emailDomain == null ? [] : validateDomain(emailDomain, `${path}.emailDomain`)),
  ];
  if (faults.length > 0) throw badInput(...faults);
  const role = roleId == null ? null : parseId<RoleId>(roleId);
  if (roleId != null && role === null) return "NONE";
  return {
    search: search?.trim() || null,
    emailDomain: emailDomain == null ? null : canonicalDomain(emailDomain),
    status: criteria.status ?? null,
    isOperator: criteria.isOperator ?? null,
    roleId: role,
    factor: criteria.factor ?? null,
    risk: criteria.risk ?? null,
    createdAt: criteria.createdAt ?? ALWAYS,
    lastLoginAt: criteria.lastLoginAt ?? ALWAYS,
  };
};
