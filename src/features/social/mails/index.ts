import { ADDRESS_CODE } from "./address-code.ts";
import { SOCIAL_ACCOUNT_CHANGED } from "./social-account-changed.ts";

/** The mails of this feature. */
export const MAILS = [SOCIAL_ACCOUNT_CHANGED, ADDRESS_CODE] as const;
