import type { SecurityEventRow } from "#features/audit/index";
import { type MembershipId, parseId } from "#shared/ids";

export const MEMBERSHIP_CHANGE_KINDS = ["ADDED", "CHANGED", "REMOVED"] as const;
export type MembershipChangeKind = (typeof MEMBERSHIP_CHANGE_KINDS)[number];

type Event = Pick<SecurityEventRow, "type" | "details">;

/** The membership change that the event records; null if it records something else. */
export const membershipChangeIn = ({
  type,
  details,
}: Event): { readonly kind: MembershipChangeKind; readonly membershipId: MembershipId } | null => {
  const kind = kindOf(type);
  // The event of a role itself, for the tenant, does not contain a membership.
  const membershipId = typeof details.membershipId === "string" ? parseId<MembershipId>(details.membershipId) : null;
  return kind && membershipId && { kind, membershipId };
};

const kindOf = (type: SecurityEventRow["type"]): MembershipChangeKind | null => {
  switch (type) {
    case "MEMBERSHIP_ADDED":
      return "ADDED";
    case "MEMBERSHIP_CHANGED":
    case "ROLE_UPDATED":
    case "ROLE_DELETED":
      return "CHANGED";
    case "MEMBERSHIP_REMOVED":
      return "REMOVED";
    default:
      return null;
  }
};
