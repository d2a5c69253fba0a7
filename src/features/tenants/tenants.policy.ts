export type TenantStatus = "ACTIVE" | "SUSPENDED";

export type RegistrationMode = "OPEN" | "APPROVAL" | "INVITE_ONLY";

/** Which sessions end with a change of password, from least to most. */
export const LOGOUT_SCOPES = ["NONE", "OTHERS", "ALL"] as const;
export type LogoutScope = (typeof LOGOUT_SCOPES)[number];

/** What the user asked for, but never less than the tenant demands; not asked at all means everything. */
export const logoutScope = (asked: LogoutScope | null | undefined, demanded: LogoutScope): LogoutScope => {
  const wanted = asked ?? "ALL";
  return LOGOUT_SCOPES.indexOf(wanted) >= LOGOUT_SCOPES.indexOf(demanded) ? wanted : demanded;
};

/** How strict a tenant is with its users. */
export interface SecurityPolicy {
  readonly registration: RegistrationMode;
  /** Null: as many as the user likes. */
  readonly maxSessions: number | null;
  readonly passwordChangeEnds: LogoutScope;
  readonly passwordMinLength: number;
  readonly requireSecondFactor: boolean;
  readonly confirmLoginAtRisk: number;
  readonly secondFactorAtRisk: number;
}

/**
 * How the short name of a tenant begins that nobody has activated. No visitor can name it, and no company's name makes it:
 * whoever only types a company's name in must neither take the short name from that company, nor learn from it who is here
 * already.
 */
export const PROVISIONAL = "pending:";
