import type { NodeSource } from "#platform/schema/node";
import type { ApprovalsService } from "./approvals.service.ts";

/** `node(id:)` for registrations. */
export const approvalNodes = (approvals: Pick<ApprovalsService, "findVisible">): NodeSource => ({
  typename: "Registration",
  find: (viewer, id) => approvals.findVisible(viewer, id),
});
