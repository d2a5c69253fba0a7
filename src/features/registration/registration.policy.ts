import type { ClientInfo } from "#shared/client-info";
import { after, DAY } from "#shared/durations";
import type { Role } from "#shared/roles";

/** The next step after registering. */
export type RegistrationNext = "VERIFY_EMAIL" | "AWAIT_APPROVAL";

/** The state of a registration. PENDING_VERIFICATION, until the address is verified, if no admin decides. */
export const REGISTRATION_STATUSES = ["PENDING_VERIFICATION", "PENDING", "APPROVED", "REJECTED"] as const;
export type RegistrationStatus = (typeof REGISTRATION_STATUSES)[number];

/** The location of a registration for the mail, as observed by the server. Null if the IP address has no known location. */
export const locationLabelOf = ({ location }: ClientInfo): string | null => location?.label ?? null;

/** How long a registration waits for verification or a decision, and an approval for its use. */
export const REGISTRATION_LIFETIME_MS = 30 * DAY;

/** How long a decision stays visible. */
export const DECISION_RETENTION_MS = 90 * DAY;

/** How long the link after an approval is valid. */
export const APPROVED_LINK_LIFETIME_MS = 7 * DAY;

/** The maximum lifetime of a challenge: that of its registration. */
export const REGISTRATION_CHALLENGE_LIFETIME_MS = 2 * REGISTRATION_LIFETIME_MS;

interface RegistrationState {
  readonly status: RegistrationStatus;
  readonly requestedAt: Date;
  readonly decidedAt: Date | null;
  readonly closedAt: Date | null;
}

/** Whether the registration can still become a user. */
export const isOpen = ({ status, requestedAt, decidedAt, closedAt }: RegistrationState, now: Date): boolean =>
  closedAt === null && status !== "REJECTED" && after(decidedAt ?? requestedAt, REGISTRATION_LIFETIME_MS) > now;

/** Whether verifying its address creates a user from the registration now. */
export const admits = (registration: RegistrationState, now: Date): boolean =>
  isOpen(registration, now) && registration.status !== "PENDING";

/** Whether the registration is for a new tenant's admin: its link also activates the tenant. */
export const isOnboarding = ({ roles }: { readonly roles: readonly Role[] }): boolean => roles.includes("ADMIN");
