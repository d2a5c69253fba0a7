import type { Db } from "#platform/database/database";
import { AppError, badInput } from "#shared/errors";
import { parseId, type RoleId, type TenantId } from "#shared/ids";
import { listRolesByIds, type RoleRow } from "./memberships.repository.ts";

/** Most roles that a membership or an invitation can have, MEMBER among them. The cost of an operation counts on it. */
export const MOST_ROLES_OF_MEMBER = 20;

/**
 * The roles that `input.roleIds` names, each once.
 * @throws {AppError} NOT_FOUND if one of them is not a role of the tenant; BAD_USER_INPUT if they are too many
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
    throw new AppError("NOT_FOUND", { message: "There is no such role in the tenant." });
  if (roles.filter(({ builtIn }) => builtIn !== "MEMBER").length >= MOST_ROLES_OF_MEMBER)
    throw badInput({
      path: "input.roleIds",
      message: `A member has at most ${MOST_ROLES_OF_MEMBER} roles, MEMBER among them.`,
    });
  return roles;
};
