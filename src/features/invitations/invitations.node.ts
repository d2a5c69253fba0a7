import type { NodeSource } from "#platform/schema/node";
import type { InvitationsService } from "./invitations.service.ts";

/** `node(id:)` for invitations. */
export const invitationNodes = (invitations: Pick<InvitationsService, "findVisible">): NodeSource => ({
  typename: "Invitation",
  find: (viewer, id) => invitations.findVisible(viewer, id),
});
