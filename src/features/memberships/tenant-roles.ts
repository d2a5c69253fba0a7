import type { Db } from "#platform/database/database";
import { AppError, badInput } from "#shared/errors";
import { parseId, type RoleId, type TenantId } from "#shared/ids";
import { listRolesByIds, type RoleRow } from "./memberships.repository.ts";

/** The most roles of a membership or an invitation, including MEMBER. Used to compute the cost of an operation. */
export const MAX_ROLES_OF_MEMBER = 20;

/**
 * The roles in `input.roleIds`, without duplicates.
 * @throws {AppError} NOT_FOUND if one of them is not a role of the tenant; BAD_USER_INPUT if there are too many
 */
export const requireTenantRoles = async (
  db: Db,
  tenantId: TenantId,
  wanted: readonly string[],
): Promise<readonly RoleRow[]> => {
  const ids = [...new Set(wanted.map((id) => parseId<RoleId>(id)))];
  const roles = await listRolesByIds(
    db,
    ids.filter((id) => id !== null),
  );
  if (roles.length < ids.length || roles.some((role) => role.tenantId !== tenantId))
    throw new AppError("NOT_FOUND", { message: "The tenant does not have this role." });
  if (roles.filter(({ builtIn }) => builtIn !== "MEMBER").length >= MAX_ROLES_OF_MEMBER)
    throw badInput({
      path: "input.roleIds",
      message: `A member can have at most ${MAX_ROLES_OF_MEMBER} roles, including MEMBER.`,
    });
  return roles;
};
