export const TENANT_STATUSES = ["ACTIVE", "SUSPENDED"] as const;
export type TenantStatus = (typeof TENANT_STATUSES)[number];

export const REGISTRATION_MODES = ["OPEN", "APPROVAL", "INVITE_ONLY"] as const;
export type RegistrationMode = (typeof REGISTRATION_MODES)[number];

/** Which sessions end when a password is changed, from fewest to most. */
export const LOGOUT_SCOPES = ["NONE", "OTHERS", "ALL"] as const;
export type LogoutScope = (typeof LOGOUT_SCOPES)[number];

/** Returns the scope requested by the user, but at least the one required by the tenant; ALL if none is requested. */
export const logoutScope = (requested: LogoutScope | null | undefined, required: LogoutScope): LogoutScope => {
  const wanted = requested ?? "ALL";
  return LOGOUT_SCOPES.indexOf(wanted) >= LOGOUT_SCOPES.indexOf(required) ? wanted : required;
};

/**
 * Whether logins need a second factor. REQUIRED: a mailed code suffices for users without one. REQUIRED_OWN: TOTP or a passkey;
 * users without either enter a mailed code and can then only add one.
 */
export const SECOND_FACTOR_RULES = ["OPTIONAL", "REQUIRED", "REQUIRED_OWN"] as const;
export type SecondFactorRule = (typeof SECOND_FACTOR_RULES)[number];

/** A tenant's security policy for its users. */
export interface SecurityPolicy {
  readonly registration: RegistrationMode;
  /** Null: no limit. */
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

/** Returns the effective rule. A replica of the previous version writes only the boolean; the stricter of the two applies. */
export const secondFactorRuleOf = ({ secondFactor, requireSecondFactor }: StoredSecondFactorRule): SecondFactorRule =>
  secondFactor === "OPTIONAL" && requireSecondFactor ? "REQUIRED" : secondFactor;

/** Returns the effective policy of a tenant. */
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
 * The slug prefix of a tenant that is not activated. No visitor can name such a slug, and no company name produces it: entering a
 * company's name without activation must neither take the slug from that company nor reveal whether it is a customer.
 */
export const PROVISIONAL = "pending:";
