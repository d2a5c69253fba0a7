import type { Db } from "#platform/database/database";
import type { UserId } from "#shared/ids";
import { foldSuccesses, listUsersToFold } from "./login-habits.repository.ts";

/** Users in one statement: it locks little, and not for long. */
const BATCH = 200;

/**
 * Keeps what the risk of a login needs to know of logins whose attempts are dropped: how many there were, when, and where.
 * Without it an idle account would lose its history, and with it the signals that protect it.
 */
export class LoginHabits {
  constructor(private readonly deps: { db: Db }) {}

  /** Counts all successes before this instant in the habits of their users. Run before older attempts are dropped. */
  async fold(before: Date): Promise<void> {
    let users: readonly UserId[] = [];
    do {
      users = await listUsersToFold(this.deps.db, { before, after: users.at(-1) ?? null, limit: BATCH });
      if (users.length > 0) await foldSuccesses(this.deps.db, users, before);
    } while (users.length === BATCH);
  }
}
