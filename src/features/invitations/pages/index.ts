import { ACCEPT_INVITATION_PAGE } from "./accept-invitation.ts";

/** The pages behind this feature's links. */
export const PAGES = [ACCEPT_INVITATION_PAGE];
