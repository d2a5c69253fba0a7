import { inArray, lt, sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import { prepared } from "#platform/database/prepared";
import { socialLogins } from "./social-logins.table.ts";

export type SocialLoginRow = typeof socialLogins.$inferSelect;

const { placeholder } = sql;

const insert = prepared((db) =>
  db
    .insert(socialLogins)
    .values({
      id: placeholder("id"),
      tenantId: placeholder("tenantId"),
      provider: placeholder("provider"),
      stateHash: placeholder("stateHash"),
      bindingHash: placeholder("bindingHash"),
      secrets: placeholder("secrets"),
      redirectUri: placeholder("redirectUri"),
      transport: placeholder("transport"),
      createdAt: placeholder("createdAt"),
      expiresAt: placeholder("expiresAt"),
    })
    .prepare("insert_social_login"),
);

/** Inserts a new authorization request. */
export const insertSocialLogin = async (db: Db, row: Omit<SocialLoginRow, "usedAt">): Promise<void> => {
  await insert(db, row);
};

const consume = prepared((db) =>
  db
    .update(socialLogins)
    .set({ usedAt: sql`${placeholder("now")}` })
    .where(
      sql`${socialLogins.stateHash} = ${placeholder("stateHash")} and ${socialLogins.bindingHash} = ${placeholder("bindingHash")}
        and ${socialLogins.usedAt} is null and ${socialLogins.expiresAt} > ${placeholder("now")}`,
    )
    .returning()
    .prepare("consume_social_login"),
);

/**
 * Consumes the authorization request and returns it; null if none with this state and binding is unused and unexpired.
 * Exactly one concurrent caller succeeds. The state alone, without the binding, consumes nothing.
 */
export const consumeSocialLogin = async (
  db: Db,
  { stateHash, bindingHash }: Pick<SocialLoginRow, "stateHash" | "bindingHash">,
  now: Date,
): Promise<SocialLoginRow | null> => {
  const [row] = await consume(db, { stateHash, bindingHash, now: now.toISOString() });
  return row ?? null;
};

/** Deletes up to `limit` authorization requests that expired before this instant. */
export const deleteSocialLoginsExpiredBefore = async (db: Db, instant: Date, limit: number): Promise<number> => {
  const { id, expiresAt } = socialLogins;
  const old = db.select({ id }).from(socialLogins).where(lt(expiresAt, instant)).limit(limit);
  return (await db.delete(socialLogins).where(inArray(id, old)).returning({ id })).length;
};
