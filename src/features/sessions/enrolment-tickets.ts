import type { KeyRing } from "#platform/secrets";
import { signToken, type TokenPurpose, verifyToken } from "#platform/signed-token";
import { MINUTE } from "#shared/durations";
import type { SessionId } from "#shared/ids";

/** Lifetime of the enrolment ticket of a login. */
export const ENROLMENT_TICKET_LIFETIME_MS = 5 * MINUTE;

const USE: TokenPurpose = { purpose: "enrolment-ticket" };

/** The ticket of a login. It is derived from the session; whether it is still valid is stored in the session's row. */
export const ticketOf = (keys: Pick<KeyRing, "sign">, sessionId: SessionId): string => signToken(keys, USE, sessionId);

/** Returns the session of a genuine ticket; else null. */
export const sessionOfTicket = (keys: Pick<KeyRing, "verify">, ticket: string): SessionId | null =>
  verifyToken(keys, USE, ticket) as SessionId | null;
