import { MEMBERSHIP_INVITATION } from "./membership-invitation.ts";
import { USER_INVITATION } from "./user-invitation.ts";

/** The mails of this feature. */
export const MAILS = [USER_INVITATION, MEMBERSHIP_INVITATION] as const;
