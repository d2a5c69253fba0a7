/**
 * What `users.roles`, `registrations.roles` and `invitations.roles` hold: USER for everyone, ADMIN of the tenant, OPERATOR of the
 * installation. The previous version reads and writes them (docs/decisions/memberships.md); memberships are what counts.
 */
export const ROLES = ["USER", "ADMIN", "OPERATOR"] as const;
export type Role = (typeof ROLES)[number];

/** The roles that each tenant has. MEMBER has none of our permissions, ADMIN has all, and those of other services. */
export const BUILT_IN_ROLES = ["MEMBER", "ADMIN"] as const;
export type BuiltInRole = (typeof BUILT_IN_ROLES)[number];

/** The most that these stored roles allow. */
export const highestRole = (roles: readonly Role[]): Role =>
  roles.includes("OPERATOR") ? "OPERATOR" : roles.includes("ADMIN") ? "ADMIN" : "USER";

/** Whether a stored user with these roles may do what `required` may, in the home tenant. */
export const hasRole = (roles: readonly Role[], required: Role): boolean =>
  ROLES.indexOf(highestRole(roles)) >= ROLES.indexOf(required);
