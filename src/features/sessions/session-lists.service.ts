import type { Clock } from "#platform/clock";
import { listChildPages } from "#platform/database/child-pages";
import type { Db } from "#platform/database/database";
import { normalizeIpAddress, validateIpAddress } from "#platform/ip-address";
import { after, DAY } from "#shared/durations";
import { badInput } from "#shared/errors";
import type { UserId } from "#shared/ids";
import { ALWAYS, type PagesOf, type Period, toSlice } from "#shared/paging";
import type { Viewer } from "#shared/viewer";
import { endedSessionsOfUsers, listLiveSessions, liveSessionsOfUsers } from "./session-lists.repository.ts";
import { ENDED_SESSIONS_VISIBLE_DAYS, type SessionEndReason, withEffectiveStatus } from "./sessions.policy.ts";
import type { Session } from "./sessions.repository.ts";

export type { Session };

/** Filter for ended sessions. */
export interface HistoryCriteria {
  readonly endReason?: SessionEndReason | null | undefined;
  readonly ipAddress?: string | null | undefined;
  readonly createdAt?: Period | null | undefined;
  readonly endedAt?: Period | null | undefined;
}

/** Lists the live and the ended sessions of users. */
export class SessionLists {
  constructor(private readonly deps: { readonly db: Db; readonly clock: Clock }) {}

  /** Returns the viewer's live sessions, most recently active first. */
  listLive(viewer: Viewer): Promise<Session[]> {
    return listLiveSessions(this.deps.db, viewer.userId, this.deps.clock.now());
  }

  /** Pages of the live sessions of users, newest first. @throws {AppError} BAD_USER_INPUT */
  readonly livePagesOfUsers: PagesOf<object, UserId, Session> =
    ({ page }) =>
    async (userIds) =>
      listChildPages(this.deps.db, userIds, liveSessionsOfUsers(this.deps.db, this.deps.clock.now()), toSlice(page));

  /** Pages of the sessions of users that ended in the last 30 days, newest first. @throws {AppError} BAD_USER_INPUT */
  readonly endedPagesOfUsers: PagesOf<HistoryCriteria, UserId, Session> =
    ({ filter: { endReason, ipAddress, createdAt, endedAt }, page }) =>
    async (userIds) => {
      const faults = ipAddress == null ? [] : validateIpAddress(ipAddress, "filter.ipAddress");
      if (faults.length > 0) throw badInput(...faults);
      const { clock, db } = this.deps;
      const now = clock.now();
      const ended = endedSessionsOfUsers(db, {
        endReason: endReason ?? null,
        ipAddress: ipAddress == null ? null : normalizeIpAddress(ipAddress),
        createdAt: createdAt ?? ALWAYS,
        endedAt: endedAt ?? ALWAYS,
        now,
        since: after(now, -ENDED_SESSIONS_VISIBLE_DAYS * DAY),
      });
      const pages = await listChildPages<UserId, Session>(db, userIds, ended, toSlice(page));
      return pages.map(({ rows, ...rest }) => ({
        ...rest,
        rows: rows.map((session) => withEffectiveStatus(session, now)),
      }));
    };
}
