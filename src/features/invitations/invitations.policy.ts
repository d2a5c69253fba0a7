import { DAY } from "#shared/durations";
import type { UserId } from "#shared/ids";

export type InvitationStatus = "PENDING" | "ACCEPTED" | "REVOKED" | "VOID" | "EXPIRED";

/** How long an invitation stays in the list once nothing can come of it, in milliseconds. */
export const INVITATION_KEPT = 90 * DAY;

/** Pending invitations of one address in one answer. */
export const MOST_PENDING = 100;

interface Standing {
  readonly invitedBy: UserId | null;
  readonly expiresAt: Date;
  readonly acceptedAt: Date | null;
  readonly revokedAt: Date | null;
  readonly voidedAt: Date | null;
}

/** The state of an invitation. */
export const statusOf = (
  { invitedBy, expiresAt, acceptedAt, revokedAt, voidedAt }: Standing,
  now: Date,
): InvitationStatus => {
  if (acceptedAt) return "ACCEPTED";
  if (revokedAt) return "REVOKED";
  if (voidedAt || invitedBy === null) return "VOID";
  return expiresAt <= now ? "EXPIRED" : "PENDING";
};
