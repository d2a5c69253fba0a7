import { setTimeout as delay } from "node:timers/promises";
import { sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import type { Logger } from "#platform/logging";

/** The channel for notifications that the outbox has new events. */
export const RELAY_CHANNEL = "portcullis_events";

/** The pause between two notifications of one process. Events in between are covered by the second one. */
const PAUSE_MS = 20;

/** Wakes the relaying process after events were committed, without delaying the caller. */
export class OutboxNotifier {
  #wanted = false;
  #waking = false;

  constructor(private readonly deps: { db: Db; log: Logger }) {}

  notify(): void {
    this.#wanted = true;
    if (!this.#waking) void this.#run();
  }

  async #run(): Promise<void> {
    this.#waking = true;
    while (this.#wanted) {
      this.#wanted = false;
      await this.deps.db.execute(sql.raw(`notify ${RELAY_CHANNEL}`)).catch((error: unknown) => {
        // The relay also polls.
        this.deps.log.debug({ err: error }, "failed to wake the event relay");
      });
      await delay(PAUSE_MS, undefined, { ref: false });
    }
    this.#waking = false;
  }
}
