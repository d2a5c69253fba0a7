import { and, eq, isNull, ne, sql } from "drizzle-orm";
import type { Db } from "../../platform/database/database.ts";
import type { SessionId, UserId } from "../../shared/ids.ts";
import type { SessionProof, WithdrawnProofs } from "./sessions.policy.ts";
import { type Session, sessionColumns } from "./sessions.repository.ts";
import { sessions } from "./sessions.table.ts";

/** When what counts as fresh no longer was proved: so long ago that it is too old for everything. */
const NOT_FRESH = new Date(0);

/** When something was last proved on a live session; null where it has ended. */
export const findProvedAt = async (db: Db, id: SessionId): Promise<Date | null> => {
  const [row] = await db
    .select({ authenticatedAt: sessions.authenticatedAt })
    .from(sessions)
    .where(and(eq(sessions.id, id), isNull(sessions.endedAt)));
  return row?.authenticatedAt ?? null;
};

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

/**
 * Takes proofs from the user's live sessions; but for `own`, what those that had one have proved counts as fresh no longer.
 * Answers those that rest on nothing now.
 */
export const updateSessionsProofsWithdrawn = async (
  db: Db,
  { userId, own }: { readonly userId: UserId; readonly own: SessionId },
  { methods, passkeyId, socialAccountId }: WithdrawnProofs,
): Promise<SessionId[]> => {
  const { authenticatedAt, authenticatedWith } = sessions;
  const onPasskey = sql`${sessions.passkeyId} = ${passkeyId}::uuid`;
  const onSocialAccount = sql`${sessions.socialAccountId} = ${socialAccountId ?? null}::uuid`;
  const lost = sql`(${sql.param([...methods])}::text[] || case when ${onPasskey} then array['PASSKEY'] else '{}' end
    || case when ${onSocialAccount} then array['SOCIAL'] else '{}' end)`;
  const isWeakened = and(ne(sessions.id, own), sql`${authenticatedWith} && ${lost}`);
  const changed = await db
    .update(sessions)
    .set({
      authenticatedWith: sql`array(select method from unnest(${authenticatedWith}) method where method <> all (${lost}))`,
      authenticatedAt: sql`case when ${isWeakened} then ${NOT_FRESH.toISOString()} else ${authenticatedAt} end`,
      passkeyId: sql`case when ${onPasskey} then null else ${sessions.passkeyId} end`,
      socialAccountId: sql`case when ${onSocialAccount} then null else ${sessions.socialAccountId} end`,
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
    .set({ authenticatedAt: NOT_FRESH })
    .where(and(eq(sessions.userId, userId), isNull(sessions.endedAt), chosen));
};
