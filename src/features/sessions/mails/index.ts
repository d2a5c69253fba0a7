import { SESSION_CLAIMED } from "./session-claimed.ts";
import { SESSION_COMPROMISED } from "./session-compromised.ts";
import { SESSION_EVICTED } from "./session-evicted.ts";
import { STEP_UP_FAILED } from "./step-up-failed.ts";

/** The mails of this feature. */
export const MAILS = [SESSION_COMPROMISED, STEP_UP_FAILED, SESSION_CLAIMED, SESSION_EVICTED] as const;
