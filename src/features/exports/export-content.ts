import { listUsers, type UserCriteria, type UserQuery, userQueryOf } from "#features/administration/index";
import { listSecurityEvents, type SecurityEventRow, typesWithin } from "#features/audit/index";
import { listMembersOfUsers, listRolesOfMemberships } from "#features/memberships/index";
import type { SecurityEventCriteria } from "#features/security-history/index";
import type { User } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { timeOfId } from "#platform/ids";
import { after } from "#shared/durations";
import { parseId, type TenantId, type UserId } from "#shared/ids";
import type { Period } from "#shared/paging";
import { type ExportedUser, linesOf, securityEventRecord, userRecord } from "./export-lines.ts";
import { BATCH_ROWS } from "./exports.policy.ts";
import type { ExportRow } from "./exports.repository.ts";

/** A batch of rows of an export, as text. */
export interface Batch {
  readonly text: string;
  readonly rows: number;
  /** Null if the batch is empty. */
  readonly lastRowId: string | null;
}

/** The next rows after the last one written, oldest first: at most BATCH_ROWS, fewer only at the end. */
export const readBatch = async (db: Db, row: ExportRow): Promise<Batch> => {
  if (row.kind === "USERS") {
    const users = await readUsers(db, row);
    return batchOf(users, linesOf("USERS", row.format, users.map(userRecord)));
  }
  const events = await readSecurityEvents(db, row);
  return batchOf(events, linesOf("SECURITY_EVENTS", row.format, events.map(securityEventRecord)));
};

const batchOf = (rows: readonly { readonly id: string }[], text: string): Batch => ({
  text,
  rows: rows.length,
  lastRowId: rows.at(-1)?.id ?? null,
});

const readUsers = async (db: Db, { tenantId, filter, createdAt, lastRowId }: ExportRow): Promise<ExportedUser[]> => {
  const query = usersWanted(tenantId, filter as UserCriteria, createdAt);
  if (query === null) return [];
  const place = lastRowId === null ? null : { key: "", id: lastRowId };
  const slice = { limit: BATCH_ROWS, after: place, before: null, backward: false };
  const users = await listUsers(db, query, { field: "CREATED_AT", direction: "ASC" }, slice);
  return withRoles(db, tenantId, users);
};

/** Selects users who existed when the export was created. The filter was stored as JSON, with instants as text. */
const usersWanted = (tenantId: TenantId, filter: UserCriteria, createdAt: Date): UserQuery | null => {
  const period = until(filter.createdAt, createdAt);
  const wanted = userQueryOf({ ...filter, createdAt: period, lastLoginAt: revive(filter.lastLoginAt) });
  return wanted === "NONE" ? null : { ...wanted, scope: tenantId, now: createdAt };
};

const withRoles = async (db: Db, tenantId: TenantId, users: readonly User[]): Promise<ExportedUser[]> => {
  if (users.length === 0) return [];
  const members = (
    await listMembersOfUsers(
      db,
      users.map(({ id }) => id),
    )
  ).filter((member) => member.tenantId === tenantId);
  const held = members.length === 0 ? [] : await listRolesOfMemberships(db, members.map(({ id }) => id)); // biome-ignore format: one step
  const userOf = new Map(members.map(({ id, userId }) => [id, userId]));
  const roles = new Map<UserId, string[]>();
  for (const { membershipId, role } of held) {
    const userId = userOf.get(membershipId);
    if (userId) roles.set(userId, [...(roles.get(userId) ?? []), role.name]);
  }
  return users.map((user) => ({ ...user, tenantRoles: roles.get(user.id) ?? [] }));
};

const readSecurityEvents = async (
  db: Db,
  { tenantId, filter, createdAt, lastRowId }: ExportRow,
): Promise<SecurityEventRow[]> => {
  const { userId, types, levels, occurredAt } = filter as SecurityEventCriteria;
  const wanted = typesWithin(types, levels);
  if (wanted?.length === 0) return [];
  const period = until(occurredAt, createdAt);
  const query = {
    scope: tenantId,
    userId: userId == null ? null : parseId<UserId>(userId),
    types: wanted,
    // Skips the partitions before the last row.
    occurredAt: lastRowId === null ? period : { ...period, from: timeOfId(lastRowId) },
  };
  return listSecurityEvents(db, query, { limit: BATCH_ROWS, below: null, above: lastRowId, backward: true });
};

const revive = (period: Period | null | undefined): Period => ({
  from: period?.from == null ? null : new Date(period.from),
  to: period?.to == null ? null : new Date(period.to),
});

/** The part of a period up to and including the millisecond of creation. So an export ends, however fast rows are added. */
const until = (period: Period | null | undefined, createdAt: Date): Period => {
  const { from, to } = revive(period);
  const end = after(createdAt, 1);
  return { from, to: to != null && to < end ? to : end };
};
