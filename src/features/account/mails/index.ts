import { ACCOUNT_DELETED } from "./account-deleted.ts";
import { CHANGE_EMAIL_NOTICE } from "./change-email-notice.ts";
import { CHANGE_EMAIL_VERIFY } from "./change-email-verify.ts";
import { EMAIL_CHANGE_UNDONE } from "./email-change-undone.ts";
import { EMAIL_CHANGED } from "./email-changed.ts";

/** The mails of this feature. */
export const MAILS = [
  ACCOUNT_DELETED,
  CHANGE_EMAIL_VERIFY,
  CHANGE_EMAIL_NOTICE,
  EMAIL_CHANGED,
  EMAIL_CHANGE_UNDONE,
] as const;
