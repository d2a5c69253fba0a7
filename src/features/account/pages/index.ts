import { ACTIVATE_PAGE } from "./activate.ts";
import { CONFIRM_EMAIL_CHANGE_PAGE } from "./confirm-email-change.ts";
import { UNDO_EMAIL_CHANGE_PAGE } from "./undo-email-change.ts";
import { VERIFY_EMAIL_PAGE } from "./verify-email.ts";

/** The pages behind this feature's links. */
export const PAGES = [VERIFY_EMAIL_PAGE, ACTIVATE_PAGE, CONFIRM_EMAIL_CHANGE_PAGE, UNDO_EMAIL_CHANGE_PAGE];
