import type { AuditLog } from "#features/audit/index";
import { deleteLoginAttempts } from "#features/login/index";
import { deleteUser, type User } from "#features/users/index";
import type { Db } from "#platform/database/database";
import type { ClientInfo } from "#shared/client-info";
import type { UserId } from "#shared/ids";

/**
 * Deletes a user with all their data: sessions, devices, password and links by their foreign keys. The events remain, without
 * personal data, and one records the deletion.
 */
export const eraseUser = async (
  tx: Db,
  events: Pick<AuditLog, "record" | "anonymizeUser">,
  { id, tenantId }: Pick<User, "id" | "tenantId">,
  deleter?: { readonly by: UserId; readonly client: ClientInfo },
): Promise<void> => {
  await events.anonymizeUser(tx, id);
  await deleteLoginAttempts(tx, id);
  await events.record(tx, {
    type: "ACCOUNT_DELETED",
    tenantId,
    userId: id,
    ...(deleter && { client: deleter.client, details: { by: deleter.by } }),
  });
  await deleteUser(tx, id);
};
