import type { Db } from "#platform/database/database";
import { violatedUniqueConstraint } from "#platform/database/errors";
import { networkOf } from "#platform/ip-address";
import type { Limits } from "#platform/limits/limits";
import type { ClientInfo } from "#shared/client-info";
import { AppError, badInput } from "#shared/errors";
import type { UserId } from "#shared/ids";
import { canonicalUsername, validateUsername } from "./users.policy.ts";
import { findUserByUsername } from "./users.repository.ts";

/** How many taken usernames one network may find out per hour, so that it cannot enumerate users. */
const TAKEN_USERNAME_LIMITS = { limit: 20, window: 3600 } as const;

export interface UsernamesDeps {
  readonly db: Db;
  readonly limits: Pick<Limits, "consume" | "refund">;
  /** Names that cannot be chosen, in canonical form. */
  readonly reserved: ReadonlySet<string>;
}

/** Whether usernames are free: public, but rate-limited against enumeration. */
export class Usernames {
  constructor(private readonly deps: UsernamesDeps) {}

  /**
   * Checks that a username is valid, and either free or already `owner`'s.
   * @throws {AppError} BAD_USER_INPUT, CONFLICT/USERNAME_TAKEN; RATE_LIMITED after 20 taken ones from one network in an hour
   */
  async requireFree(client: ClientInfo, username: string, path: string, owner: UserId | null = null): Promise<void> {
    const faults = validateUsername(username, path);
    if (faults.length > 0) throw badInput(...faults);
    const { db, limits, reserved } = this.deps;
    if (reserved.has(canonicalUsername(username))) throw badInput({ path, message: "This username is reserved." });
    const key = `usernames:${networkOf(client.ipAddress)}`;
    // Counted before the look-up, so that parallel calls cannot exceed the limit.
    const { exceeded, retryAfter } = await limits.consume(db, [{ key, ...TAKEN_USERNAME_LIMITS }]);
    if (exceeded) throw new AppError("RATE_LIMITED", { retryAfter });
    const holder = await findUserByUsername(db, canonicalUsername(username));
    if (holder !== null && holder.id !== owner) throw usernameTaken();
    await limits.refund(db, { reset: [], refund: [key] });
  }
}

/** The error if another user has the username. */
export const usernameTaken = (): AppError =>
  new AppError("CONFLICT", { reason: "USERNAME_TAKEN", message: "This username is taken." });

/** The constraint keeps the name known to the previous version; the next version can rename it. */
const UNIQUE_USERNAME = new Set(["users_username_unique", "users_username_canonical_key"]);

/** Maps a violation of the unique constraint, which resolves concurrent requests for one username, to the client's error. */
export const asUsernameTaken = (error: unknown): unknown =>
  UNIQUE_USERNAME.has(violatedUniqueConstraint(error) ?? "") ? usernameTaken() : error;
