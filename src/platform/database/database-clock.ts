import { sql } from "drizzle-orm";
import type { Clock, LocalClock } from "../clock.ts";
import type { Logger } from "../logging.ts";
import type { Db } from "./database.ts";

/** Time between two measurements, which limits how long a failover to a server with another clock goes unnoticed. */
const MEASURE_INTERVAL_MS = 10_000;
/** A difference that operators should know about. */
const NOTABLE_DIFFERENCE_MS = 5_000;
/**
 * Smaller differences are ignored. Clocks of hosts that follow a time server differ by less, and nothing depends
 * on it.
 */
const TOLERANCE_MS = 100;

/** One reading of the database's clock, in milliseconds: the local time of the request and response, and the database's time. */
export interface ClockReading {
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly databaseTime: number;
}

/**
 * How far the local clock is behind the database's, in milliseconds, after another reading. A reading only gives a range for the
 * offset, as wide as the response took. An offset within TOLERANCE_MS of this range is kept, so that neither a slow response nor a
 * small difference moves the clock; any other is replaced by the middle of the range. A reading during which the local clock was
 * set back is ignored.
 */
export const offsetAfter = (offset: number, { askedAt, answeredAt, databaseTime }: ClockReading): number => {
  if (answeredAt < askedAt) return offset;
  const [least, most] = [databaseTime - answeredAt, databaseTime - askedAt];
  return offset >= least - TOLERANCE_MS && offset <= most + TOLERANCE_MS ? offset : (least + most) / 2;
};

export interface DatabaseClockDeps {
  readonly db: Db;
  readonly local: LocalClock;
  readonly log: Pick<Logger, "warn">;
}

/**
 * The database's clock as seen by each replica: read every few seconds, and continued by the local clock in between. All replicas
 * share this clock, so they agree on what has expired, even if the clocks of their hosts are wrong, and no request has to ask for
 * the time. While the database is unavailable, the clock continues from the last reading.
 */
export class DatabaseClock implements Clock {
  #offset = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(private readonly deps: DatabaseClockDeps) {}

  now(): Date {
    return new Date(this.deps.local.now().getTime() + this.#offset);
  }

  /** Reads the database's clock, now and every few seconds. */
  async start(): Promise<void> {
    await this.measure();
    this.#timer = setInterval(() => void this.measure(), MEASURE_INTERVAL_MS);
    this.#timer.unref();
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer);
  }

  /** Reads the database's clock once. Keeps the last reading if the database is unavailable. */
  async measure(): Promise<void> {
    const { db, local, log } = this.deps;
    const before = this.#offset;
    const askedAt = local.now().getTime();
    const said = await readDatabaseTime(db).catch(() => null);
    if (said === null) return;
    const reading = { askedAt, answeredAt: local.now().getTime(), databaseTime: said + local.shift };
    this.#offset = offsetAfter(before, reading);
    const changedBy = Math.round(this.#offset - before);
    if (Math.abs(changedBy) >= NOTABLE_DIFFERENCE_MS)
      log.warn(
        { differenceMs: changedBy },
        "the clock of this host differs from the database's; the database's is used",
      );
  }
}

const readDatabaseTime = async (db: Db): Promise<number | null> => {
  const [row] = await db.execute<{ ms: number }>(
    sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`,
  );
  return row?.ms ?? null;
};
