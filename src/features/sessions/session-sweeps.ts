import type { AuditLog } from "#features/audit/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { after, DAY } from "#shared/durations";
import {
  deleteSessionsEndedBefore,
  updateSessionsEndedSince,
  updateSessionsExpired,
} from "./session-sweeps.repository.ts";
import { sessionEnded } from "./sessions.events.ts";
import { ENDED_SESSIONS_VISIBLE_DAYS } from "./sessions.policy.ts";
import type { SessionLifetimes, SessionsService } from "./sessions.service.ts";

interface SessionSweepsDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly sessions: Pick<SessionsService, "withGlobalInvalidation">;
  readonly events: Pick<AuditLog, "record">;
  readonly lifetimes: SessionLifetimes;
}

const BATCH = 1_000;

/** Bulk operations on the sessions of all users. */
export class SessionSweeps {
  constructor(private readonly deps: SessionSweepsDeps) {}

  /**
   * Ends every live session of all users that was opened or used since this instant. For use after a restore, which undoes logouts.
   * @returns the number of ended sessions
   */
  async endAllSince(since: Date): Promise<number> {
    const { clock, events, sessions } = this.deps;
    let count = 0;
    for (;;) {
      const { ended, left } = await sessions.withGlobalInvalidation(async (tx) => {
        const batch = await updateSessionsEndedSince(tx, { since, endedAt: clock.now(), limit: BATCH });
        await events.record(tx, ...batch.ended.map((session) => sessionEnded(session, "ADMIN_REVOKED")));
        return batch;
      });
      count += ended.length;
      if (!left) return count;
    }
  }

  /** Marks expired sessions, and deletes those that ended too long ago to be listed. */
  async sweep(): Promise<void> {
    const { clock, db, lifetimes } = this.deps;
    const now = clock.now();
    const createdBefore = after(now, -Math.min(lifetimes.refreshTokenDays, lifetimes.maxDays) * DAY);
    while ((await updateSessionsExpired(db, { now, createdBefore, limit: BATCH })) === BATCH);
    const forgetBefore = after(now, -ENDED_SESSIONS_VISIBLE_DAYS * DAY);
    while ((await deleteSessionsEndedBefore(db, forgetBefore, BATCH)) === BATCH);
  }
}
