import { CHANGES_SUSPENDED } from "./changes-suspended.ts";

/** The mails of this feature. */
export const MAILS = [CHANGES_SUSPENDED] as const;
