export { invitationsFeature } from "./feature.ts";
export { InvitationActivation } from "./invitation-activation.ts";
export type { InvitationRow } from "./invitations.repository.ts";
export { InvitationsService } from "./invitations.service.ts";
