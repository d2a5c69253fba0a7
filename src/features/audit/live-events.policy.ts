import type { SecurityEventId } from "#shared/ids";
import type { Viewer } from "#shared/viewer";
import type { SecurityEventRow } from "./security-events.repository.ts";

/** Whether the event is that this very session ended. */
export const endsOwnSession = (
  { type, details }: Pick<SecurityEventRow, "type" | "details">,
  { sessionId }: Pick<Viewer, "sessionId">,
): boolean => type === "SESSION_ENDED" && details.sessionId === sessionId;

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
