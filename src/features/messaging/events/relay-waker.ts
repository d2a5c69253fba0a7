import { setTimeout as delay } from "node:timers/promises";
import { sql } from "drizzle-orm";
import type { Db } from "../../../platform/database/database.ts";
import type { Logger } from "../../../platform/logging.ts";

/** Where it is said that something waits in the outbox. */
export const RELAY_CHANNEL = "portcullis_events";

/** Between two wake-ups of one process, in milliseconds: what happens meanwhile goes with the second one. */
const PAUSE = 20;

/** Wakes whichever process relays, whenever something was committed. Nobody waits for that. */
export class RelayWaker {
  readonly #db: Db;
  readonly #log: Logger;
  #wanted = false;
  #waking = false;

  constructor({ db, log }: { db: Db; log: Logger }) {
    this.#db = db;
    this.#log = log;
  }

  wake(): void {
    this.#wanted = true;
    if (!this.#waking) void this.#run();
  }

  async #run(): Promise<void> {
    this.#waking = true;
    while (this.#wanted) {
      this.#wanted = false;
      await this.#db.execute(sql.raw(`notify ${RELAY_CHANNEL}`)).catch((error: unknown) => {
        // The relay looks by itself now and then.
        this.#log.debug({ err: error }, "the relay of events could not be woken");
      });
      await delay(PAUSE, undefined, { ref: false });
    }
    this.#waking = false;
  }
}
