/**
 * The permissions that Portcullis itself checks, each with what it allows. They apply only in the tenant of the access token.
 * docs/permissions.md lists them for admins.
 */
export const PERMISSIONS = {
  "users:read": "See the users whose home is the tenant.",
  "users:manage": "Edit, suspend, reactivate and delete users whose home is the tenant, and require a password reset.",
  "members:read": "See the tenant's members and roles.",
  "members:manage": "Change, suspend and remove memberships of the tenant.",
  "roles:manage": "Create, change and delete the tenant's roles.",
  "invitations:manage": "See, send and revoke invitations.",
  "registrations:decide": "See registrations that wait for a decision, and decide.",
  "sessions:read": "See the sessions of users whose home is the tenant.",
  "sessions:revoke": "End the sessions of users whose home is the tenant.",
  "factors:reset": "See, request and approve resets of second factors.",
  "policy:edit": "Preview and change the security policy, and change how login pages present the tenant.",
  "sap:edit": "See and change the connection to the SAP system.",
  "audit:read": "See the security events and login attempts of the tenant.",
  "statistics:read": "See how many logins, users and second factors the tenant has over time, without names.",
  "exports:create": "Export users (with users:read) and security events (with audit:read) as files.",
} as const;

export type Permission = keyof typeof PERMISSIONS;

/** Access tokens of operators contain it in addition to the permissions of their roles. No role can contain it. */
export const OPERATOR_PERMISSION = "installation:operate";

/** In the order of `PERMISSIONS`. */
export const ALL_PERMISSIONS = Object.keys(PERMISSIONS) as readonly Permission[];

const resourceOf = (permission: string): string => permission.split(":", 1)[0] ?? "";

const OWN_RESOURCES = new Set([...ALL_PERMISSIONS, OPERATOR_PERMISSION].map(resourceOf));

/** Whether the permission names a resource of Portcullis (`users`, `installation`): other services must use other names. */
export const isOwnResource = (permission: string): boolean => OWN_RESOURCES.has(resourceOf(permission));

/** `resource:action`, the form in which operators declare permissions of other services. */
export const PERMISSION_FORM = /^[a-z][a-z0-9-]{0,31}:[a-z][a-z0-9-]{0,31}$/;
