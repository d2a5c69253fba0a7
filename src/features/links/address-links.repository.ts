import { and, eq, gt, inArray, isNotNull, isNull, lt, or } from "drizzle-orm";
import { inActiveTenant } from "#features/tenants/index";
import type { Db } from "#platform/database/database";
import type { InvitationId, LinkId } from "#shared/ids";
import { addressLinks } from "./address-links.table.ts";
import type { LinkPurpose } from "./link-purpose.ts";

export type AddressLink = typeof addressLinks.$inferSelect;

/** Inserts links. Links whose id already exists are left unchanged. */
export const insertAddressLinks = async (db: Db, links: readonly AddressLink[]): Promise<void> => {
  if (links.length === 0) return;
  await db
    .insert(addressLinks)
    .values([...links])
    .onConflictDoNothing();
};

/** The link if it can be used now: it is neither used nor expired, and its tenant is active. */
export const findUsableAddressLink = async (db: Db, id: LinkId, now: Date): Promise<AddressLink | null> => {
  const [row] = await db
    .select()
    .from(addressLinks)
    .where(and(isLive(id, now), inActiveTenant(db, addressLinks.tenantId)));
  return row ?? null;
};

/** Consumes the link and returns it, or null if it cannot be used. Exactly one concurrent caller gets it. */
export const consumeAddressLink = async (db: Db, id: LinkId, now: Date): Promise<AddressLink | null> => {
  const [row] = await db
    .update(addressLinks)
    .set({ usedAt: now })
    .where(and(isLive(id, now), inActiveTenant(db, addressLinks.tenantId)))
    .returning();
  return row ?? null;
};

/** Deletes the links of these purposes to an address. */
export const deleteAddressLinks = async (
  db: Db,
  emailCanonical: string,
  purposes: readonly LinkPurpose[],
): Promise<number> => {
  const names = purposes.map(({ name }) => name);
  const condition = and(eq(addressLinks.emailCanonical, emailCanonical), inArray(addressLinks.purpose, names));
  return (await db.delete(addressLinks).where(condition).returning({ id: addressLinks.id })).length;
};

/** Deletes the links of an invitation. */
export const deleteLinksOfInvitation = async (db: Db, id: InvitationId): Promise<number> =>
  (await db.delete(addressLinks).where(eq(addressLinks.invitationId, id)).returning({ id: addressLinks.id })).length;

/** Deletes up to `limit` links that were used, or expired before `expiredBefore`. */
export const deleteUsedOrExpiredAddressLinks = async (db: Db, expiredBefore: Date, limit: number): Promise<number> => {
  const { id, usedAt, expiresAt } = addressLinks;
  const obsolete = db
    .select({ id })
    .from(addressLinks)
    .where(or(isNotNull(usedAt), lt(expiresAt, expiredBefore)))
    .limit(limit);
  return (await db.delete(addressLinks).where(inArray(id, obsolete)).returning({ id })).length;
};

const isLive = (id: LinkId, now: Date) =>
  and(eq(addressLinks.id, id), isNull(addressLinks.usedAt), gt(addressLinks.expiresAt, now));
