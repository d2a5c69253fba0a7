import { and, eq, gt, isNull, sql } from "drizzle-orm";
import { inOpenHome } from "#features/memberships/index";
import { users } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { prepared } from "#platform/database/prepared";
import type { SessionId } from "#shared/ids";
import type { LostAnswer, RefreshOrigin } from "./refresh.policy.ts";
import { type SessionWithUser, sessionWithUserColumns } from "./sessions.repository.ts";
import { sessions } from "./sessions.table.ts";

const { placeholder } = sql;

const rotate = prepared((db) =>
  db
    .update(sessions)
    .set({
      refreshGeneration: sql`${placeholder("next")}`,
      refreshedAt: sql`${placeholder("now")}`,
      refreshedBy: sql`${sql.param(placeholder("refreshedBy"), sessions.refreshedBy)}`,
      lastActivityAt: sql`${placeholder("now")}`,
      expiresAt: sql`${placeholder("expiresAt")}`,
    })
    .where(
      and(
        eq(sessions.id, placeholder("id")),
        eq(sessions.refreshGeneration, placeholder("generation")),
        isNull(sessions.endedAt),
      ),
    )
    .returning({ generation: sessions.refreshGeneration })
    .prepare("rotate_session_to"),
);

export interface RotationUpdate {
  readonly id: SessionId;
  /** The expected current generation of the row. */
  readonly generation: number;
  readonly refreshedBy: RefreshOrigin;
  readonly now: Date;
  readonly expiresAt: Date;
}

/**
 * Moves a live session to the generation after the rotated token. Returns false if its generation is not the expected one,
 * because a concurrent call has rotated or ended it.
 */
export const updateSessionRotated = async (
  db: Db,
  { id, generation, refreshedBy, now, expiresAt }: RotationUpdate,
): Promise<boolean> => {
  const instants = { now: now.toISOString(), expiresAt: expiresAt.toISOString() };
  const next = refreshedBy.generation + 1;
  return (await rotate(db, { id, generation, next, refreshedBy, ...instants })).length > 0;
};

const rotateAtHome = prepared((db) =>
  db
    .update(sessions)
    .set({
      refreshGeneration: sql`${placeholder("next")}`,
      refreshedAt: sql`${placeholder("now")}`,
      refreshedBy: sql`${sql.param(placeholder("refreshedBy"), sessions.refreshedBy)}`,
      lastActivityAt: sql`${placeholder("now")}`,
      expiresAt: sql`least(${placeholder("expiresAt")}::timestamptz, ${sessions.endsAt})`,
    })
    .from(users)
    .where(
      and(
        eq(sessions.id, placeholder("id")),
        eq(sessions.refreshGeneration, placeholder("generation")),
        isNull(sessions.endedAt),
        gt(sessions.expiresAt, placeholder("now")),
        eq(sessions.homeMoved, false),
        eq(users.id, sessions.userId),
        eq(users.status, "ACTIVE"),
        inOpenHome,
      ),
    )
    .returning(sessionWithUserColumns)
    .prepare("rotate_session_at_home"),
);

/**
 * As `updateSessionRotated`, without a read before it: for the current token of a live session whose user may enter the home tenant,
 * which the login has checked. `expiresAt` is the expiry if the session may last that long.
 * @returns the session after it; null, without a change, if any of this does not hold
 */
export const updateSessionRotatedAtHome = async (
  db: Db,
  { id, generation, refreshedBy, now, expiresAt }: RotationUpdate,
): Promise<SessionWithUser | null> => {
  const instants = { now: now.toISOString(), expiresAt: expiresAt.toISOString() };
  const [row] = await rotateAtHome(db, { id, generation, next: generation + 1, refreshedBy, ...instants });
  return row ?? null;
};

/** Returns the state that decides on a rotated token presented again, if the session has not ended; locks the row. */
export const findRefreshStateForUpdate = async (db: Db, id: SessionId) => {
  const { deviceId, refreshGeneration, refreshedAt, refreshedBy, usedGeneration, lostAnswers } = sessions;
  const [row] = await db
    .select({ deviceId, refreshGeneration, refreshedAt, refreshedBy, usedGeneration, lostAnswers })
    .from(sessions)
    .where(and(eq(sessions.id, id), isNull(sessions.endedAt)))
    .for("update");
  return row ?? null;
};

/** Stores the claims that count. */
export const updateSessionLostAnswers = async (
  db: Db,
  id: SessionId,
  lostAnswers: readonly LostAnswer[],
): Promise<void> => {
  await db.update(sessions).set({ lostAnswers }).where(eq(sessions.id, id));
};

/** Stores that a rotated token was seen elsewhere. */
export const updateSessionRefreshOrigin = async (db: Db, id: SessionId, refreshedBy: RefreshOrigin): Promise<void> => {
  await db.update(sessions).set({ refreshedBy }).where(eq(sessions.id, id));
};
