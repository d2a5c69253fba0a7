import type { SecurityEventId } from "#shared/ids";
import type { Viewer } from "#shared/viewer";
import type { SecurityEventRow } from "./security-events.repository.ts";

/** Whether the event is the end of this session. */
export const endsOwnSession = (
  { type, details }: Pick<SecurityEventRow, "type" | "details">,
  { sessionId }: Pick<Viewer, "sessionId">,
): boolean => type === "SESSION_ENDED" && details.sessionId === sessionId;

/** How many delivered events are remembered: more than a reader's queue can hold. */
const MAX_SEEN = 2_000;

/** Remembers the delivered events, so that an event received twice is delivered once. */
export class SeenEvents {
  readonly #ids = new Set<SecurityEventId>();

  /** @returns whether the event is new */
  add(id: SecurityEventId): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    const [oldest] = this.#ids;
    if (this.#ids.size > MAX_SEEN && oldest) this.#ids.delete(oldest);
    return true;
  }
}
