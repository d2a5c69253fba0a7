import { and, eq, gt, inArray, isNotNull, isNull, lt, lte, sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import { after } from "#shared/durations";
import type { AddressProofId, UserId } from "#shared/ids";
import type { Subject } from "../second-factor.ts";
import { COUNT_KEPT_AFTER_EXPIRY, MAX_SENDS, RESEND_PAUSE } from "./email-codes.policy.ts";
import { emailCodes } from "./email-codes.table.ts";

/** Whose code it is: a login challenge's, a session's, or an address proof's. */
export type CodeSubject = Subject["id"] | AddressProofId;

export type EmailCodeRow = typeof emailCodes.$inferSelect;

/** Which code of which subject: of one subject no two are sent at the same instant. */
type CodeKey = Pick<EmailCodeRow, "subjectId" | "sentAt">;

/**
 * Puts a code in the place of the subject's older one and counts it, or answers false where it would come too soon or too
 * often: one statement, so that any number of callers at once send as many as one would. The count starts again once a code
 * was used, or long after the newest one expired.
 */
export const upsertEmailCode = async (db: Db, code: Omit<EmailCodeRow, "sends" | "usedAt">): Promise<boolean> => {
  const { sends, sentAt, expiresAt, usedAt } = emailCodes;
  const isCountOver = sql`(${isNotNull(usedAt)} or ${lte(expiresAt, after(code.sentAt, -COUNT_KEPT_AFTER_EXPIRY))})`;
  const isPaced = lte(sentAt, after(code.sentAt, -RESEND_PAUSE));
  const rows = await db
    .insert(emailCodes)
    .values({ ...code, sends: 1 })
    .onConflictDoUpdate({
      target: emailCodes.subjectId,
      set: {
        code: code.code,
        sends: sql`case when ${isCountOver} then 1 else ${sends} + 1 end`,
        sentAt: code.sentAt,
        expiresAt: code.expiresAt,
        usedAt: null,
      },
      setWhere: sql`${isPaced} and (${lt(sends, MAX_SENDS)} or ${isCountOver})`,
    })
    .returning({ subjectId: emailCodes.subjectId });
  return rows.length > 0;
};

/** The newest code of a subject, whatever became of it. */
export const findEmailCode = async (db: Db, subject: CodeSubject): Promise<EmailCodeRow | null> => {
  const [row] = await db.select().from(emailCodes).where(eq(emailCodes.subjectId, subject));
  return row ?? null;
};

/** The newest code of a subject, if it is neither used nor expired, and this user's if one is named. */
export const findNewestLiveEmailCode = async (
  db: Db,
  { subject, userId = null }: { readonly subject: CodeSubject; readonly userId?: UserId | null },
  now: Date,
): Promise<EmailCodeRow | null> => {
  const ofUser = userId === null ? undefined : eq(emailCodes.userId, userId);
  const [row] = await db
    .select()
    .from(emailCodes)
    .where(and(eq(emailCodes.subjectId, subject), ofUser, isLive(now)));
  return row ?? null;
};

/** This code, where it is neither used, nor replaced, nor expired. */
export const findLiveEmailCode = async (db: Db, key: CodeKey, now: Date): Promise<EmailCodeRow | null> => {
  const [row] = await db
    .select()
    .from(emailCodes)
    .where(and(is(key), isLive(now)));
  return row ?? null;
};

/** Uses the code up and answers it, or null where it is used, replaced or expired: of many callers one wins. */
export const consumeEmailCode = async (db: Db, key: CodeKey, now: Date): Promise<EmailCodeRow | null> => {
  const [row] = await db
    .update(emailCodes)
    .set({ usedAt: now })
    .where(and(is(key), isLive(now)))
    .returning();
  return row ?? null;
};

/** Deletes up to `limit` codes that expired before this instant. */
export const deleteEmailCodesExpiredBefore = async (db: Db, instant: Date, limit: number): Promise<number> => {
  const { subjectId, expiresAt } = emailCodes;
  const old = db.select({ subjectId }).from(emailCodes).where(lt(expiresAt, instant)).limit(limit);
  return (await db.delete(emailCodes).where(inArray(subjectId, old)).returning({ subjectId })).length;
};

const is = ({ subjectId, sentAt }: CodeKey) => and(eq(emailCodes.subjectId, subjectId), eq(emailCodes.sentAt, sentAt));

const isLive = (now: Date) => and(isNull(emailCodes.usedAt), gt(emailCodes.expiresAt, now));
