export { invitationsFeature } from "./feature.ts";
export { InvitationEntry } from "./invitation-entry.ts";
export type { InvitationRow } from "./invitations.repository.ts";
export { InvitationsService } from "./invitations.service.ts";
