import {
  and,
  arrayOverlaps,
  desc,
  eq,
  getTableColumns,
  gt,
  gte,
  isNotNull,
  isNull,
  lt,
  lte,
  or,
  type SQL,
  sql,
} from "drizzle-orm";
import { inActiveTenant } from "#features/tenants/index";
import { type User, users } from "#features/users/index";
import type { ChildList } from "#platform/database/child-pages";
import type { Db } from "#platform/database/database";
import { inScope } from "#platform/database/scope";
import { countUpToMax, inSlice, sliceOrder } from "#platform/database/slices";
import type { TenantScope } from "#shared/access-policy";
import type { InvitationId, TenantId, UserId } from "#shared/ids";
import type { Slice } from "#shared/paging";
import { type InvitationStatus, MAX_PENDING_INVITATIONS } from "./invitations.policy.ts";
import { invitations } from "./invitations.table.ts";

export type InvitationRow = typeof invitations.$inferSelect;

const unanswered = and(isNull(invitations.acceptedAt), isNull(invitations.revokedAt), isNull(invitations.voidedAt));

/** The tenant's unanswered invitation of this address, expired or not, locked until the transaction ends. */
export const findUnansweredInvitationForUpdate = async (
  db: Db,
  tenantId: TenantId,
  emailCanonical: string,
): Promise<InvitationRow | null> => {
  const [row] = await db
    .select()
    .from(invitations)
    .where(and(eq(invitations.tenantId, tenantId), eq(invitations.emailCanonical, emailCanonical), unanswered))
    .for("update");
  return row ?? null;
};

/** Stores the invitation, replacing the tenant's unanswered one of the same address. Returns it. */
export const upsertInvitation = async (db: Db, invitation: InvitationRow): Promise<InvitationRow> => {
  const { email, name, roles, roleIds, locale, invitedBy, registrationId, invitedAt, expiresAt } = invitation;
  const [row] = await db
    .insert(invitations)
    .values(invitation)
    .onConflictDoUpdate({
      target: [invitations.tenantId, invitations.emailCanonical],
      targetWhere: sql`accepted_at is null and revoked_at is null and voided_at is null`,
      set: { email, name, roles, roleIds, locale, invitedBy, registrationId, invitedAt, expiresAt },
    })
    .returning();
  if (row === undefined) throw new Error("An upsert returned no row.");
  return row;
};

/** The invitation with this id. */
export const findInvitationById = async (db: Db, id: InvitationId): Promise<InvitationRow | null> => {
  const [row] = await db.select().from(invitations).where(eq(invitations.id, id));
  return row ?? null;
};

/** The invitation with this id, if it is within the scope. */
export const findInvitation = async (db: Db, scope: TenantScope, id: InvitationId): Promise<InvitationRow | null> => {
  const [row] = await db
    .select()
    .from(invitations)
    .where(and(eq(invitations.id, id), inScope(invitations.tenantId, scope)));
  return row ?? null;
};

/** The same, locked until the transaction ends. */
export const findInvitationForUpdate = async (
  db: Db,
  scope: TenantScope,
  id: InvitationId,
): Promise<InvitationRow | null> => {
  const [row] = await db
    .select()
    .from(invitations)
    .where(and(eq(invitations.id, id), inScope(invitations.tenantId, scope)))
    .for("update");
  return row ?? null;
};

/** The tenant's newest invitation of this address that can be accepted now. */
export const findAcceptableInvitation = async (
  db: Db,
  tenantId: TenantId,
  emailCanonical: string,
  now: Date,
): Promise<InvitationRow | null> => {
  const [row] = await db
    .select()
    .from(invitations)
    .where(
      and(
        eq(invitations.tenantId, tenantId),
        eq(invitations.emailCanonical, emailCanonical),
        withStatus("PENDING", now),
      ),
    );
  return row ?? null;
};

export interface InvitationQuery {
  readonly scope: TenantScope;
  readonly status: InvitationStatus | null;
  readonly now: Date;
}

/** The invitations of this address that can be accepted now, by tenants that are not suspended; newest first. */
export const listPendingInvitations = (db: Db, emailCanonical: string, now: Date): Promise<InvitationRow[]> =>
  db
    .select()
    .from(invitations)
    .where(
      and(
        eq(invitations.emailCanonical, emailCanonical),
        withStatus("PENDING", now),
        inActiveTenant(db, invitations.tenantId),
      ),
    )
    .orderBy(desc(invitations.id))
    .limit(MAX_PENDING_INVITATIONS);

/** The invitations within the scope, newest first. */
export const listInvitations = (db: Db, query: InvitationQuery, slice: Slice): Promise<InvitationRow[]> =>
  db
    .select(getTableColumns(invitations))
    .from(invitations)
    .where(and(wanted(query), inSlice(invitations.id, slice)))
    .orderBy(sliceOrder(invitations.id, slice))
    .limit(slice.limit);

/** The same invitations, as one list for each tenant. */
export const invitationsOfTenants = (db: Db, query: InvitationQuery): ChildList => ({
  parent: invitations.tenantId,
  id: invitations.id,
  rows: (condition) =>
    db
      .select()
      .from(invitations)
      .where(and(condition, wanted(query)))
      .$dynamic(),
});

/** Counts the invitations, up to MAX_COUNT + 1. */
export const countInvitations = (db: Db, query: InvitationQuery): Promise<number> =>
  countUpToMax(db, invitations, wanted(query));

const wanted = ({ scope, status, now }: InvitationQuery): SQL | undefined =>
  and(inScope(invitations.tenantId, scope), isShown, status ? withStatus(status, now) : undefined);

/** `isHidden` (invitations.policy.ts) in SQL, negated. */
const isShown = or(isNull(invitations.registrationId), isNotNull(invitations.acceptedAt));

/** Marks the invitation accepted and returns it, or null if it can no longer be accepted. Exactly one concurrent caller gets it. */
export const consumeInvitation = async (db: Db, id: InvitationId, now: Date): Promise<InvitationRow | null> => {
  const [row] = await db
    .update(invitations)
    .set({ acceptedAt: now })
    .where(and(eq(invitations.id, id), withStatus("PENDING", now)))
    .returning();
  return row ?? null;
};

/**
 * Marks the invitation declined and returns it, or null if it is not pending. Exactly one concurrent caller gets it. Also sets
 * `revokedAt`, because the index of open invitations and the previous version check only that.
 */
export const updateInvitationDeclined = async (db: Db, id: InvitationId, now: Date): Promise<InvitationRow | null> => {
  const [row] = await db
    .update(invitations)
    .set({ declinedAt: now, revokedAt: now })
    .where(and(eq(invitations.id, id), withStatus("PENDING", now)))
    .returning();
  return row ?? null;
};

/** Marks the invitation revoked. */
export const updateInvitationRevoked = async (db: Db, id: InvitationId, now: Date): Promise<InvitationRow | null> => {
  const [row] = await db.update(invitations).set({ revokedAt: now }).where(eq(invitations.id, id)).returning();
  return row ?? null;
};

/** Voids all unanswered invitations of an inviter, or only those into one tenant. */
export const updateInvitationsVoid = async (
  db: Db,
  invitedBy: UserId,
  now: Date,
  tenantId: TenantId | null = null,
): Promise<void> => {
  await db
    .update(invitations)
    .set({ voidedAt: now })
    .where(
      and(
        eq(invitations.invitedBy, invitedBy),
        tenantId === null ? undefined : eq(invitations.tenantId, tenantId),
        unanswered,
      ),
    );
};

/**
 * Voids unanswered invitations that were sent since then and grant more than the built-in role MEMBER.
 * @returns how many
 */
export const updatePowerfulInvitationsVoid = async (
  db: Db,
  { since, now }: { readonly since: Date; readonly now: Date },
): Promise<number> => {
  const voided = await db
    .update(invitations)
    .set({ voidedAt: now })
    .where(
      and(
        gte(invitations.invitedAt, since),
        or(arrayOverlaps(invitations.roles, ["ADMIN", "OPERATOR"]), sql`cardinality(${invitations.roleIds}) > 0`),
        unanswered,
      ),
    )
    .returning({ id: invitations.id });
  return voided.length;
};

/** Deletes one invitation. */
export const deleteInvitation = async (db: Db, id: InvitationId): Promise<number> =>
  (await db.delete(invitations).where(eq(invitations.id, id)).returning({ id: invitations.id })).length;

/** Deletes the invitations that expired before this instant. */
export const deleteOldInvitations = async (db: Db, expiredBefore: Date): Promise<number> =>
  (await db.delete(invitations).where(lt(invitations.expiresAt, expiredBefore)).returning({ id: invitations.id }))
    .length;

/** The inviter, locked against changes until the transaction ends. A concurrent suspension waits, or has completed before. */
export const lockInviter = async (db: Db, id: UserId): Promise<User | null> => {
  const [row] = await db.select().from(users).where(eq(users.id, id)).for("share");
  return row ?? null;
};

/** `statusOf` (invitations.policy.ts) in SQL. */
const withStatus = (status: InvitationStatus, now: Date): SQL | undefined => {
  switch (status) {
    case "ACCEPTED":
      return isNotNull(invitations.acceptedAt);
    case "REVOKED":
      return and(isNull(invitations.acceptedAt), isNull(invitations.declinedAt), isNotNull(invitations.revokedAt));
    case "DECLINED":
      return and(isNull(invitations.acceptedAt), isNotNull(invitations.declinedAt));
    case "VOID":
      return and(
        isNull(invitations.acceptedAt),
        isNull(invitations.revokedAt),
        or(isNotNull(invitations.voidedAt), isNull(invitations.invitedBy)),
      );
    case "EXPIRED":
      return and(unanswered, isNotNull(invitations.invitedBy), lte(invitations.expiresAt, now));
    case "PENDING":
      return and(unanswered, isNotNull(invitations.invitedBy), gt(invitations.expiresAt, now));
  }
};
