import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { Logger } from "#platform/logging";
import { createLruCache } from "#platform/lru-cache";
import { after, MINUTE, SECOND } from "#shared/durations";
import type { SessionId } from "#shared/ids";
import { type SessionUse, updateSessionsActivity } from "./session-activity.repository.ts";

const RESOLUTION_MS = MINUTE;
const FLUSH_INTERVAL_MS = 2 * SECOND;
/** Maximum number of pending records. Above it, all are written, whether or not they are due. */
const MAX_PENDING = 50_000;

/** The last recorded use of a session. */
interface Touched {
  readonly at: Date;
  readonly generation: number;
}

interface Pending extends SessionUse {
  /** The earliest time of the write. */
  readonly due: Date;
}

/**
 * Records when sessions are used, and that the token pair of a refresh has arrived: at most once a minute per session, many in
 * one statement, and never while a request waits.
 */
export class ActivityRecorder {
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #noted = createLruCache<SessionId, Touched>(100_000);
  #pending = new Map<SessionId, Pending>();
  readonly #timer: NodeJS.Timeout;

  constructor({ db, clock, log }: { db: Db; clock: Clock; log: Logger }) {
    this.#db = db;
    this.#clock = clock;
    this.#log = log;
    this.#timer = setInterval(() => void this.flush(), FLUSH_INTERVAL_MS);
    this.#timer.unref();
  }

  touch(
    session: { readonly id: SessionId; readonly lastActivityAt: Date; readonly usedGeneration: number },
    { at, generation }: SessionUse,
  ): void {
    const { id, lastActivityAt, usedGeneration } = session;
    const last = this.#noted.get(id) ?? { at: lastActivityAt, generation: usedGeneration };
    const next = after(last.at, RESOLUTION_MS);
    const waiting = this.#pending.get(id);
    // The first use of a pair is written at the next due time, so it is not lost if no other use follows.
    if (!waiting && next > at && (generation ?? 0) <= last.generation) return;
    const newest = Math.max(generation ?? 0, waiting?.generation ?? 0, last.generation);
    this.#pending.set(id, { at, generation: newest, due: waiting?.due ?? (next > at ? next : at) });
  }

  /** Writes the due records. */
  flush(): Promise<void> {
    return this.#write(this.#pending.size > MAX_PENDING ? null : this.#clock.now());
  }

  /** Stops the timer and writes all records. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#write(null);
  }

  async #write(dueAt: Date | null): Promise<void> {
    const due = new Map([...this.#pending].filter(([, note]) => dueAt === null || note.due <= dueAt));
    if (due.size === 0) return;
    for (const [id, { at, generation }] of due) {
      this.#pending.delete(id);
      this.#noted.set(id, { at, generation: generation ?? 0 });
    }
    try {
      for (const id of await updateSessionsActivity(this.#db, due)) this.#keep(id, due);
    } catch (error) {
      this.#log.warn({ err: error }, "failed to record the last activity of sessions");
      if (this.#pending.size + due.size <= MAX_PENDING) for (const id of due.keys()) this.#keep(id, due);
    }
  }

  /** Keeps a record for the next write, unless the session has been used again. */
  #keep(id: SessionId, notes: ReadonlyMap<SessionId, Pending>): void {
    const note = notes.get(id);
    if (note && !this.#pending.has(id)) this.#pending.set(id, note);
  }
}
