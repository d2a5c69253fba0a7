import { and, desc, eq, isNull, lt, or, type SQLWrapper, sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import type { RegistrationId } from "#shared/ids";
import type { RegistrationStatus } from "./registration.policy.ts";
import { registrations } from "./registrations.table.ts";

/** A row of the table of registrations. */
export type RegistrationRow = typeof registrations.$inferSelect;

/** Inserts a registration request. */
export const insertRegistration = async (db: Db, registration: RegistrationRow): Promise<void> => {
  await db.insert(registrations).values(registration);
};

/** Returns the registration with this id, including its password hash. */
export const findRegistrationById = async (db: Db, id: RegistrationId): Promise<RegistrationRow | null> => {
  const [row] = await db.select().from(registrations).where(eq(registrations.id, id));
  return row ?? null;
};

/** Returns the registration with this id, locked until the transaction ends. */
export const findRegistrationByIdForUpdate = async (db: Db, id: RegistrationId): Promise<RegistrationRow | null> => {
  const [row] = await db.select().from(registrations).where(eq(registrations.id, id)).for("update");
  return row ?? null;
};

/** Returns the registrations of an address that have not become a user, newest first. */
export const listUnclosedRegistrations = (db: Db, emailCanonical: string): Promise<RegistrationRow[]> =>
  db
    .select()
    .from(registrations)
    .where(and(eq(registrations.emailCanonical, emailCanonical), isNull(registrations.closedAt)))
    .orderBy(desc(registrations.id));

/**
 * Closes all registrations of an address that has a user now. Hash and username are deleted, because other people may have typed
 * them. The rows stay in their tenants' lists, so that no admin learns from a row's disappearance that the address has a user.
 * @returns those that were open
 */
export const updateRegistrationsClosed = (db: Db, emailCanonical: string, now: Date): Promise<RegistrationRow[]> =>
  db
    .update(registrations)
    .set({ closedAt: now, passwordHash: null, username: null })
    .where(and(eq(registrations.emailCanonical, emailCanonical), isNull(registrations.closedAt)))
    .returning();

/** Deletes a registration that has become a user, unless an admin decided it, because decisions stay on record. */
export const deleteUndecidedRegistration = async (db: Db, id: RegistrationId): Promise<number> =>
  (
    await db
      .delete(registrations)
      .where(and(eq(registrations.id, id), isNull(registrations.decidedAt)))
      .returning({ id: registrations.id })
  ).length;

/** Deletes registrations decided before `decidedBefore`, and undecided ones requested before `requestedBefore`. */
export const deleteOldRegistrations = async (
  db: Db,
  { decidedBefore, requestedBefore }: { readonly decidedBefore: Date; readonly requestedBefore: Date },
): Promise<number> => {
  const undecided = and(isNull(registrations.decidedAt), lt(registrations.requestedAt, requestedBefore));
  const old = or(lt(registrations.decidedAt, decidedBefore), undecided);
  return (await db.delete(registrations).where(old).returning({ id: registrations.id })).length;
};

/** Deletes all registrations of an address. */
export const deleteRegistrationsOf = async (db: Db, emailCanonical: string): Promise<void> => {
  await db.delete(registrations).where(eq(registrations.emailCanonical, emailCanonical));
};

/** The newest pending registration of an address, for a login. */
export interface WaitingRegistration {
  readonly status: RegistrationStatus;
  readonly passwordHash: string | null;
}

/** SQL: the newest registration with this canonical address that can still become a user, or null. */
export const waitingRegistration = (emailCanonical: SQLWrapper) => sql<WaitingRegistration | null>`(
  select jsonb_build_object('status', ${registrations.status}, 'passwordHash', ${registrations.passwordHash})
  from ${registrations}
  where ${registrations.emailCanonical} = ${emailCanonical} and ${registrations.closedAt} is null
    and ${registrations.status} <> 'REJECTED'
  order by ${registrations.id} desc limit 1)`;
