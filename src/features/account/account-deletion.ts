import type { AuditLog } from "#features/audit/index";
import {
  hasOtherActiveAdmin,
  hasOtherActiveOperator,
  hasOtherMembers,
  listTenantsAdministeredBy,
} from "#features/memberships/index";
import { deleteRegistrationsOf } from "#features/registration/index";
import { lockTenant } from "#features/tenants/index";
import { findUserById, findUserForUpdate, lastAdmin, lastOperator, type User } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import type { MailQueue } from "#platform/mail/index";
import type { ClientInfo } from "#shared/client-info";
import { AppError } from "#shared/errors";
import type { TenantId, UserId } from "#shared/ids";
import { toLocale } from "#shared/locales";
import { eraseUser } from "./erase-user.ts";
import { ACCOUNT_DELETED } from "./mails/account-deleted.ts";

export interface AccountDeletionDeps {
  readonly clock: Clock;
  readonly mails: Pick<MailQueue, "enqueue">;
  readonly events: Pick<AuditLog, "record" | "anonymizeUser">;
}

/** A user whose row is locked together with the tenants that a deletion affects. */
export interface DeletableUser {
  readonly user: User;
  /** The tenants in which the user is an active ADMIN. */
  readonly administered: readonly TenantId[];
}

/** The admin deleting another user. */
export interface Deleter {
  readonly by: UserId;
  readonly client: ClientInfo;
}

/**
 * Locks the tenants that the user administers, the home tenant, and then the user. Of two concurrent deletions, the second
 * finds no user.
 * @returns null if the user does not exist
 * @throws {AppError} CONFLICT if the user became an admin of another tenant, or their home moved, before the locks were held
 */
export const lockForDeletion = async (tx: Db, id: UserId): Promise<DeletableUser | null> => {
  const found = await findUserById(tx, id);
  if (found === null) return null;
  const locked = new Set([...(await listTenantsAdministeredBy(tx, id)), found.tenantId]);
  for (const tenantId of [...locked].sort()) await lockTenant(tx, tenantId);
  const user = await findUserForUpdate(tx, id);
  if (user === null) return null;
  const administered = await listTenantsAdministeredBy(tx, id);
  if (![...administered, user.tenantId].every((tenantId) => locked.has(tenantId)))
    throw new AppError("CONFLICT", { message: "The user's memberships changed concurrently. Try again." });
  return { user, administered };
};

/**
 * Deletes the locked user with all their data, and notifies them by mail.
 * @param deleter absent if the user deletes their own account
 * @throws {AppError} CONFLICT/LAST_ADMIN for the last admin of a tenant with other users, CONFLICT/LAST_OPERATOR
 */
export const deleteLockedUser = async (
  tx: Db,
  { user, administered }: DeletableUser,
  { clock, events, mails }: AccountDeletionDeps,
  deleter?: Deleter,
): Promise<void> => {
  for (const tenantId of administered) if (await isIndispensable(tx, { id: user.id, tenantId })) throw lastAdmin();
  if (user.roles.includes("OPERATOR") && !(await hasOtherActiveOperator(tx, user))) throw lastOperator();
  await mails.enqueue(tx, ACCOUNT_DELETED, {
    to: user.email,
    locale: toLocale(user.locale),
    data: { name: user.name, at: clock.now(), ...(deleter && { byAdmin: true }) },
  });
  await deleteRegistrationsOf(tx, user.emailCanonical);
  await eraseUser(tx, events, user, deleter);
};

/** Whether the user is the last admin of a tenant that others depend on. */
const isIndispensable = async (tx: Db, admin: { readonly id: UserId; readonly tenantId: TenantId }): Promise<boolean> =>
  !(await hasOtherActiveAdmin(tx, admin)) && (await hasOtherMembers(tx, admin));
