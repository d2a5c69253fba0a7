import type { Db } from "#platform/database/database";
import { AppError } from "#shared/errors";
import { parseId, type RoleId, type TenantId } from "#shared/ids";
import { listRolesByIds, type RoleRow } from "./memberships.repository.ts";

/** The roles with these ids, each once. @throws {AppError} NOT_FOUND if one of them is not a role of the tenant */
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
  return roles;
};
