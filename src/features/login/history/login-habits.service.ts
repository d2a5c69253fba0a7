import type { Db } from "#platform/database/database";
import type { UserId } from "#shared/ids";
import { foldSuccesses, listUsersToFold } from "./login-habits.repository.ts";

/** The number of users per statement: it holds few locks, and only briefly. */
const BATCH = 200;

/**
 * Summarizes logins whose attempts are deleted, for the risk of later logins: their number, times and locations. Without it an idle
 * account would lose its history, and with it the signals that protect it.
 */
export class LoginHabits {
  constructor(private readonly deps: { db: Db }) {}

  /** Adds all successful logins before this instant to the habits of their users. Run it before older attempts are deleted. */
  async fold(before: Date): Promise<void> {
    let users: readonly UserId[] = [];
    do {
      users = await listUsersToFold(this.deps.db, { before, after: users.at(-1) ?? null, limit: BATCH });
      if (users.length > 0) await foldSuccesses(this.deps.db, users, before);
    } while (users.length === BATCH);
  }
}
