import type { Db } from "#platform/database/database";
import { canView, lookupScope } from "#shared/access-policy";
import { alignByKey } from "#shared/align-by-key";
import { AppError } from "#shared/errors";
import { parseId, type UserId } from "#shared/ids";
import type { Viewer } from "#shared/viewer";
import { findUserById, listUsersByIds, listUsersInScope, type User } from "./users.repository.ts";

export type { User };

/** Finding users visible to the viewer. */
export class UsersService {
  constructor(private readonly deps: { db: Db }) {}

  /** Returns the signed-in user. @throws {AppError} UNAUTHENTICATED if they have been deleted in the meantime */
  async get(id: UserId): Promise<User> {
    return (await findUserById(this.deps.db, id)) ?? deleted();
  }

  /** Returns the user with this id if the viewer may see them; else null. */
  async findVisible(viewer: Viewer, id: string): Promise<User | null> {
    const [user] = await this.listVisible(viewer, [id]);
    return user ?? null;
  }

  /** Returns the users with these ids that the viewer may see, unordered. */
  async listVisible(viewer: Viewer, ids: readonly string[]): Promise<User[]> {
    const userIds = ids.flatMap((id) => parseId<UserId>(id) ?? []);
    if (userIds.length === 0) return [];
    const users = await listUsersInScope(this.deps.db, lookupScope(viewer), userIds);
    return users.filter(({ id: userId, tenantId }) => canView(viewer, { userId, tenantId }, "users:read"));
  }

  /** Returns the user with this id. @throws {AppError} NOT_FOUND if there is no such user or the viewer may not see them */
  async getVisible(viewer: Viewer, id: string): Promise<User> {
    return (await this.findVisible(viewer, id)) ?? notFound();
  }

  /** For DataLoader. */
  readonly byIds = async (ids: readonly UserId[]): Promise<(User | null)[]> =>
    alignByKey(ids, await listUsersByIds(this.deps.db, ids), (user) => user.id);
}

const notFound = (): never => {
  throw new AppError("NOT_FOUND");
};

const deleted = (): never => {
  throw new AppError("UNAUTHENTICATED");
};
