/** Why the user cannot work in a tenant, as the API says it (`extensions.reason`). */
export type TenantError =
  /** The membership or the tenant was suspended, the membership was removed, or there never was one. */
  | "NOT_A_MEMBER"
  /** The tenant requires a second factor: `switchTenant(null)`, then `reauthenticate` with one, then switch again. */
  | "TENANT_REQUIRES_SECOND_FACTOR"
  /** The user's second factors were reset: for 72 hours an admin of the tenant must agree (`allowMemberEntry`). */
  | "FACTORS_RESET_RECENTLY";

/**
 * Why tokens could not be renewed, or a session could not be ended: the API was unavailable or asked to wait. The user stays
 * signed in. With a `tenantError` only this tab stops, because the user cannot work in its tenant; other tabs go on.
 */
export class AuthFailure extends Error {
  /** The API's code (`SERVICE_UNAVAILABLE`, `RATE_LIMITED` …), or `NO_ANSWER`. */
  readonly code: string;
  /** Seconds to wait, where the API says so. */
  readonly retryAfter: number | null;
  /** With code FORBIDDEN: why this tab cannot work in its tenant. Null otherwise. */
  readonly tenantError: TenantError | null;

  constructor(code: string, message: string, retryAfter: number | null = null, tenantError: TenantError | null = null) {
    super(message);
    this.name = "AuthFailure";
    this.code = code;
    this.retryAfter = retryAfter;
    this.tenantError = tenantError;
  }
}

/** Why the tab's tenant gives no token. */
export const tenantFailure = (error: TenantError): AuthFailure =>
  new AuthFailure("FORBIDDEN", `This tab cannot work in its tenant: ${error}.`, null, error);
