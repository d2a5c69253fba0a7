import { sql } from "drizzle-orm";
import type { Clock, LocalClock } from "../clock.ts";
import type { Logger } from "../logging.ts";
import type { Db } from "./database.ts";

/** Milliseconds between two measurements: what a failover to a server with another clock takes to be noticed. */
const MEASURE_EVERY = 10_000;
/** A difference that an operator should know of, in milliseconds. */
const NOTABLE_DIFFERENCE = 5_000;
/** What is left as it is, in milliseconds: the clocks of hosts that follow a time server differ by less, and nothing depends on it. */
const TOLERANCE = 100;

/** One reading of the database's clock, in milliseconds: when it was asked and answered by the local clock, and what it said. */
export interface ClockReading {
  readonly askedAt: number;
  readonly answeredAt: number;
  readonly databaseTime: number;
}

/**
 * How far the local clock is behind the database's, in milliseconds, after one more reading. A reading says that it lies between
 * two values, as far apart as the answer took. An offset that is not further than TOLERANCE from them is kept, so that neither a
 * slow answer nor a small difference moves the clock; any other is replaced by the middle. A reading during which the local clock
 * was set back says nothing.
 */
export const offsetAfter = (offset: number, { askedAt, answeredAt, databaseTime }: ClockReading): number => {
  if (answeredAt < askedAt) return offset;
  const [least, most] = [databaseTime - answeredAt, databaseTime - askedAt];
  return offset >= least - TOLERANCE && offset <= most + TOLERANCE ? offset : (least + most) / 2;
};

export interface DatabaseClockDeps {
  readonly db: Db;
  readonly local: LocalClock;
  readonly log: Pick<Logger, "warn">;
}

/**
 * The database's clock, as each replica keeps it: read every few seconds and continued by the local clock in between. All
 * replicas use the one clock that they share, so they agree on what has expired, however wrong the clocks of their hosts are;
 * and no request asks for the time. While the database is unavailable the clock goes on from the last reading.
 */
export class DatabaseClock implements Clock {
  #offset = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(private readonly deps: DatabaseClockDeps) {}

  now(): Date {
    return new Date(this.deps.local.now().getTime() + this.#offset);
  }

  /** Reads the database's clock, and from then on every few seconds. */
  async start(): Promise<void> {
    await this.measure();
    this.#timer = setInterval(() => void this.measure(), MEASURE_EVERY);
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
    if (Math.abs(changedBy) >= NOTABLE_DIFFERENCE)
      log.warn(
        { differenceMs: changedBy },
        "the clock of this host differs from the database's: the database's is used",
      );
  }
}

const readDatabaseTime = async (db: Db): Promise<number | null> => {
  const [row] = await db.execute<{ ms: number }>(
    sql`select (extract(epoch from clock_timestamp()) * 1000)::float8 as ms`,
  );
  return row?.ms ?? null;
};
