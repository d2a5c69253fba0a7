import type { InvitationPageFragment } from "./invitations.documents.ts";

export type ListedInvitation = InvitationPageFragment["nodes"][number];
