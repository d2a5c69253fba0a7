import { PASSWORD_CHANGED } from "./password-changed.ts";
import { PASSWORD_RESET } from "./password-reset.ts";

/** The mails of this feature. */
export const MAILS = [PASSWORD_RESET, PASSWORD_CHANGED] as const;
