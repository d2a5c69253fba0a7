import { RESET_PASSWORD_PAGE } from "./reset-password.ts";

/** The pages behind this feature's links. */
export const PAGES = [RESET_PASSWORD_PAGE];
