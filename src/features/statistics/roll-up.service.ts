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

/** How late a row may be committed after its instant. Every statement of a request ends in seconds. */
const LATEST = HOUR;
/** How much of the past one step counts. */
const STEP = DAY;
/** How many steps one run takes at most: the next run goes on. */
const MOST_STEPS = 100;
/** How long it is kept who was active in a bucket that has ended. */
const ACTIVE_USERS_KEPT = 2 * DAY;

interface RollUpDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly statisticsDays: number;
}

/**
 * Counts login attempts and security events into buckets. Each step counts whole hours again and replaces what was there, in one
 * transaction with its progress: it can be repeated, and a crash leaves the state before the step. Of several replicas one works.
 */
export class StatisticsRollUp {
  constructor(private readonly deps: RollUpDeps) {}

  /** Counts what happened since the last run. After a long time, or the first time, several runs catch up. */
  async run(): Promise<void> {
    for (let steps = 0; steps < MOST_STEPS; steps++) if (await this.#step()) return;
  }

  /** Deletes statistics that are older than the setting. */
  async sweep(): Promise<void> {
    const { clock, db, statisticsDays } = this.deps;
    while ((await deleteStatisticsBefore(db, after(clock.now(), -statisticsDays * DAY))) > 0);
  }

  /** Whether it reached the present. */
  #step(): Promise<boolean> {
    const { clock, db } = this.deps;
    return db.transaction(async (tx) => {
      await lockRollUp(tx);
      const now = clock.now();
      const step = nextStep((await findRolledUpTo(tx)) ?? (await findOldestOccurrence(tx)) ?? now, now);
      await rollUpHours(tx, step);
      await rollUpLonger(tx, step);
      await rollUpActiveUsers(tx, step);
      await deleteActiveUsersBefore(tx, after(step.to, -ACTIVE_USERS_KEPT));
      await updateRolledUpTo(tx, step.to);
      return step.to >= now;
    });
  }
}

/** Begins before what is counted already, so that late rows are; and before now if the clock was set back. */
const nextStep = (rolledUpTo: Date, now: Date): Step => {
  const from = bucketStart("HOUR", after(rolledUpTo < now ? rolledUpTo : now, -LATEST));
  const to = after(from, LATEST + STEP);
  return { from, to: to < now ? to : now };
};
