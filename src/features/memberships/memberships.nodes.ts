import type { NodeSource } from "#platform/schema/node";
import type { MembershipsService } from "./memberships.service.ts";

/** `node(id:)` for memberships. */
export const membershipNodes = (memberships: Pick<MembershipsService, "findVisible">): NodeSource => ({
  typename: "Membership",
  find: (viewer, id) => memberships.findVisible(viewer, id),
});

/** `node(id:)` for roles. */
export const roleNodes = (memberships: Pick<MembershipsService, "findVisibleRole">): NodeSource => ({
  typename: "Role",
  find: (viewer, id) => memberships.findVisibleRole(viewer, id),
});
