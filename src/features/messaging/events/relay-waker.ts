import { setTimeout as delay } from "node:timers/promises";
import { sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import type { Logger } from "#platform/logging";

/** Where it is said that something waits in the outbox. */
export const RELAY_CHANNEL = "portcullis_events";

/** Between two wake-ups of one process, in milliseconds: what happens meanwhile goes with the second one. */
const PAUSE = 20;

/** Wakes whichever process relays, whenever something was committed. Nobody waits for that. */
export class RelayWaker {
  #wanted = false;
  #waking = false;

  constructor(private readonly deps: { db: Db; log: Logger }) {}

  wake(): void {
    this.#wanted = true;
    if (!this.#waking) void this.#run();
  }

  async #run(): Promise<void> {
    this.#waking = true;
    while (this.#wanted) {
      this.#wanted = false;
      await this.deps.db.execute(sql.raw(`notify ${RELAY_CHANNEL}`)).catch((error: unknown) => {
        // The relay looks by itself now and then.
        this.deps.log.debug({ err: error }, "the relay of events could not be woken");
      });
      await delay(PAUSE, undefined, { ref: false });
    }
    this.#waking = false;
  }
}
