import type { SecurityEventId, SessionId } from "#shared/ids";
import type { Viewer } from "#shared/viewer";
import type { SecurityEventRow } from "./security-events.repository.ts";

/** Whether the event is that this very session ended. */
export const endsOwnSession = (
  { type, details }: Pick<SecurityEventRow, "type" | "details">,
  { sessionId }: Pick<Viewer, "sessionId">,
): boolean => type === "SESSION_ENDED" && details.sessionId === sessionId;

/**
 * What of it is told to whoever had the session: that it ended, and why. Not by whom or from where, and it leads to no user:
 * it may have been a thief's, whom its owner has just shut out.
 */
export const farewellOf = ({ id, occurredAt, tenantId, type, details }: SecurityEventRow): SecurityEventRow => ({
  id,
  occurredAt,
  tenantId,
  type,
  userId: null,
  ipAddress: null,
  device: null,
  location: null,
  details: { sessionId: details.sessionId as SessionId, reason: details.reason },
});

/** How many of the last events are remembered as told: more than may wait for a reader. */
const REMEMBERED = 2_000;

/** Remembers what was told, so that an event that is heard of twice is told once. */
export class Told {
  readonly #ids = new Set<SecurityEventId>();

  /** Whether this is the first time. */
  add(id: SecurityEventId): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > REMEMBERED && oldest) this.#ids.delete(oldest);
    return true;
  }
}
