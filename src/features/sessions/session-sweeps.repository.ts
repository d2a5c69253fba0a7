import { and, gte, inArray, isNull, lt, lte, or, sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import { firstIdAt } from "#platform/ids";
import { isActiveAt } from "./sessions.repository.ts";
import { sessions } from "./sessions.table.ts";

/** Marks expired sessions as ended, so that histories show them. Sessions created after `createdBefore` cannot have expired. */
export const updateSessionsExpired = async (
  db: Db,
  { now, createdBefore, limit }: { now: Date; createdBefore: Date; limit: number },
): Promise<number> => {
  const expired = db
    .select({ id: sessions.id })
    .from(sessions)
    .where(and(isNull(sessions.endedAt), lt(sessions.id, firstIdAt(createdBefore)), lte(sessions.expiresAt, now)))
    .limit(limit)
    .for("update", { skipLocked: true });
  const ended = await db
    .update(sessions)
    .set({ endedAt: sql`${sessions.expiresAt}`, endReason: "EXPIRED" })
    .where(inArray(sessions.id, expired))
    .returning({ id: sessions.id });
  return ended.length;
};

/**
 * Ends up to `limit` live sessions that were opened or used since `since`. Sessions locked by another transaction are skipped,
 * because that one may wait for others of them; `left` says whether there are more.
 */
export const updateSessionsEndedSince = async (
  db: Db,
  { since, endedAt, limit }: { since: Date; endedAt: Date; limit: number },
) => {
  const isWanted = and(isActiveAt(endedAt), or(gte(sessions.createdAt, since), gte(sessions.lastActivityAt, since)));
  const free = db
    .select({ id: sessions.id })
    .from(sessions)
    .where(isWanted)
    .limit(limit)
    .for("update", { skipLocked: true });
  const ended = await db
    .update(sessions)
    .set({ endedAt, endReason: "ADMIN_REVOKED" })
    .where(inArray(sessions.id, free))
    .returning({ id: sessions.id, tenantId: sessions.tenantId, userId: sessions.userId });
  const [more] = await db.select({ id: sessions.id }).from(sessions).where(isWanted).limit(1);
  return { ended, left: more !== undefined };
};

/** Deletes up to `limit` sessions that ended before this instant. */
export const deleteSessionsEndedBefore = async (db: Db, instant: Date, limit: number): Promise<number> => {
  const old = db.select({ id: sessions.id }).from(sessions).where(lt(sessions.endedAt, instant)).limit(limit);
  return (await db.delete(sessions).where(inArray(sessions.id, old)).returning({ id: sessions.id })).length;
};
