import type { AuditLog } from "#features/audit/index";
import { observedDevice } from "#features/devices/index";
import type { User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { MailQueue } from "#platform/mail/index";
import type { ClientInfo } from "#shared/client-info";
import { toLocale } from "#shared/locales";
import { SESSION_EVICTED } from "./mails/session-evicted.ts";
import { updateSessionsBeyondLimit } from "./session-limit.repository.ts";
import { sessionEnded } from "./sessions.events.ts";
import type { Session } from "./sessions.repository.ts";
import type { SessionsService } from "./sessions.service.ts";

export interface SessionLimitDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation">;
  readonly events: Pick<AuditLog, "record">;
  readonly mails: Pick<MailQueue, "enqueue">;
}

/** A login that is about to open a session. */
export interface OpeningLogin {
  readonly user: User;
  readonly client: ClientInfo;
  /** Whether the user appeared to have as many sessions as the tenant allows. */
  readonly sessionsFull: boolean;
}

/** Ends as many sessions as the new one requires. @returns the ended sessions */
export type EvictSessions = () => Promise<Session[]>;

/**
 * Keeps users within their tenant's `maxSessions`: a login replaces the least recently active session.
 *
 * Activity is recorded to the minute, with a delay: of sessions last used within about a minute of each other, either may be
 * ended.
 */
export class SessionLimit {
  constructor(private readonly deps: SessionLimitDeps) {}

  /**
   * Runs the transaction that opens a session. It locks the user's row before it evicts, so that concurrent logins evict one after
   * the other.
   *
   * Sessions end only in a transaction of `SessionsService.withSessionInvalidation`, which first invalidates the caches of all
   * replicas. Most logins end no session and skip that cost. If one must be ended after all, the transaction is rolled back and runs
   * again, so `work` must not have side effects outside the transaction.
   */
  async withSessionSlot<Result>(
    login: OpeningLogin,
    work: (tx: Db, evict: EvictSessions) => Promise<Result>,
  ): Promise<Result> {
    const { db, sessions } = this.deps;
    if (!login.sessionsFull)
      try {
        return await db.transaction((tx) => work(tx, () => this.#requireSlot(tx, login)));
      } catch (error) {
        if (!(error instanceof SessionsFullError)) throw error;
      }
    return sessions.withSessionInvalidation(login.user.id, (tx) => work(tx, () => this.#evict(tx, login)));
  }

  async #requireSlot(tx: Db, { user }: OpeningLogin): Promise<Session[]> {
    const ended = await updateSessionsBeyondLimit(tx, user, this.deps.clock.now());
    if (ended.length > 0) throw new SessionsFullError();
    return ended;
  }

  async #evict(tx: Db, { user, client }: OpeningLogin): Promise<Session[]> {
    const { clock, events, mails } = this.deps;
    const ended = await updateSessionsBeyondLimit(tx, user, clock.now());
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
          // More than one if the limit was lowered.
          device: [...new Set(ended.flatMap(({ device }) => observedDevice(device) ?? []))].join(", ") || null,
          newDevice: observedDevice(client.device),
          ipAddress: client.ipAddress,
        },
      }),
    ]);
    return ended;
  }
}

/** Rolls the transaction back; never thrown outside this file. */
class SessionsFullError extends Error {}
