import type { Db } from "#platform/database/database";
import { after } from "#shared/durations";
import type { UserId } from "#shared/ids";
import { ENTRY_BLOCKED } from "./factor-resets.policy.ts";
import { findLastResetDone } from "./factor-resets.repository.ts";

/**
 * Until when a tenant refuses entry to a user who accepts its invitation: an invitation from before a reset of the second factors
 * must not let in an attacker who took the account over.
 * @param invitedAt null: treated as older than any reset
 * @returns null if there was no such reset since; the instant may be past
 */
export const findEntryBlock = async (db: Db, userId: UserId, invitedAt: Date | null): Promise<Date | null> => {
  const reset = await findLastResetDone(db, userId);
  const isOlder = (doneAt: Date) => invitedAt === null || invitedAt < doneAt;
  return reset?.doneAt && isOlder(reset.doneAt) ? after(reset.doneAt, ENTRY_BLOCKED) : null;
};
