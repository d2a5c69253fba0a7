import { and, desc, eq, gte, inArray, isNull, sql } from "drizzle-orm";
import { tenants } from "#features/tenants/index";
import { type User, users } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { statement } from "#platform/database/statement";
import { MOST_LIVE_SESSIONS } from "./sessions.policy.ts";
import { liveAt, type Session, sessionColumns } from "./sessions.repository.ts";
import { sessions } from "./sessions.table.ts";

const { placeholder } = sql;

/** The tenant's limit; a user has no more than this many live sessions in any case. */
const limitOf = sql<number>`least(coalesce(${tenants.maxSessions}, ${sql.raw(`${MOST_LIVE_SESSIONS}`)}), ${sql.raw(`${MOST_LIVE_SESSIONS}`)})`;

const endBeyondLimit = statement((db) => {
  const limit = db
    .select({ maxSessions: sql<number>`${limitOf}`.as("max_sessions") })
    .from(tenants)
    .where(eq(tenants.id, placeholder("tenantId")));
  // Of two that were used within the same minute the one opened later is kept.
  const place = sql<number>`row_number() over (order by ${desc(sessions.lastActivityAt)}, ${desc(sessions.id)})`;
  const ranked = db
    .select({ id: sessions.id, place: place.as("place") })
    .from(sessions)
    .where(and(eq(sessions.userId, placeholder("userId")), liveAt(placeholder("now"))))
    .as("ranked");
  const beyond = db.select({ id: ranked.id }).from(ranked).where(gte(ranked.place, limit));
  return db
    .update(sessions)
    .set({ endedAt: sql`${placeholder("now")}`, endReason: "SESSION_LIMIT" })
    .where(and(eq(sessions.userId, placeholder("userId")), isNull(sessions.endedAt), inArray(sessions.id, beyond)))
    .returning(sessionColumns)
    .prepare("end_sessions_beyond_limit");
});

/**
 * Ends the least recently active of the user's live sessions, as many as one more needs within the tenant's limit. Answers
 * them. Behind the lock on the user's row nobody else opens one meanwhile.
 */
export const updateSessionsBeyondLimit = (
  db: Db,
  { id, tenantId }: Pick<User, "id" | "tenantId">,
  now: Date,
): Promise<Session[]> => endBeyondLimit(db, { userId: id, tenantId, now: now.toISOString() });

/**
 * Whether the user of a query that joins `users` and `tenants` has as many sessions as the tenant allows. A guess, for whoever
 * is about to open one: those that have expired count until they are swept, and others may come and go meanwhile. Reads no
 * more of them than the limit has.
 */
export const sessionsFull = sql<boolean>`exists (
  select from ${sessions} where ${sessions.userId} = ${users.id} and ${sessions.endedAt} is null
  offset ${limitOf} - 1)`;
