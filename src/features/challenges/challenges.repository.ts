import { and, eq, gt, inArray, isNull, lt } from "drizzle-orm";
import { type HomeStatus, homeStatus } from "#features/memberships/index";
import { sessionsFull } from "#features/sessions/index";
import { tenants } from "#features/tenants/index";
import { type User, users } from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { ChallengeId, UserId } from "#shared/ids";
import { loginChallenges } from "./challenges.table.ts";

export type ChallengeRow = typeof loginChallenges.$inferSelect;

/** Inserts the challenge of a login that was just started. */
export const insertChallenge = async (db: Db, challenge: ChallengeRow): Promise<void> => {
  await db.insert(loginChallenges).values(challenge);
};

/** The challenge and the user logging in, whatever its status. */
export const findChallenge = async (
  db: Db,
  id: ChallengeId,
): Promise<{ challenge: ChallengeRow; user: User; homeStatus: HomeStatus; sessionsFull: boolean } | null> => {
  const [row] = await db
    .select({ challenge: loginChallenges, user: users, homeStatus, sessionsFull })
    .from(loginChallenges)
    .innerJoin(users, eq(users.id, loginChallenges.userId))
    .innerJoin(tenants, eq(tenants.id, users.tenantId))
    .where(eq(loginChallenges.id, id));
  return row ?? null;
};

/** Consumes the challenge and returns it, or null if it is used, expired or missing. Exactly one concurrent caller wins. */
export const consumeChallenge = async (db: Db, id: ChallengeId, now: Date): Promise<ChallengeRow | null> => {
  const [row] = await db.update(loginChallenges).set({ usedAt: now }).where(isLive(id, now)).returning();
  return row ?? null;
};

/** Records that the user confirmed the challenge; null if it is over or already answered. */
export const updateChallengeConfirmed = async (db: Db, id: ChallengeId, now: Date): Promise<ChallengeRow | null> => {
  const [row] = await db
    .update(loginChallenges)
    .set({ confirmedAt: now })
    .where(and(isLive(id, now), isNull(loginChallenges.confirmedAt)))
    .returning();
  return row ?? null;
};

/** Records that the user denied the challenge; null if it is over or already answered. */
export const updateChallengeDenied = async (db: Db, id: ChallengeId, now: Date): Promise<ChallengeRow | null> => {
  const [row] = await db
    .update(loginChallenges)
    .set({ deniedAt: now })
    .where(and(isLive(id, now), isNull(loginChallenges.confirmedAt)))
    .returning();
  return row ?? null;
};

/** Deletes the user's challenges, used or not, and returns their ids. Denied ones stay, so that waiting clients see the denial. */
export const deleteChallengesOfUser = (db: Db, userId: UserId): Promise<{ readonly id: ChallengeId }[]> =>
  db
    .delete(loginChallenges)
    .where(and(eq(loginChallenges.userId, userId), isNull(loginChallenges.deniedAt)))
    .returning({ id: loginChallenges.id });

/** Deletes up to `limit` challenges that expired before this instant. */
export const deleteChallengesExpiredBefore = async (db: Db, instant: Date, limit: number): Promise<number> => {
  const { id, expiresAt } = loginChallenges;
  const old = db.select({ id }).from(loginChallenges).where(lt(expiresAt, instant)).limit(limit);
  return (await db.delete(loginChallenges).where(inArray(id, old)).returning({ id })).length;
};

/** `statusOf` (challenges.policy.ts) in SQL: WAITING or CONFIRMED. */
const isLive = (id: ChallengeId, now: Date) =>
  and(
    eq(loginChallenges.id, id),
    isNull(loginChallenges.usedAt),
    isNull(loginChallenges.deniedAt),
    gt(loginChallenges.expiresAt, now),
  );
