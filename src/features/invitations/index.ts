export { InvitationAcceptance } from "./invitation-acceptance.ts";
export { enterAsInvited } from "./invitation-entry.ts";
export { InvitationsResolver } from "./invitations.resolver.ts";
export { InvitationsService } from "./invitations.service.ts";
