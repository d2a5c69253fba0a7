/** Why the user cannot work in a tenant, as reported by the API (`extensions.reason`). */
export type TenantError =
  /** The membership or the tenant was suspended, the membership was removed, or it never existed. */
  | "NOT_A_MEMBER"
  /** The tenant requires a second factor: `switchTenant(null)`, then `reauthenticate` with one, then switch again. */
  | "TENANT_REQUIRES_SECOND_FACTOR"
  /** The user's second factors were reset: for 72 hours, an admin of the tenant must allow access (`allowMemberEntry`). */
  | "FACTORS_RESET_RECENTLY";

/**
 * Thrown if tokens could not be renewed or a session could not be ended, because the API was unavailable or asked to wait. The
 * user stays signed in. With a `tenantError`, only this tab stops working, because the user cannot work in its tenant; other tabs
 * continue.
 */
export class AuthFailure extends Error {
  /** The API's code (`SERVICE_UNAVAILABLE`, `RATE_LIMITED` …), or `NO_ANSWER`. */
  readonly code: string;
  /** Seconds to wait, if the API specifies it. */
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

  /** As in a response of the API, for `errorOf`. */
  get extensions(): object {
    return { code: this.code, reason: this.tenantError, retryAfter: this.retryAfter };
  }
}

/** The failure for a tenant in which the API does not issue a token. */
export const tenantFailure = (error: TenantError): AuthFailure =>
  new AuthFailure("FORBIDDEN", `This tab cannot work in its tenant: ${error}.`, null, error);
