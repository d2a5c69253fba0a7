import type { Client } from "#shared/client";
import { after, DAY } from "#shared/durations";
import type { Role } from "#shared/roles";

/** What a person does after registering. */
export type RegistrationNext = "VERIFY_EMAIL" | "AWAIT_APPROVAL";

/** The state of a registration. Without an admin's decision: PENDING_VERIFICATION until the address is proved. */
export const REGISTRATION_STATUSES = ["PENDING_VERIFICATION", "PENDING", "APPROVED", "REJECTED"] as const;
export type RegistrationStatus = (typeof REGISTRATION_STATUSES)[number];

/** Where a registration came from, as the mail tells it: only what the server observed. Null if the address does not tell. */
export const placeOf = ({ location }: Client): string | null => location?.label ?? null;

/** How long a registration waits for its proof or for a decision, and an approval for its use, in milliseconds. */
export const REGISTRATION_LIFETIME = 30 * DAY;

/** How long a decision can be looked at, in milliseconds. */
export const DECISION_KEPT = 90 * DAY;

/** How long the link that follows an approval is good, in milliseconds. */
export const APPROVED_LINK_LIFETIME = 7 * DAY;

/** The longest that a challenge can be of use, in milliseconds: as long as its registration. */
export const CHALLENGE_LIFETIME = 2 * REGISTRATION_LIFETIME;

interface Standing {
  readonly status: RegistrationStatus;
  readonly requestedAt: Date;
  readonly decidedAt: Date | null;
  readonly closedAt: Date | null;
}

/** Whether a user can still come of the registration. */
export const isOpen = ({ status, requestedAt, decidedAt, closedAt }: Standing, now: Date): boolean =>
  closedAt === null && status !== "REJECTED" && after(decidedAt ?? requestedAt, REGISTRATION_LIFETIME) > now;

/** Whether the proof of its address makes a user of the registration now. */
export const admits = (registration: Standing, now: Date): boolean =>
  isOpen(registration, now) && registration.status !== "PENDING";

/** Whether the registration is that of a new company's admin: its link also activates the company. */
export const isOnboarding = ({ roles }: { readonly roles: readonly Role[] }): boolean => roles.includes("ADMIN");
