import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { after, DAY, HOUR } from "#shared/durations";
import {
  deleteActiveUsersBefore,
  deleteStatisticsBefore,
  findOldestOccurrence,
  lockRollUp,
  rollUpActiveUsers,
  rollUpHours,
  rollUpLonger,
  type Step,
} from "./roll-up.repository.ts";
import { bucketStart } from "./statistics.policy.ts";
import { findRolledUpTo, updateRolledUpTo } from "./statistics.repository.ts";

/** Maximum delay between a row's instant and its commit. Every statement of a request ends within seconds. */
const SETTLING_TIME_MS = HOUR;
/** The period counted by one step. */
const STEP_MS = DAY;
/** Maximum number of steps per run; the next run continues. */
const MAX_STEPS = 100;
/** How long the active users of an ended bucket are kept. */
const ACTIVE_USERS_RETENTION_MS = 2 * DAY;

interface RollUpDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly statisticsDays: number;
}

/**
 * Counts login attempts and security events into buckets. Each step counts whole hours again and replaces the existing counts, in one
 * transaction with its progress. It can be repeated, and a crash leaves the state before the step. Only one replica runs at a time.
 */
export class StatisticsRollUp {
  constructor(private readonly deps: RollUpDeps) {}

  /** Counts everything since the last run. After a long pause, or the first time, several runs catch up. */
  async run(): Promise<void> {
    for (let steps = 0; steps < MAX_STEPS; steps++) if (await this.#step()) return;
  }

  /** Deletes statistics older than the setting. */
  async sweep(): Promise<void> {
    const { clock, db, statisticsDays } = this.deps;
    while ((await deleteStatisticsBefore(db, after(clock.now(), -statisticsDays * DAY))) > 0);
  }

  /** @returns whether the step reached the present */
  #step(): Promise<boolean> {
    const { clock, db } = this.deps;
    return db.transaction(async (tx) => {
      await lockRollUp(tx);
      const now = clock.now();
      const step = nextStep((await findRolledUpTo(tx)) ?? (await findOldestOccurrence(tx)) ?? now, now);
      await rollUpHours(tx, step);
      await rollUpLonger(tx, step);
      await rollUpActiveUsers(tx, step);
      await deleteActiveUsersBefore(tx, after(step.to, -ACTIVE_USERS_RETENTION_MS));
      await updateRolledUpTo(tx, step.to);
      return step.to >= now;
    });
  }
}

/** Starts before the last counted instant, to include late rows, and before now if the clock was set back. */
const nextStep = (rolledUpTo: Date, now: Date): Step => {
  const from = bucketStart("HOUR", after(rolledUpTo < now ? rolledUpTo : now, -SETTLING_TIME_MS));
  const to = after(from, SETTLING_TIME_MS + STEP_MS);
  return { from, to: to < now ? to : now };
};
