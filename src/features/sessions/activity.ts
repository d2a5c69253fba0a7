import { LRUCache } from "lru-cache";
import type { Db } from "../../platform/database/database.ts";
import type { Logger } from "../../platform/logging.ts";
import { after, MINUTE, SECOND } from "../../shared/durations.ts";
import type { SessionId } from "../../shared/ids.ts";
import { updateSessionsActivity } from "./sessions.repository.ts";

const RESOLUTION = MINUTE;
const FLUSH_EVERY = 2 * SECOND;

/** Notes when sessions are used: at most once a minute for each, many in one statement, never while a request waits. */
export class ActivityRecorder {
  readonly #db: Db;
  readonly #log: Logger;
  readonly #noted = new LRUCache<SessionId, Date>({ max: 100_000 });
  #pending = new Map<SessionId, Date>();
  readonly #timer: NodeJS.Timeout;

  constructor({ db, log }: { db: Db; log: Logger }) {
    this.#db = db;
    this.#log = log;
    this.#timer = setInterval(() => void this.flush(), FLUSH_EVERY);
    this.#timer.unref();
  }

  note(session: { readonly id: SessionId; readonly lastActivityAt: Date }, now: Date): void {
    const last = this.#noted.get(session.id) ?? session.lastActivityAt;
    if (after(last, RESOLUTION) > now) return;
    this.#noted.set(session.id, now);
    this.#pending.set(session.id, now);
  }

  async flush(): Promise<void> {
    const pending = this.#pending;
    if (pending.size === 0) return;
    this.#pending = new Map();
    await updateSessionsActivity(this.#db, pending).catch((error: unknown) => {
      this.#log.warn({ err: error }, "could not note the last activity of sessions");
    });
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.flush();
  }
}
