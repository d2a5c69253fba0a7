import { USER_INVITATION } from "./user-invitation.ts";

/** The mails of this feature. */
export const MAILS = [USER_INVITATION] as const;
