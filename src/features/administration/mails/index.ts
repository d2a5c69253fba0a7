import { OPERATOR_INVITATION } from "./operator-invitation.ts";

/** The mails of this feature. */
export const MAILS = [OPERATOR_INVITATION] as const;
