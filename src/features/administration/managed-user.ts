import { requireSoleHome } from "#features/memberships/index";
import type { User } from "#features/users/index";
import type { Db } from "#platform/database/database";
import { canManage } from "#shared/access-policy";
import { AppError } from "#shared/errors";
import type { Viewer } from "#shared/viewer";

/**
 * Ensures that the viewer may manage the account of this user, as read before the lock. Callers without the right must not be
 * able to make replicas query the database about the user.
 * @throws {AppError} FORBIDDEN/MISSING_PERMISSION
 */
export const requireAuthorityOver = (viewer: Viewer, user: User): User => {
  if (!canManage(viewer, user, "users:manage")) throw new AppError("FORBIDDEN", { reason: "MISSING_PERMISSION" });
  return user;
};

/**
 * Checks the same for the locked user, and that other memberships allow it.
 * @throws {AppError} FORBIDDEN/MISSING_PERMISSION, FORBIDDEN/OTHER_MEMBERSHIPS
 */
export const requireManagement = async (tx: Db, viewer: Viewer, user: User): Promise<User> => {
  await requireSoleHome(tx, viewer, requireAuthorityOver(viewer, user));
  return user;
};
