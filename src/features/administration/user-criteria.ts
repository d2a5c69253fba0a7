import type { UserStatus } from "#features/users/index";
import { canonicalDomain } from "#shared/emails";
import { badInput } from "#shared/errors";
import { parseId, type RoleId } from "#shared/ids";
import { ALWAYS, type Period } from "#shared/paging";
import type { TenantScope } from "#shared/visibility";
import { searchFaults } from "./administration.policy.ts";
import { domainFaults, type UserFactor } from "./user-list.policy.ts";
import type { UserQuery } from "./user-list.repository.ts";

export interface UserCriteria {
  readonly search?: string | null | undefined;
  readonly emailDomain?: string | null | undefined;
  readonly roleId?: string | null | undefined;
  readonly factor?: UserFactor | null | undefined;
  readonly lastLoginAt?: Period | null | undefined;
  readonly status?: UserStatus | null | undefined;
  readonly isOperator?: boolean | null | undefined;
  readonly createdAt?: Period | null | undefined;
}

/**
 * The query of a list of users; null if no user can have the role, because its id is not an id.
 * @param path where the criteria are in the arguments
 * @throws {AppError} BAD_USER_INPUT
 */
export const userQueryOf = (scope: TenantScope, criteria: UserCriteria, path: string): UserQuery | null => {
  const { search, emailDomain, roleId } = criteria;
  const faults = [
    ...(search ? searchFaults(search, `${path}.search`) : []),
    ...(emailDomain == null ? [] : domainFaults(emailDomain, `${path}.emailDomain`)),
  ];
  if (faults.length > 0) throw badInput(...faults);
  const role = roleId == null ? null : parseId<RoleId>(roleId);
  if (roleId != null && role === null) return null;
  return {
    scope,
    search: search?.trim() || null,
    emailDomain: emailDomain == null ? null : canonicalDomain(emailDomain),
    status: criteria.status ?? null,
    isOperator: criteria.isOperator ?? null,
    roleId: role,
    factor: criteria.factor ?? null,
    createdAt: criteria.createdAt ?? ALWAYS,
    lastLoginAt: criteria.lastLoginAt ?? ALWAYS,
  };
};
