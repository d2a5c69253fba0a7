import { and, desc, eq, gte, inArray, isNull, sql } from "drizzle-orm";
import { tenants } from "#features/tenants/index";
import { type User, users } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { prepared } from "#platform/database/prepared";
import { MAX_LIVE_SESSIONS } from "./sessions.policy.ts";
import { isActiveAt, type Session, sessionColumns } from "./sessions.repository.ts";
import { sessions } from "./sessions.table.ts";

const { placeholder } = sql;

/** The tenant's limit, capped at the maximum number of live sessions of a user. */
const limitOf = sql<number>`least(coalesce(${tenants.maxSessions}, ${sql.raw(`${MAX_LIVE_SESSIONS}`)}), ${sql.raw(`${MAX_LIVE_SESSIONS}`)})`;

const endBeyondLimit = prepared((db) => {
  const limit = db
    .select({ maxSessions: sql<number>`${limitOf}`.as("max_sessions") })
    .from(tenants)
    .where(eq(tenants.id, placeholder("tenantId")));
  // Of two sessions used within the same minute, the newer one is kept.
  const place = sql<number>`row_number() over (order by ${desc(sessions.lastActivityAt)}, ${desc(sessions.id)})`;
  const ranked = db
    .select({ id: sessions.id, place: place.as("place") })
    .from(sessions)
    .where(and(eq(sessions.userId, placeholder("userId")), isActiveAt(placeholder("now"))))
    .as("ranked");
  const excess = db.select({ id: ranked.id }).from(ranked).where(gte(ranked.place, limit));
  return db
    .update(sessions)
    .set({ endedAt: sql`${placeholder("now")}`, endReason: "SESSION_LIMIT" })
    .where(and(eq(sessions.userId, placeholder("userId")), isNull(sessions.endedAt), inArray(sessions.id, excess)))
    .returning(sessionColumns)
    .prepare("end_sessions_beyond_limit");
});

/**
 * Ends the user's least recently active live sessions, so that one more fits within the tenant's limit, and returns them. The lock
 * on the user's row prevents other logins from opening a session concurrently.
 */
export const updateSessionsBeyondLimit = (
  db: Db,
  { id, tenantId }: Pick<User, "id" | "tenantId">,
  now: Date,
): Promise<Session[]> => endBeyondLimit(db, { userId: id, tenantId, now: now.toISOString() });

/**
 * SQL for queries that join `users` and `tenants`: whether the user has as many sessions as the tenant allows. It is only an
 * estimate before a login: expired sessions count until they are swept, and others may be opened or end concurrently. Reads no
 * more sessions than the limit.
 */
export const sessionsFull = sql<boolean>`exists (
  select from ${sessions} where ${sessions.userId} = ${users.id} and ${sessions.endedAt} is null
  offset ${limitOf} - 1)`;
