import { and, arrayContains, desc, eq, getTableColumns, isNotNull, lt, or, type SQLWrapper, sql } from "drizzle-orm";
import type { Db } from "../../platform/database/database.ts";
import { inScope } from "../../platform/database/scope.ts";
import type { RegistrationId, TenantId } from "../../shared/ids.ts";
import type { Slice } from "../../shared/paging.ts";
import type { TenantScope } from "../../shared/visibility.ts";
import { type User, users } from "../users/index.ts";
import type { RegistrationStatus } from "./registration.policy.ts";
import { registrations } from "./registrations.table.ts";

/** A registration as its table has it. */
export type RegistrationRow = typeof registrations.$inferSelect;

const { passwordHash, ...shown } = getTableColumns(registrations);

/** What a registration shows of itself: no password's hash leaves the repository without need. */
export type Registration = Omit<RegistrationRow, "passwordHash">;

/** Inserts what somebody asked for. */
export const insertRegistration = async (db: Db, registration: RegistrationRow): Promise<void> => {
  await db.insert(registrations).values(registration);
};

export interface RegistrationQuery {
  readonly scope: TenantScope;
  readonly status: RegistrationStatus | null;
}

/** The registrations within the scope, newest first. */
export const listRegistrations = (
  db: Db,
  { scope, status }: RegistrationQuery,
  slice: Slice,
): Promise<Registration[]> =>
  db
    .select(shown)
    .from(registrations)
    .where(
      and(
        inScope(registrations.tenantId, scope),
        status ? eq(registrations.status, status) : undefined,
        slice.before ? lt(registrations.id, slice.before as RegistrationId) : undefined,
      ),
    )
    .orderBy(desc(registrations.id))
    .limit(slice.limit);

/** The registration with this id, if it lies within the scope. */
export const findRegistration = async (
  db: Db,
  scope: TenantScope,
  id: RegistrationId,
): Promise<Registration | null> => {
  const [row] = await db
    .select(shown)
    .from(registrations)
    .where(and(eq(registrations.id, id), inScope(registrations.tenantId, scope)));
  return row ?? null;
};

/** The same with its password's hash, locked until the transaction ends, so that of two decisions one is the first. */
export const findRegistrationForUpdate = async (
  db: Db,
  scope: TenantScope,
  id: RegistrationId,
): Promise<RegistrationRow | null> => {
  const [row] = await db
    .select()
    .from(registrations)
    .where(and(eq(registrations.id, id), inScope(registrations.tenantId, scope)))
    .for("update");
  return row ?? null;
};

export type Decision = Pick<RegistrationRow, "status" | "decidedAt" | "decidedBy" | "reason">;

/** Notes what was decided, and forgets the password's hash. */
export const updateRegistrationDecided = async (
  db: Db,
  id: RegistrationId,
  decision: Decision,
): Promise<Registration | null> => {
  const [row] = await db
    .update(registrations)
    .set({ ...decision, passwordHash: null })
    .where(eq(registrations.id, id))
    .returning(shown);
  return row ?? null;
};

/** Deletes what was decided before the one instant, and what has waited since before the other. */
export const deleteOldRegistrations = async (
  db: Db,
  { decidedBefore, requestedBefore }: { readonly decidedBefore: Date; readonly requestedBefore: Date },
): Promise<number> => {
  const waitedTooLong = and(eq(registrations.status, "PENDING"), lt(registrations.requestedAt, requestedBefore));
  const old = or(lt(registrations.decidedAt, decidedBefore), waitedTooLong);
  return (await db.delete(registrations).where(old).returning({ id: registrations.id })).length;
};

/** Deletes all that was ever asked for with this address. */
export const deleteRegistrationsOf = async (db: Db, emailCanonical: string): Promise<void> => {
  await db.delete(registrations).where(eq(registrations.emailCanonical, emailCanonical));
};

/** Locks what waits with this address for the tenant's admins until the transaction ends. */
export const lockWaitingRegistrations = async (db: Db, tenantId: TenantId, emailCanonical: string): Promise<void> => {
  await db
    .select({ id: registrations.id })
    .from(registrations)
    .where(isWaiting(tenantId, emailCanonical))
    .orderBy(registrations.id)
    .for("update");
};

/** Whether somebody with this address waits for the tenant's admins. */
export const hasWaitingRegistration = async (db: Db, tenantId: TenantId, emailCanonical: string): Promise<boolean> => {
  const waiting = await db
    .select({ id: registrations.id })
    .from(registrations)
    .where(isWaiting(tenantId, emailCanonical))
    .limit(1);
  return waiting.length > 0;
};

/** Deletes what waits with this address for the tenant's admins, and would come with a password. */
export const deleteWaitingWithPassword = async (
  db: Db,
  tenantId: TenantId,
  emailCanonical: string,
): Promise<number> => {
  const condition = and(isWaiting(tenantId, emailCanonical), isNotNull(registrations.passwordHash));
  return (await db.delete(registrations).where(condition).returning({ id: registrations.id })).length;
};

const isWaiting = (tenantId: TenantId, emailCanonical: string) =>
  and(
    eq(registrations.tenantId, tenantId),
    eq(registrations.emailCanonical, emailCanonical),
    eq(registrations.status, "PENDING"),
  );

/** In a query: the password's hash of the newest registration that waits with this canonical address, or null. */
export const waitingHash = (emailCanonical: SQLWrapper) => sql<string | null>`(
  select ${registrations.passwordHash} from ${registrations}
  where ${registrations.emailCanonical} = ${emailCanonical} and ${registrations.status} = 'PENDING'
    and ${registrations.passwordHash} is not null
  order by ${registrations.id} desc limit 1)`;

/** Who decides in this tenant: its active admins. */
export const listActiveAdmins = (db: Db, tenantId: TenantId): Promise<User[]> =>
  db
    .select()
    .from(users)
    .where(and(eq(users.tenantId, tenantId), eq(users.status, "ACTIVE"), arrayContains(users.roles, ["ADMIN"])));
