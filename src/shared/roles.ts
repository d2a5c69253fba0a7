/**
 * The values of `users.roles`, `registrations.roles` and `invitations.roles`: USER for every user, ADMIN of the tenant, OPERATOR
 * of the installation. The previous version reads and writes them (docs/decisions/memberships.md); this version decides by
 * memberships.
 */
export const ROLES = ["USER", "ADMIN", "OPERATOR"] as const;
export type Role = (typeof ROLES)[number];

/**
 * The roles that each tenant has. MEMBER gives no permission of Portcullis; ADMIN gives all of them, and those of other
 * services.
 */
export const BUILT_IN_ROLES = ["MEMBER", "ADMIN"] as const;
export type BuiltInRole = (typeof BUILT_IN_ROLES)[number];

/** The highest of these stored roles. */
export const highestRole = (roles: readonly Role[]): Role =>
  roles.includes("OPERATOR") ? "OPERATOR" : roles.includes("ADMIN") ? "ADMIN" : "USER";

/** Whether a stored user with these roles has the rights of `required` in the home tenant. */
export const hasRole = (roles: readonly Role[], required: Role): boolean =>
  ROLES.indexOf(highestRole(roles)) >= ROLES.indexOf(required);
