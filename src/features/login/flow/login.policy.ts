import type { Delivery } from "#features/challenges/index";
import type { TokenTransport } from "#features/sessions/index";
import type { TenantStatus } from "#features/tenants/index";
import type { UserStatus } from "#features/users/index";
import type { ErrorReason } from "#shared/errors";

export const LOGIN_OUTCOMES = ["SUCCESS", "FAILED", "CHALLENGED", "LOCKED", "DENIED"] as const;
export type LoginOutcome = (typeof LOGIN_OUTCOMES)[number];

interface AccountState {
  readonly status: UserStatus;
  readonly emailVerified: boolean;
  readonly passwordResetRequired: boolean;
  readonly tenantStatus: TenantStatus;
}

/** Why an account may not log in although the password is right, or null. The first that holds is told. */
export const obstacleTo = (account: AccountState): ErrorReason | null => {
  const { status, emailVerified, passwordResetRequired, tenantStatus } = account;
  if (!emailVerified) return "EMAIL_NOT_VERIFIED";
  switch (status) {
    case "PENDING_VERIFICATION":
    case "PENDING_APPROVAL":
    case "INVITED":
      return "EMAIL_NOT_VERIFIED";
    case "SUSPENDED":
      return "ACCOUNT_SUSPENDED";
    case "ACTIVE":
      if (tenantStatus === "SUSPENDED") return "TENANT_SUSPENDED";
      return passwordResetRequired ? "PASSWORD_RESET_REQUIRED" : null;
  }
};

/** What a client brings of its device, and how it wants what the login ends in. */
export interface DeliveryRequest {
  readonly deviceToken: string | null;
  readonly deviceTokenInCookie: boolean;
  readonly transport: TokenTransport;
}

/** A known device's token that came in a cookie goes back in one: no script is told what only the browser knew. */
export const deliveryOf = (
  { transport, deviceTokenInCookie }: DeliveryRequest,
  device: { readonly known: boolean },
): Delivery => ({ transport, deviceInCookie: transport === "COOKIE" || (deviceTokenInCookie && device.known) });

/** Longer than any address (RFC 5321, section 4.5.3.1.3) or username. */
export const MAX_IDENTIFIER = 254;
