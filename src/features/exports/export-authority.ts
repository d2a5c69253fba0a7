import { findHeldMemberships, type PermissionCatalogue } from "#features/memberships/index";
import { findUserById } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { membershipIn } from "#shared/memberships";
import { permissionsFor } from "./exports.policy.ts";
import type { ExportRow } from "./exports.repository.ts";

/** Whether the creator, as currently stored, may still export this from this tenant. For work outside their requests. */
export const creatorMayExport = async (
  { db, permissionCatalogue }: { readonly db: Db; readonly permissionCatalogue: Pick<PermissionCatalogue, "of"> },
  { creatorId, tenantId, kind, filter }: Pick<ExportRow, "creatorId" | "tenantId" | "kind" | "filter">,
): Promise<boolean> => {
  const [user, held] = await Promise.all([findUserById(db, creatorId), findHeldMemberships(db, creatorId)]);
  const membership = membershipIn(held, tenantId);
  if (user?.status !== "ACTIVE" || membership === null) return false;
  const permissions = permissionCatalogue.of(membership.roles);
  return user.isOperator || permissionsFor(kind, filter).every((needed) => permissions.includes(needed));
};
