import { and, eq, gt, isNull, lt, ne, sql } from "drizzle-orm";
import { heldMemberships } from "#features/memberships/index";
import type { Db } from "#platform/database/database";
import type { SessionId, UserId } from "#shared/ids";
import type { HeldMembership } from "#shared/memberships";
import type { SessionProof, WithdrawnProofs } from "./sessions.policy.ts";
import { type Session, type SessionRow, sessionColumns } from "./sessions.repository.ts";
import { sessions } from "./sessions.table.ts";

/** A session whose user has just stepped up: all that an access token says of it. */
export type SteppedUpSession = Session &
  Pick<SessionRow, "authenticatedAt" | "elevationEpoch" | "enrolmentOnly"> & {
    readonly memberships: readonly HeldMembership[];
  };

/** What a session rests on, whether or not it still lives: its device, its methods, and the passkey and the account at a provider among them. */
export const findSessionBasis = async (
  db: Db,
  id: SessionId,
): Promise<Pick<SessionRow, "deviceId" | "authenticatedWith" | "passkeyId" | "socialAccountId"> | null> => {
  const { deviceId, authenticatedWith, passkeyId, socialAccountId } = sessions;
  const [row] = await db
    .select({ deviceId, authenticatedWith, passkeyId, socialAccountId })
    .from(sessions)
    .where(eq(sessions.id, id));
  return row ?? null;
};

/** How often the elevations of a live session were withdrawn; null if it has ended. */
export const findElevationEpoch = async (db: Db, id: SessionId): Promise<number | null> => {
  const [row] = await db.select({ epoch: sessions.elevationEpoch }).from(sessions).where(isOpen(id));
  return row?.epoch ?? null;
};

/** Counts a proof before it is verified, unless `most` of them failed in a row; null then, and if the session has ended. */
export const updateSessionProofCounted = async (db: Db, id: SessionId, most: number): Promise<number | null> => {
  const [row] = await db
    .update(sessions)
    .set({ failedProofs: sql`${sessions.failedProofs} + 1` })
    .where(and(isOpen(id), lt(sessions.failedProofs, most)))
    .returning({ failedProofs: sessions.failedProofs });
  return row?.failedProofs ?? null;
};

/** Takes a counted proof back that could not be verified. */
export const updateSessionProofUncounted = async (db: Db, id: SessionId): Promise<void> => {
  await db
    .update(sessions)
    .set({ failedProofs: sql`greatest(${sessions.failedProofs} - 1, 0)` })
    .where(isOpen(id));
};

/** A proof was right: the failures in a row are forgotten. */
export const updateSessionProofsReset = async (db: Db, id: SessionId): Promise<void> => {
  await db.update(sessions).set({ failedProofs: 0 }).where(isOpen(id));
};

/** Uses the session's enrolment ticket up; false if it has none that is good: of many callers one hears true. */
export const consumeEnrolmentTicket = async (db: Db, id: SessionId, now: Date): Promise<boolean> => {
  const used = await db
    .update(sessions)
    .set({ enrolmentTicketUntil: null })
    .where(and(isOpen(id), gt(sessions.enrolmentTicketUntil, now)))
    .returning({ id: sessions.id });
  return used.length > 0;
};

/** Adds what was proved to a live session, and when; null where it has ended. */
export const updateSessionProved = async (
  db: Db,
  id: SessionId,
  { method, passkeyId, authenticatedAt }: SessionProof & { readonly authenticatedAt?: Date },
): Promise<SteppedUpSession | null> => {
  const { authenticatedAt: authTime, authenticatedWith, elevationEpoch, enrolmentOnly } = sessions;
  const [row] = await db
    .update(sessions)
    .set({
      authenticatedWith: sql`case when ${method} = any (${authenticatedWith}) then ${authenticatedWith} else ${authenticatedWith} || ${method}::text end`,
      ...(passkeyId && { passkeyId }),
      ...(authenticatedAt && { authenticatedAt }),
    })
    .where(isOpen(id))
    .returning({
      ...sessionColumns,
      authenticatedAt: authTime,
      elevationEpoch,
      enrolmentOnly,
      memberships: heldMemberships(sql`"sessions"."user_id"`),
    });
  return row ?? null;
};

/**
 * Takes proofs from the user's live sessions; but for `own`, those that had one lose their elevations and their enrolment
 * ticket. Returns those that rest on nothing now.
 */
export const updateSessionsProofsWithdrawn = async (
  db: Db,
  { userId, own }: { readonly userId: UserId; readonly own: SessionId },
  { methods, passkeyId, socialAccountId }: WithdrawnProofs,
): Promise<SessionId[]> => {
  const { authenticatedWith, elevationEpoch, enrolmentTicketUntil } = sessions;
  const onPasskey = sql`${sessions.passkeyId} = ${passkeyId}::uuid`;
  const onSocialAccount = sql`${sessions.socialAccountId} = ${socialAccountId ?? null}::uuid`;
  const lost = sql`(${sql.param([...methods])}::text[] || case when ${onPasskey} then array['PASSKEY'] else '{}' end
    || case when ${onSocialAccount} then array['SOCIAL'] else '{}' end)`;
  const isWeakened = and(ne(sessions.id, own), sql`${authenticatedWith} && ${lost}`);
  const changed = await db
    .update(sessions)
    .set({
      authenticatedWith: sql`array(select method from unnest(${authenticatedWith}) method where method <> all (${lost}))`,
      elevationEpoch: sql`${elevationEpoch} + case when ${isWeakened} then 1 else 0 end`,
      enrolmentTicketUntil: sql`case when ${isWeakened} then null else ${enrolmentTicketUntil} end`,
      passkeyId: sql`case when ${onPasskey} then null else ${sessions.passkeyId} end`,
      socialAccountId: sql`case when ${onSocialAccount} then null else ${sessions.socialAccountId} end`,
    })
    .where(and(eq(sessions.userId, userId), isNull(sessions.endedAt)))
    .returning({ id: sessions.id, authenticatedWith });
  return changed.filter((session) => session.authenticatedWith.length === 0).map(({ id }) => id);
};

/** Withdraws all elevations of live sessions of the user, and their enrolment tickets: of this one, of all but this one, or of all. */
export const updateSessionsElevationsWithdrawn = async (
  db: Db,
  userId: UserId,
  which: { readonly only: SessionId } | { readonly except: SessionId } | "ALL",
): Promise<void> => {
  const chosen =
    which === "ALL" ? undefined : "only" in which ? eq(sessions.id, which.only) : ne(sessions.id, which.except);
  await db
    .update(sessions)
    .set({ elevationEpoch: sql`${sessions.elevationEpoch} + 1`, enrolmentTicketUntil: null })
    .where(and(eq(sessions.userId, userId), isNull(sessions.endedAt), chosen));
};

/** The users on whose live sessions a credential was proved after this instant. It reads all live sessions: for incidents only. */
export const listUsersProvedAfter = async (db: Db, instant: Date): Promise<UserId[]> =>
  db.transaction(async (tx) => {
    await tx.execute(sql`set local statement_timeout = 0`);
    const rows = await tx
      .selectDistinct({ userId: sessions.userId })
      .from(sessions)
      .where(and(isNull(sessions.endedAt), gt(sessions.authenticatedAt, instant)));
    return rows.map(({ userId }) => userId);
  });

const isOpen = (id: SessionId) => and(eq(sessions.id, id), isNull(sessions.endedAt));
