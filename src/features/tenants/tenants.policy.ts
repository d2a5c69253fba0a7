export const TENANT_STATUSES = ["ACTIVE", "SUSPENDED"] as const;
export type TenantStatus = (typeof TENANT_STATUSES)[number];

export const REGISTRATION_MODES = ["OPEN", "APPROVAL", "INVITE_ONLY"] as const;
export type RegistrationMode = (typeof REGISTRATION_MODES)[number];

/** Which sessions end with a change of password, from least to most. */
export const LOGOUT_SCOPES = ["NONE", "OTHERS", "ALL"] as const;
export type LogoutScope = (typeof LOGOUT_SCOPES)[number];

/** What the user asked for, but never less than the tenant demands; not asked at all means everything. */
export const logoutScope = (asked: LogoutScope | null | undefined, demanded: LogoutScope): LogoutScope => {
  const wanted = asked ?? "ALL";
  return LOGOUT_SCOPES.indexOf(wanted) >= LOGOUT_SCOPES.indexOf(demanded) ? wanted : demanded;
};
