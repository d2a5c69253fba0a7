import { DAY, MINUTE } from "../../shared/durations.ts";
import type { TokenTransport } from "../sessions/index.ts";

export type ChallengeReason = "SECOND_FACTOR_ENABLED" | "HIGH_RISK" | "TENANT_POLICY";

/** How long an unfinished login can be finished, in milliseconds. */
export const CHALLENGE_LIFETIME = 10 * MINUTE;

/** How long one stays after it expired, in milliseconds: a clock that is set back must not make it new. */
export const CHALLENGE_KEPT_AFTER_EXPIRY = DAY;

/** How the client that began the login wants what it will end in. */
export interface Delivery {
  readonly transport: TokenTransport;
  readonly deviceInCookie: boolean;
}
