import type { Db } from "#platform/database/database";
import { after } from "#shared/durations";
import type { UserId } from "#shared/ids";
import { ENTRY_BLOCK_MS } from "./factor-resets.policy.ts";
import { findLastResetDone } from "./factor-resets.repository.ts";

/**
 * The time until which a tenant refuses entry to a user who accepts its invitation. An invitation from before a reset of the second
 * factors must not admit an attacker who took over the account.
 * @param invitedAt null: treated as older than any reset
 * @returns null if no reset followed the invitation; the time may be in the past
 */
export const findEntryBlock = async (db: Db, userId: UserId, invitedAt: Date | null): Promise<Date | null> => {
  const reset = await findLastResetDone(db, userId);
  const isOlder = (doneAt: Date) => invitedAt === null || invitedAt < doneAt;
  return reset?.doneAt && isOlder(reset.doneAt) ? after(reset.doneAt, ENTRY_BLOCK_MS) : null;
};
