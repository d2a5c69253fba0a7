import type { SecurityLog } from "#features/audit/index";
import { observedDevice } from "#features/devices/index";
import type { User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { MailQueue } from "#platform/mail/index";
import type { Client } from "#shared/client";
import { toLocale } from "#shared/locales";
import { SESSION_EVICTED } from "./mails/session-evicted.ts";
import { updateSessionsBeyondLimit } from "./session-limit.repository.ts";
import { sessionEnded } from "./sessions.events.ts";
import type { Session } from "./sessions.repository.ts";
import type { SessionsService } from "./sessions.service.ts";

export interface SessionLimitDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly sessions: Pick<SessionsService, "changing">;
  readonly events: Pick<SecurityLog, "record">;
  readonly mails: Pick<MailQueue, "enqueue">;
}

/** Whoever is about to open a session. */
export interface Newcomer {
  readonly user: User;
  readonly client: Client;
  /** Whether the user seemed to have as many sessions as the tenant allows. */
  readonly sessionsFull: boolean;
}

/** Ends as many sessions as the new one needs, and answers them. */
export type MakeRoom = () => Promise<Session[]>;

/**
 * Keeps users within their tenant's `maxSessions`: a login takes the place of the session that was least recently active.
 *
 * Activity is noted to the minute, a moment after it: of sessions that were last used within about a minute of each other
 * either may go.
 */
export class SessionLimit {
  constructor(private readonly deps: SessionLimitDeps) {}

  /**
   * Runs the transaction that opens a session. `work` locks the user's row first, so that logins at once make room one after
   * the other, and then calls `makeRoom`.
   *
   * Sessions end only where all replicas were told to believe no cache (`changing`). Most logins end none and need not pay
   * for that: where room turns out to be needed all the same, the transaction is rolled back and runs again; so `work` must
   * leave nothing behind outside of it.
   */
  async opening<Result>(newcomer: Newcomer, work: (tx: Db, makeRoom: MakeRoom) => Promise<Result>): Promise<Result> {
    const { user, sessionsFull } = newcomer;
    if (!sessionsFull)
      try {
        return await this.#openingWithinLimit(user, work);
      } catch (error) {
        if (!(error instanceof SessionsFullError)) throw error;
      }
    return this.deps.sessions.changing(user.id, (tx) => work(tx, () => this.#makeRoom(tx, newcomer)));
  }

  #openingWithinLimit<Result>(user: User, work: (tx: Db, makeRoom: MakeRoom) => Promise<Result>): Promise<Result> {
    return this.deps.db.transaction(async (tx) => {
      let ended: Session[] = [];
      const result = await work(tx, async () => {
        ended = await this.#end(tx, user);
        return ended;
      });
      // Not while `work` goes on: what it sent after the rollback would stand by itself.
      if (ended.length > 0) throw new SessionsFullError();
      return result;
    });
  }

  #end(tx: Db, user: User): Promise<Session[]> {
    return updateSessionsBeyondLimit(tx, user, this.deps.clock.now());
  }

  async #makeRoom(tx: Db, { user, client }: Newcomer): Promise<Session[]> {
    const { events, mails } = this.deps;
    const ended = await this.#end(tx, user);
    const [first] = ended;
    if (!first) return ended;
    await Promise.all([
      events.record(tx, ...ended.map((session) => sessionEnded(session, "SESSION_LIMIT", { client }))),
      mails.enqueue(tx, SESSION_EVICTED, {
        to: user.email,
        locale: toLocale(user.locale),
        data: {
          name: user.name,
          at: first.endedAt ?? first.lastActivityAt,
          // More than one where the limit was lowered.
          device: [...new Set(ended.flatMap(({ device }) => observedDevice(device) ?? []))].join(", ") || null,
          newDevice: observedDevice(client.device),
          ipAddress: client.ipAddress,
        },
      }),
    ]);
    return ended;
  }
}

/** Rolls the transaction back; never leaves this file. */
class SessionsFullError extends Error {}
