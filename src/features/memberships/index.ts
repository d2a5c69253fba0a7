export { updateEntryAllowed, updateEntryBlocked } from "./entry-blocks.repository.ts";
export { membershipsFeature } from "./feature.ts";
export { heldMemberships } from "./held-memberships.ts";
export { requireSoleHome } from "./home-authority.ts";
export {
  deleteDomain,
  findHomeStatus,
  type HomeStatus,
  homeStatus,
  inOpenHome,
  insertDomain,
  inUsableHome,
  listDomains,
  lockHomes,
  moveUnusableHomes,
  ownsDomain,
  updateHome,
} from "./homes.repository.ts";
export { MembershipStatusEnum, MembershipType, RoleType } from "./memberships.graphql.ts";
export {
  countRoles,
  deleteMembership,
  deleteRole,
  findHeldMemberships,
  findMember,
  findMemberById,
  hasOtherActiveAdmin,
  hasOtherMembers,
  hasOtherMemberships,
  hasRoleInScope,
  insertMembership,
  insertRole,
  listActiveAdmins,
  listHoldersOfRole,
  listMembersOfUsers,
  listRolesByIds,
  listRolesOfMemberships,
  listRolesOfTenants,
  listTenantsAdministeredBy,
  lockMembership,
  type Member,
  type MembershipRow,
  type RoleRow,
  updateMembershipInviter,
  updateMembershipRoles,
  updateMembershipStatus,
  updateRole,
} from "./memberships.repository.ts";
export { MAX_ROLES, MembershipsService } from "./memberships.service.ts";
export { memberships } from "./memberships.table.ts";
export { hasOtherActiveOperator, listActiveOperators } from "./operators.repository.ts";
export { type Access, PermissionCatalogue } from "./permission-catalogue.ts";
export { MAX_ROLES_OF_MEMBER, requireTenantRoles } from "./tenant-roles.ts";
