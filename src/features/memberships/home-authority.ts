import type { User } from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { Authority } from "#shared/access-policy";
import { AppError } from "#shared/errors";
import { ownsDomain } from "./homes.repository.ts";
import { hasOtherMemberships } from "./memberships.repository.ts";

/**
 * Ensures that the home tenant's admins may manage the account: while it is the user's only membership, or if an operator
 * recorded that the tenant owns the domain of the address. Otherwise the first tenant to invite a person would control their
 * account in all tenants.
 * @throws {AppError} FORBIDDEN/OTHER_MEMBERSHIPS
 */
export const requireSoleHome = async (
  db: Db,
  { isOperator }: Pick<Authority, "isOperator">,
  user: Pick<User, "id" | "tenantId" | "emailCanonical">,
): Promise<void> => {
  if (isOperator || !(await hasOtherMemberships(db, user))) return;
  if (!(await ownsDomain(db, user.tenantId, user.emailCanonical)))
    throw new AppError("FORBIDDEN", { reason: "OTHER_MEMBERSHIPS" });
};
