export const ROLES = ["USER", "ADMIN", "OPERATOR"] as const;

/** USER: signed in. ADMIN: of the own tenant. OPERATOR: of the whole installation. */
export type Role = (typeof ROLES)[number];

/** The most that these roles allow. */
export const highestRole = (roles: readonly Role[]): Role =>
  roles.includes("OPERATOR") ? "OPERATOR" : roles.includes("ADMIN") ? "ADMIN" : "USER";

/** Whether a caller with these roles may do what `required` may. */
export const hasRole = (roles: readonly Role[], required: Role): boolean =>
  ROLES.indexOf(highestRole(roles)) >= ROLES.indexOf(required);
