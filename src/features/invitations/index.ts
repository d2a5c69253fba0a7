export { InvitationAcceptance } from "./invitation-acceptance.ts";
export { InvitationEntry } from "./invitation-entry.ts";
export { invitationNodes } from "./invitations.node.ts";
export type { InvitationRow } from "./invitations.repository.ts";
export { InvitationsResolver } from "./invitations.resolver.ts";
export { InvitationsService, keepEarlierInvitation } from "./invitations.service.ts";
export { LINK_PURPOSES } from "./link-purposes.ts";
export { MAILS } from "./mails/index.ts";
export { PAGES } from "./pages/index.ts";
