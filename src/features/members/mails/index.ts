import { MEMBERSHIP_REMOVED } from "./membership-removed.ts";

/** The mails of this feature. */
export const MAILS = [MEMBERSHIP_REMOVED] as const;
