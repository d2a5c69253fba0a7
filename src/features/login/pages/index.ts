import { CANCEL_FACTOR_RESET_PAGE } from "./cancel-factor-reset.ts";
import { CONFIRM_LOGIN_PAGE } from "./confirm-login.ts";
import { DENY_LOGIN_PAGE } from "./deny-login.ts";

/** The pages behind this feature's links. */
export const PAGES = [CONFIRM_LOGIN_PAGE, DENY_LOGIN_PAGE, CANCEL_FACTOR_RESET_PAGE];
