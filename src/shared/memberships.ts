import { SECOND } from "./durations.ts";
import { AppError } from "./errors.ts";
import type { MembershipId, TenantId } from "./ids.ts";
import type { BuiltInRole } from "./roles.ts";

export const MEMBERSHIP_STATUSES = ["ACTIVE", "SUSPENDED"] as const;
export type MembershipStatus = (typeof MEMBERSHIP_STATUSES)[number];

/** A role as read by a token check. */
export interface HeldRole {
  readonly name: string;
  /** Null for a role that the tenant created. */
  readonly builtIn: BuiltInRole | null;
  readonly permissions: readonly string[];
}

/** A membership of a user as read by a token check. */
export interface HeldMembership {
  readonly id: MembershipId;
  readonly tenantId: TenantId;
  readonly status: MembershipStatus;
  readonly tenantStatus: "ACTIVE" | "SUSPENDED";
  readonly roles: readonly HeldRole[];
  /** Until when the tenant refuses entry, in ISO 8601; null, or absent in the cache of the previous version, if it does not. */
  readonly entryBlockedUntil?: string | null;
}

/** Milliseconds until the tenant admits the user after a reset of their second factors; 0 if it already does. */
export const entryBlockedFor = ({ entryBlockedUntil }: Pick<HeldMembership, "entryBlockedUntil">, now: Date): number =>
  entryBlockedUntil == null ? 0 : Math.max(0, new Date(entryBlockedUntil).getTime() - now.getTime());

/** @throws {AppError} FORBIDDEN/FACTORS_RESET_RECENTLY while the tenant refuses entry */
export const requireEntry = (membership: Pick<HeldMembership, "entryBlockedUntil">, now: Date): void => {
  const blockedForMs = entryBlockedFor(membership, now);
  if (blockedForMs > 0)
    throw new AppError("FORBIDDEN", { reason: "FACTORS_RESET_RECENTLY", retryAfter: Math.ceil(blockedForMs / SECOND) });
};

/** Whether the user may work in the tenant now: neither the membership nor the tenant is suspended. */
export const isUsable = ({ status, tenantStatus }: Pick<HeldMembership, "status" | "tenantStatus">): boolean =>
  status === "ACTIVE" && tenantStatus === "ACTIVE";

/** The usable membership in this tenant; or null. */
export const membershipIn = (held: readonly HeldMembership[], tenantId: TenantId): HeldMembership | null =>
  held.find((membership) => membership.tenantId === tenantId && isUsable(membership)) ?? null;

/** Whether one of the roles is the built-in ADMIN. */
export const isAdmin = ({ roles }: Pick<HeldMembership, "roles">): boolean =>
  roles.some(({ builtIn }) => builtIn === "ADMIN");

/** The membership for a client that names no tenant: the home membership, otherwise the oldest other usable one. */
export const defaultMembership = (held: readonly HeldMembership[], homeTenantId: TenantId): HeldMembership | null =>
  membershipIn(held, homeTenantId) ?? held.find(isUsable) ?? null;

/** The membership in this tenant, if the user may work in it now: it is usable and entry is not refused. */
export const openMembershipIn = (
  held: readonly HeldMembership[],
  tenantId: TenantId,
  now: Date,
): HeldMembership | null => {
  const membership = membershipIn(held, tenantId);
  return membership && entryBlockedFor(membership, now) === 0 ? membership : null;
};
