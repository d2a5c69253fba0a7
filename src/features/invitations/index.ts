export { invitationsFeature } from "./feature.ts";
export { InvitationAcceptance } from "./invitation-acceptance.ts";
export { InvitationEntry } from "./invitation-entry.ts";
export type { InvitationRow } from "./invitations.repository.ts";
export { InvitationsService, keepEarlierInvitation } from "./invitations.service.ts";
