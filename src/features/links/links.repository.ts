import { and, desc, eq, gt, inArray, isNotNull, isNull, lt, notInArray, or } from "drizzle-orm";
import { inActiveTenant } from "#features/tenants/index";
import type { Db } from "#platform/database/database";
import type { LinkId, TenantId, UserId } from "#shared/ids";
import type { LinkPurpose } from "./link-purpose.ts";
import { links } from "./links.table.ts";

export type LinkRow = typeof links.$inferSelect;

/** A link of a purpose with this payload. */
export type Link<Payload extends object = object> = LinkRow & { readonly payload: Payload };

/** Inserts a link that has just been issued. */
export const insertLink = async (db: Db, link: LinkRow): Promise<void> => {
  await db.insert(links).values(link);
};

/** The link if it is neither used nor expired. */
export const findLiveLink = async (db: Db, id: LinkId, now: Date): Promise<LinkRow | null> => {
  const [row] = await db.select().from(links).where(isLive(id, now));
  return row ?? null;
};

/** The link if it can be used now. No link can be used while its tenant is suspended. */
export const findUsableLink = async (db: Db, id: LinkId, now: Date): Promise<LinkRow | null> => {
  const [row] = await db
    .select()
    .from(links)
    .where(and(isLive(id, now), inActiveTenant(db, links.tenantId)));
  return row ?? null;
};

/** The user's links of these purposes that were never used, expired or not. */
export const listUnusedLinks = async <Payload extends object>(
  db: Db,
  userId: UserId,
  purposes: readonly Pick<LinkPurpose<Payload>, "name" | "payload">[],
): Promise<Link<Payload>[]> =>
  (await db.select().from(links).where(unused(userId, purposes)).orderBy(links.id)) as Link<Payload>[];

/** The user's links of this purpose that can be used now, the oldest first. */
export const listUsableLinks = (
  db: Db,
  userId: UserId,
  purpose: Pick<LinkPurpose, "name">,
  now: Date,
): Promise<LinkRow[]> =>
  db
    .select()
    .from(links)
    .where(and(unused(userId, [purpose]), gt(links.expiresAt, now), inActiveTenant(db, links.tenantId)))
    .orderBy(links.id);

/** Consumes the link and returns it, or null if it cannot be used. One statement, so exactly one concurrent caller gets it. */
export const consumeLink = async (db: Db, id: LinkId, { name }: LinkPurpose, now: Date): Promise<LinkRow | null> => {
  const [row] = await db
    .update(links)
    .set({ usedAt: now })
    .where(and(isLive(id, now), eq(links.purpose, name), inActiveTenant(db, links.tenantId)))
    .returning();
  return row ?? null;
};

/** Deletes unused links: all links of these purposes, or only those younger than a given link, or those of one tenant. */
export const deleteUnusedLinks = async (
  db: Db,
  userId: UserId,
  purposes: readonly LinkPurpose[],
  { youngerThan, tenantId }: { readonly youngerThan?: LinkId | undefined; readonly tenantId?: TenantId | undefined },
): Promise<number> => {
  const condition = and(
    unused(userId, purposes),
    youngerThan && gt(links.id, youngerThan),
    tenantId && eq(links.tenantId, tenantId),
  );
  return (await db.delete(links).where(condition).returning({ id: links.id })).length;
};

/** Deletes all of the user's unused links of this purpose but the newest `kept`. */
export const deleteOldestUnusedLinks = async (
  db: Db,
  userId: UserId,
  purpose: LinkPurpose,
  kept: number,
): Promise<number> => {
  const newest = db
    .select({ id: links.id })
    .from(links)
    .where(unused(userId, [purpose]))
    .orderBy(desc(links.id))
    .limit(kept);
  const oldest = and(unused(userId, [purpose]), notInArray(links.id, newest));
  return (await db.delete(links).where(oldest).returning({ id: links.id })).length;
};

/** Deletes links that were used, and those that expired before `expiredBefore`. */
export const deleteUsedOrExpiredLinks = async (db: Db, expiredBefore: Date): Promise<number> => {
  const obsolete = or(isNotNull(links.usedAt), lt(links.expiresAt, expiredBefore));
  return (await db.delete(links).where(obsolete).returning({ id: links.id })).length;
};

const isLive = (id: LinkId, now: Date) => and(eq(links.id, id), isNull(links.usedAt), gt(links.expiresAt, now));

const unused = (userId: UserId, purposes: readonly Pick<LinkPurpose, "name">[]) => {
  const names = purposes.map(({ name }) => name);
  return and(eq(links.userId, userId), inArray(links.purpose, names), isNull(links.usedAt));
};
