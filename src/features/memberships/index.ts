export { membershipsFeature } from "./feature.ts";
export { heldMemberships } from "./held-memberships.ts";
export {
  defaultMembership,
  type HeldMembership,
  type HeldRole,
  isAdmin,
  isUsable,
  type MembershipStatus,
  membershipIn,
} from "./memberships.policy.ts";
export { hasOtherActiveAdmin, listActiveAdmins } from "./memberships.repository.ts";
export { membershipRoles, memberships, roles, tenantDomains } from "./memberships.table.ts";
export { type Access, PermissionCatalogue } from "./permission-catalogue.ts";
