import { sql } from "drizzle-orm";
import { SECOND } from "#shared/durations";
import type { Logger } from "../logging.ts";
import type { Db } from "./database.ts";
import { isWriteRefused } from "./errors.ts";

/** How long a result is reused: several clients poll /readyz every few seconds. */
const ANSWER_LIFETIME_MS = 10 * SECOND;

/**
 * Checks whether Postgres can write. If its disk is full or it has become read-only, reads still succeed, but logins, refreshes
 * and logouts do not.
 */
export class WriteProbe {
  #answer: Promise<boolean> | null = null;
  #askedAt = 0;
  #succeeded = true;

  constructor(private readonly deps: { readonly db: Db; readonly log: Pick<Logger, "error" | "info"> }) {}

  /** @returns false if the last write failed because the database cannot write */
  succeed(): Promise<boolean> {
    const now = performance.now();
    if (this.#answer === null || now - this.#askedAt > ANSWER_LIFETIME_MS) {
      this.#askedAt = now;
      this.#answer = this.#write();
    }
    return this.#answer;
  }

  async #write(): Promise<boolean> {
    const failure = await writeNewPage(this.deps.db).then(
      () => null,
      // Another replica's probe or a backup may hold the table, which says nothing about the disk.
      (error: unknown) => (isWriteRefused(error) ? error : null),
    );
    const succeeded = failure === null;
    if (succeeded !== this.#succeeded) {
      if (succeeded) this.deps.log.info("the database can write again");
      else this.deps.log.error({ err: failure }, "the database cannot write; this replica accepts no requests");
    }
    this.#succeeded = succeeded;
    return succeeded;
  }
}

/** Writes to a new file: on a full disk, changing rows in existing pages still succeeds. */
const writeNewPage = (db: Db): Promise<unknown> =>
  db.transaction(async (tx) => {
    await tx.execute(sql`set local lock_timeout = '1s'`);
    await tx.execute(sql`truncate write_probes`);
    await tx.execute(sql`insert into write_probes (id) values (1)`);
  });
