import type { RoleRow } from "#features/memberships/index";
import { DAY } from "#shared/durations";
import type { RegistrationId, TenantId, UserId } from "#shared/ids";
import type { Role } from "#shared/roles";

export type InvitationStatus = "PENDING" | "ACCEPTED" | "DECLINED" | "REVOKED" | "VOID" | "EXPIRED";

/** How long an invitation can be accepted. Equals the lifetime of its link. */
export const INVITATION_LIFETIME_MS = 7 * DAY;

/**
 * Whether the invitation is hidden from admins. One that comes from a registration that an admin approved would reveal that the
 * address has a user. An accepted one is shown, because the user is a member then.
 */
export const isHidden = ({
  registrationId,
  acceptedAt,
}: {
  readonly registrationId: RegistrationId | null;
  readonly acceptedAt: Date | null;
}): boolean => registrationId !== null && acceptedAt === null;

/** How long an invitation that can no longer be accepted stays listed. */
export const INVITATION_RETENTION_MS = 90 * DAY;

/** The most pending invitations of one address in one response. */
export const MAX_PENDING_INVITATIONS = 100;

interface InvitationState {
  readonly invitedBy: UserId | null;
  readonly expiresAt: Date;
  readonly acceptedAt: Date | null;
  readonly declinedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly voidedAt: Date | null;
}

/** The state of an invitation. */
export const statusOf = (
  { invitedBy, expiresAt, acceptedAt, declinedAt, revokedAt, voidedAt }: InvitationState,
  now: Date,
): InvitationStatus => {
  if (acceptedAt) return "ACCEPTED";
  if (declinedAt) return "DECLINED";
  if (revokedAt) return "REVOKED";
  if (voidedAt || invitedBy === null) return "VOID";
  return expiresAt <= now ? "EXPIRED" : "PENDING";
};

interface Offer {
  readonly tenantId: TenantId;
  /** ADMIN among these is the built-in role. */
  readonly roles: readonly Role[];
  readonly roleIds: readonly string[];
}

/** Whether accepting the invitation grants this role. MEMBER is always granted. */
export const isGivenBy = (
  { tenantId, roles, roleIds }: Offer,
  role: Pick<RoleRow, "id" | "tenantId" | "builtIn">,
): boolean => {
  if (role.tenantId !== tenantId) return false;
  return (
    role.builtIn === "MEMBER" || (role.builtIn === "ADMIN" && roles.includes("ADMIN")) || roleIds.includes(role.id)
  );
};
