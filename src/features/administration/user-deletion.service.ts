import { type AccountDeletionDeps, deleteLockedUser, lockForDeletion } from "#features/account/index";
import type { SessionAuthMethods, SessionsService } from "#features/sessions/index";
import type { UsersService } from "#features/users/index";
import type { Actor } from "#shared/actor";
import { AppError } from "#shared/errors";
import { parseId, type UserId } from "#shared/ids";
import { requireAuthorityOver, requireManagement } from "./managed-user.ts";

export interface UserDeletionDeps extends AccountDeletionDeps {
  readonly users: Pick<UsersService, "getVisible">;
  readonly sessions: Pick<SessionsService, "withSessionInvalidation">;
  readonly authMethods: Pick<SessionAuthMethods, "require">;
}

/** Lets admins delete users whose accounts they manage. */
export class UserDeletion {
  constructor(private readonly deps: UserDeletionDeps) {}

  /**
   * Deletes another user, as `AccountService.deleteAccount` does.
   * @throws {AppError} BAD_REQUEST for the viewer, NOT_FOUND, FORBIDDEN/MISSING_PERMISSION for an operator and for an admin if the
   * viewer is not one, FORBIDDEN/OTHER_MEMBERSHIPS, CONFLICT, CONFLICT/LAST_ADMIN, CONFLICT/LAST_OPERATOR
   */
  async delete({ viewer, client }: Actor, userId: string): Promise<{ deletedUserId: UserId }> {
    const { sessions, users } = this.deps;
    if (parseId<UserId>(userId) === viewer.userId)
      throw new AppError("BAD_REQUEST", { message: "This is your own account: use deleteAccount." });
    const { id } = requireAuthorityOver(viewer, await users.getVisible(viewer, userId));
    await sessions.withSessionInvalidation(id, async (tx) => {
      const locked = await lockForDeletion(tx, id);
      if (locked === null) throw new AppError("NOT_FOUND");
      // If two admins delete each other concurrently, the second no longer has a session.
      await this.deps.authMethods.require(tx, viewer);
      await requireManagement(tx, viewer, locked.user);
      await deleteLockedUser(tx, locked, this.deps, { by: viewer.userId, client });
    });
    return { deletedUserId: id };
  }
}
