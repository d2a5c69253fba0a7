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

/**
 * Whether logins need a second factor. REQUIRED: a mailed code will do for users who have none. REQUIRED_OWN: TOTP or a passkey;
 * users who have neither prove a mailed code and can then only add one.
 */
export const SECOND_FACTOR_RULES = ["OPTIONAL", "REQUIRED", "REQUIRED_OWN"] as const;
export type SecondFactorRule = (typeof SECOND_FACTOR_RULES)[number];

/** How strict a tenant is with its users. */
export interface SecurityPolicy {
  readonly registration: RegistrationMode;
  /** Null: as many as the user likes. */
  readonly maxSessions: number | null;
  readonly passwordChangeEnds: LogoutScope;
  readonly passwordMinLength: number;
  readonly secondFactor: SecondFactorRule;
  readonly confirmLoginAtRisk: number;
  readonly secondFactorAtRisk: number;
}

export interface StoredSecondFactorRule {
  readonly secondFactor: SecondFactorRule;
  readonly requireSecondFactor: boolean;
}

/** The rule in force. A replica of the previous version writes the boolean only; the stricter of the two counts. */
export const secondFactorRuleOf = ({ secondFactor, requireSecondFactor }: StoredSecondFactorRule): SecondFactorRule =>
  secondFactor === "OPTIONAL" && requireSecondFactor ? "REQUIRED" : secondFactor;

/** The policy in force in a tenant. */
export const policyOf = (tenant: SecurityPolicy & StoredSecondFactorRule): SecurityPolicy => ({
  registration: tenant.registration,
  maxSessions: tenant.maxSessions,
  passwordChangeEnds: tenant.passwordChangeEnds,
  passwordMinLength: tenant.passwordMinLength,
  secondFactor: secondFactorRuleOf(tenant),
  confirmLoginAtRisk: tenant.confirmLoginAtRisk,
  secondFactorAtRisk: tenant.secondFactorAtRisk,
});

/**
 * How the short name of a tenant begins that nobody has activated. No visitor can name it, and no company's name makes it:
 * whoever only types a company's name in must neither take the short name from that company, nor learn from it who is here
 * already.
 */
export const PROVISIONAL = "pending:";
