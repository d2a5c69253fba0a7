import { and, eq, gt, isNull, lt, ne, sql } from "drizzle-orm";
import { heldMemberships } from "#features/memberships/index";
import type { Db } from "#platform/database/database";
import type { SessionId, UserId } from "#shared/ids";
import type { HeldMembership } from "#shared/memberships";
import type { RevokedAuthMethods, SessionAuthMethod } from "./sessions.policy.ts";
import { type Session, type SessionRow, sessionColumns } from "./sessions.repository.ts";
import { sessions } from "./sessions.table.ts";

/** A session whose user has just stepped up, with all the data of an access token. */
export type SteppedUpSession = Session &
  Pick<SessionRow, "authenticatedAt" | "elevationEpoch" | "enrolmentOnly"> & {
    readonly memberships: readonly HeldMembership[];
  };

/** Returns the device and the proofs of a session, live or not: its methods, its passkey and its account at a provider. */
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

/** Returns the elevation epoch of a live session: how many times its elevations were revoked. Null if it has ended. */
export const findElevationEpoch = async (db: Db, id: SessionId): Promise<number | null> => {
  const [row] = await db.select({ epoch: sessions.elevationEpoch }).from(sessions).where(isOpen(id));
  return row?.epoch ?? null;
};

/** Counts a proof before it is verified. Returns null if `most` failed in a row, or the session has ended. */
export const updateSessionFailureCounted = async (db: Db, id: SessionId, most: number): Promise<number | null> => {
  const [row] = await db
    .update(sessions)
    .set({ failedProofs: sql`${sessions.failedProofs} + 1` })
    .where(and(isOpen(id), lt(sessions.failedProofs, most)))
    .returning({ failedProofs: sessions.failedProofs });
  return row?.failedProofs ?? null;
};

/** Reverts the count of a proof that could not be verified. */
export const updateSessionFailureUncounted = async (db: Db, id: SessionId): Promise<void> => {
  await db
    .update(sessions)
    .set({ failedProofs: sql`greatest(${sessions.failedProofs} - 1, 0)` })
    .where(isOpen(id));
};

/** Resets the consecutive failures after a correct proof. */
export const updateSessionFailuresReset = async (db: Db, id: SessionId): Promise<void> => {
  await db.update(sessions).set({ failedProofs: 0 }).where(isOpen(id));
};

/** Consumes the session's enrolment ticket; false if missing or expired. Exactly one concurrent caller gets true. */
export const consumeEnrolmentTicket = async (db: Db, id: SessionId, now: Date): Promise<boolean> => {
  const used = await db
    .update(sessions)
    .set({ enrolmentTicketUntil: null })
    .where(and(isOpen(id), gt(sessions.enrolmentTicketUntil, now)))
    .returning({ id: sessions.id });
  return used.length > 0;
};

/** Adds a proof, and its time, to a live session; null if it has ended. */
export const updateSessionAuthMethods = async (
  db: Db,
  id: SessionId,
  { method, passkeyId, authenticatedAt }: SessionAuthMethod & { readonly authenticatedAt?: Date },
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
 * Removes proofs from the user's live sessions. Affected sessions other than `own` lose their elevations and their enrolment
 * ticket. Returns the sessions that have no proof left.
 */
export const updateSessionsAuthMethodsRevoked = async (
  db: Db,
  { userId, own }: { readonly userId: UserId; readonly own: SessionId },
  { methods, passkeyId, socialAccountId }: RevokedAuthMethods,
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

/** Revokes the elevations and enrolment tickets of the user's live sessions: of one, of all but one, or of all. */
export const updateSessionsElevationsRevoked = async (
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

/** Returns the users with a live session on which a credential was verified after this instant. A full scan: for incidents only. */
export const listUsersAuthenticatedAfter = async (db: Db, instant: Date): Promise<UserId[]> =>
  db.transaction(async (tx) => {
    await tx.execute(sql`set local statement_timeout = 0`);
    const rows = await tx
      .selectDistinct({ userId: sessions.userId })
      .from(sessions)
      .where(and(isNull(sessions.endedAt), gt(sessions.authenticatedAt, instant)));
    return rows.map(({ userId }) => userId);
  });

const isOpen = (id: SessionId) => and(eq(sessions.id, id), isNull(sessions.endedAt));
