import { and, eq, getTableColumns, isNull, type SQL } from "drizzle-orm";
import type { ChildList } from "#platform/database/child-pages";
import type { Db } from "#platform/database/database";
import { inScope } from "#platform/database/scope";
import { countUpToMax, inPeriod, inSlice, sliceOrder } from "#platform/database/slices";
import type { TenantScope } from "#shared/access-policy";
import type { RegistrationId, TenantId } from "#shared/ids";
import type { Period, Slice } from "#shared/paging";
import type { RegistrationStatus } from "./registration.policy.ts";
import type { RegistrationRow } from "./registrations.repository.ts";
import { registrations } from "./registrations.table.ts";

const { passwordHash, closedAt, ...shown } = getTableColumns(registrations);

/** The public part of a registration: without the password hash, and without whether the address has a user. */
export type Registration = Omit<RegistrationRow, "passwordHash" | "closedAt">;

export interface RegistrationQuery {
  readonly scope: TenantScope;
  readonly status: RegistrationStatus | null;
  readonly requestedAt: Period;
}

/** The registrations within the scope, newest first. */
export const listRegistrations = (db: Db, query: RegistrationQuery, slice: Slice): Promise<Registration[]> =>
  db
    .select(shown)
    .from(registrations)
    .where(and(wanted(query), inSlice(registrations.id, slice)))
    .orderBy(sliceOrder(registrations.id, slice))
    .limit(slice.limit);

/** The same registrations, as a list of each tenant. */
export const registrationsOfTenants = (db: Db, query: RegistrationQuery): ChildList => ({
  parent: registrations.tenantId,
  id: registrations.id,
  rows: (condition) =>
    db
      .select(shown)
      .from(registrations)
      .where(and(condition, wanted(query)))
      .$dynamic(),
});

/** Counts the registrations, up to MAX_COUNT + 1. */
export const countRegistrations = (db: Db, query: RegistrationQuery): Promise<number> =>
  countUpToMax(db, registrations, wanted(query));

const wanted = ({ scope, status, requestedAt }: RegistrationQuery): SQL | undefined =>
  and(
    inScope(registrations.tenantId, scope),
    status ? eq(registrations.status, status) : undefined,
    inPeriod(registrations.id, requestedAt),
  );

/** Returns the registration with this id if it is within the scope. */
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

/** Returns the whole registration, locked until the transaction ends, so that only one of two concurrent decisions wins. */
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

export type Decision = Pick<RegistrationRow, "status" | "decidedAt" | "decidedBy" | "reason"> &
  Partial<Pick<RegistrationRow, "passwordHash">>;

/** Stores the decision. */
export const updateRegistrationDecided = async (
  db: Db,
  id: RegistrationId,
  decision: Decision,
): Promise<Registration | null> => {
  const [row] = await db.update(registrations).set(decision).where(eq(registrations.id, id)).returning(shown);
  return row ?? null;
};

/** Whether an applicant with this address and without a password waits for the tenant's admins. */
export const hasWaitingWithoutPassword = async (
  db: Db,
  tenantId: TenantId,
  emailCanonical: string,
): Promise<boolean> => {
  const condition = and(isWaiting(tenantId, emailCanonical), isNull(registrations.passwordHash));
  return (await db.select({ id: registrations.id }).from(registrations).where(condition).limit(1)).length > 0;
};

const isWaiting = (tenantId: TenantId, emailCanonical: string) =>
  and(
    eq(registrations.tenantId, tenantId),
    eq(registrations.emailCanonical, emailCanonical),
    eq(registrations.status, "PENDING"),
    isNull(registrations.closedAt),
  );
