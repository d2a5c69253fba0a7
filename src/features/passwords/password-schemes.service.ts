import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { JobQueue } from "#platform/jobs/jobs";
import type { Logger } from "#platform/logging";
import { type HashScheme, type PasswordHasher, parseSchemeName, schemeName } from "#platform/password-hashing/index";
import { after, DAY, MINUTE } from "#shared/durations";
import {
  deleteSchemesSeenBefore,
  listHashOfEachScheme,
  listSchemeNames,
  upsertSchemes,
} from "./password-schemes.repository.ts";

/** The job that scans all stored hashes. */
export const SURVEY_PASSWORD_SCHEMES = "survey-password-schemes";

/** How often each replica reads the schemes in use. */
const REREAD_AFTER_MS = 5 * MINUTE;

/** A hash in a pending link or registration is not in the table yet, so a scheme is kept until those have expired. */
const UNSEEN_RETENTION_MS = 30 * DAY;

interface PasswordSchemesDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly hasher: Pick<PasswordHasher, "schemeOf" | "setSchemesInUse">;
  readonly jobs: JobQueue;
  readonly log: Pick<Logger, "warn">;
}

/**
 * The schemes of the stored password hashes. An import records them, and a daily job scans all hashes (logins replace hashes of
 * other systems). Each replica reads the list periodically and measures new schemes.
 */
export class PasswordSchemes {
  #rereadAt = new Date(0);

  constructor(private readonly deps: PasswordSchemesDeps) {}

  /** Reads the list when jobs start to run. If the hashes have not been scanned yet, a job does it. */
  async start(): Promise<void> {
    const { db, jobs } = this.deps;
    const known = await this.#read().catch((error: unknown) => this.#warn(error));
    if (known === 0) await jobs.add(db, SURVEY_PASSWORD_SCHEMES, {});
  }

  /** Reads the list again if it is old. No login waits for that or fails because of it. */
  refresh(): void {
    if (this.deps.clock.now() < this.#rereadAt) return;
    this.#read().catch((error: unknown) => this.#warn(error));
  }

  #warn(error: unknown): void {
    this.deps.log.warn({ err: error }, "failed to read the password hash schemes");
  }

  /** Records that hashes of these schemes are about to be stored, in the transaction that stores them. */
  async note(tx: Db, schemes: readonly HashScheme[]): Promise<void> {
    await upsertSchemes(tx, [...new Set(schemes.map(schemeName))], this.deps.clock.now());
  }

  /** Scans all stored hashes. */
  async survey(): Promise<void> {
    const { clock, db, hasher } = this.deps;
    const now = clock.now();
    const schemes = (await listHashOfEachScheme(db)).flatMap((hash) => hasher.schemeOf(hash) ?? []);
    await this.note(db, schemes);
    await deleteSchemesSeenBefore(db, after(now, -UNSEEN_RETENTION_MS));
    await this.#read();
  }

  /** @returns the number of schemes in the list */
  async #read(): Promise<number> {
    const { clock, db, hasher } = this.deps;
    this.#rereadAt = after(clock.now(), REREAD_AFTER_MS);
    const names = await listSchemeNames(db);
    await hasher.setSchemesInUse(names.flatMap((name) => parseSchemeName(name) ?? []));
    return names.length;
  }
}
