import { and, eq, gt, inArray, isNotNull, isNull, lt, lte, sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import { after } from "#shared/durations";
import type { AddressProofId, UserId } from "#shared/ids";
import type { FactorSubject } from "../second-factor.ts";
import { COUNT_RETENTION_MS, MAX_SENDS, RESEND_PAUSE_MS } from "./email-codes.policy.ts";
import { emailCodes } from "./email-codes.table.ts";

/** The subject of a code: a login challenge, a session, or an address proof. */
export type CodeSubject = FactorSubject["id"] | AddressProofId;

export type EmailCodeRow = typeof emailCodes.$inferSelect;

/** Identifies one code of a subject. Two codes of a subject are never sent at the same instant. */
type CodeKey = Pick<EmailCodeRow, "subjectId" | "sentAt">;

/**
 * Replaces the subject's code and counts it. A single statement, so that any number of concurrent callers sends no more codes than
 * one would. The count starts again after a code was used, or long after the newest one expired.
 * @returns false if it would be sent too soon or too often
 */
export const upsertEmailCode = async (db: Db, code: Omit<EmailCodeRow, "sends" | "usedAt">): Promise<boolean> => {
  const { sends, sentAt, expiresAt, usedAt } = emailCodes;
  const isCountOver = sql`(${isNotNull(usedAt)} or ${lte(expiresAt, after(code.sentAt, -COUNT_RETENTION_MS))})`;
  const isPaced = lte(sentAt, after(code.sentAt, -RESEND_PAUSE_MS));
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

/** The newest code of a subject, whatever its state. */
export const findEmailCode = async (db: Db, subject: CodeSubject): Promise<EmailCodeRow | null> => {
  const [row] = await db.select().from(emailCodes).where(eq(emailCodes.subjectId, subject));
  return row ?? null;
};

/** The newest code of a subject, if it is neither used nor expired and, with `userId`, belongs to this user. */
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

/** This code, if it is neither used, replaced nor expired. */
export const findLiveEmailCode = async (db: Db, key: CodeKey, now: Date): Promise<EmailCodeRow | null> => {
  const [row] = await db
    .select()
    .from(emailCodes)
    .where(and(is(key), isLive(now)));
  return row ?? null;
};

/** Consumes the code and returns it, or null if it is used, replaced or expired. Exactly one concurrent caller wins. */
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
