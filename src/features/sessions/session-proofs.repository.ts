import { and, eq, isNull, ne, sql } from "drizzle-orm";
import type { Db } from "../../platform/database/database.ts";
import type { SessionId, UserId } from "../../shared/ids.ts";
import type { SessionProof, WithdrawnProofs } from "./sessions.policy.ts";
import { type Session, sessionColumns } from "./sessions.repository.ts";
import { sessions } from "./sessions.table.ts";

/** Adds what was proved to a live session, and when; null where it has ended. */
export const updateSessionProved = async (
  db: Db,
  id: SessionId,
  { method, passkeyId, authenticatedAt }: SessionProof & { readonly authenticatedAt?: Date },
): Promise<Session | null> => {
  const { authenticatedWith } = sessions;
  const [row] = await db
    .update(sessions)
    .set({
      authenticatedWith: sql`case when ${method} = any (${authenticatedWith}) then ${authenticatedWith} else ${authenticatedWith} || ${method}::text end`,
      ...(passkeyId && { passkeyId }),
      ...(authenticatedAt && { authenticatedAt }),
    })
    .where(and(eq(sessions.id, id), isNull(sessions.endedAt)))
    .returning(sessionColumns);
  return row ?? null;
};

/** Takes proofs from the user's live sessions. Answers those that rest on nothing now. */
export const updateSessionsWithoutProofs = async (
  db: Db,
  userId: UserId,
  { methods, passkeyId }: WithdrawnProofs,
): Promise<SessionId[]> => {
  const { authenticatedWith } = sessions;
  const rests = sql`${sessions.passkeyId} = ${passkeyId}::uuid`;
  const lost = sql`array_cat(${sql.param([...methods])}::text[], case when ${rests} then array['PASSKEY'] else '{}' end)`;
  const changed = await db
    .update(sessions)
    .set({
      authenticatedWith: sql`array(select method from unnest(${authenticatedWith}) method where method <> all (${lost}))`,
      passkeyId: sql`case when ${rests} then null else ${sessions.passkeyId} end`,
    })
    .where(and(eq(sessions.userId, userId), isNull(sessions.endedAt)))
    .returning({ id: sessions.id, authenticatedWith });
  return changed.filter((session) => session.authenticatedWith.length === 0).map(({ id }) => id);
};

/** Makes what was proved on live sessions of the user count as fresh no longer: on this one, or on all but this one. */
export const updateSessionsProofsExpired = async (
  db: Db,
  userId: UserId,
  which: { readonly only: SessionId } | { readonly except: SessionId },
): Promise<void> => {
  const chosen = "only" in which ? eq(sessions.id, which.only) : ne(sessions.id, which.except);
  await db
    .update(sessions)
    .set({ authenticatedAt: new Date(0) })
    .where(and(eq(sessions.userId, userId), isNull(sessions.endedAt), chosen));
};
