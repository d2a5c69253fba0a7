import { and, eq, isNull, sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import { prepared } from "#platform/database/prepared";
import type { SessionId } from "#shared/ids";
import type { LostAnswer, RefreshOrigin } from "./refresh.policy.ts";
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
