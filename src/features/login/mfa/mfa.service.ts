import { findUserForUpdate, updateUser } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { AppError } from "#shared/errors";
import type { AuthenticationMethod } from "#shared/factors";
import type { UserId } from "#shared/ids";
import type { Viewer } from "#shared/viewer";
import { isPreferable, type MfaState } from "./mfa.policy.ts";
import { findMfa, listMfaOfUsers } from "./mfa.repository.ts";

/** The second factors of users, and their preferred one. */
export class MfaService {
  constructor(private readonly deps: { db: Db }) {}

  /** For DataLoader. */
  readonly ofUsers = async (ids: readonly UserId[]): Promise<(MfaState | null)[]> => {
    const found = new Map((await listMfaOfUsers(this.deps.db, ids)).map((mfa) => [mfa.userId, mfa]));
    return ids.map((id) => found.get(id) ?? null);
  };

  /** Chooses the factor that logins offer first. @throws {AppError} BAD_REQUEST if it is not a second factor of the viewer */
  async setPreferred(viewer: Viewer, factor: AuthenticationMethod): Promise<void> {
    const outcome = await this.deps.db.transaction(async (tx) => {
      const user = await findUserForUpdate(tx, viewer.userId);
      const before = user && (await findMfa(tx, viewer.userId));
      if (!before) return "DELETED";
      if (!isPreferable(factor, before)) return "NOT_ON";
      await updateUser(tx, viewer.userId, { preferredFactor: factor });
      return "CHANGED";
    });
    if (outcome === "DELETED") throw new AppError("UNAUTHENTICATED");
    if (outcome === "NOT_ON")
      throw new AppError("BAD_REQUEST", { message: "Only TOTP or PASSKEY can be preferred, and it must be enabled." });
  }
}
