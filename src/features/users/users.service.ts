import type { Db } from "#platform/database/database";
import { canView, lookupScope } from "#shared/access-policy";
import { alignByKey } from "#shared/align-by-key";
import { AppError, badInput } from "#shared/errors";
import { parseId, type UserId } from "#shared/ids";
import { normalizeLocale } from "#shared/locales";
import { cleanNameOrNull } from "#shared/names";
import type { Viewer } from "#shared/viewer";
import { validateName } from "./users.policy.ts";
import { findUserById, listUsersByIds, listUsersInScope, type User, updateUser } from "./users.repository.ts";

export type { User };

export interface ProfileChanges {
  readonly name?: string | null | undefined;
  readonly locale?: string | null | undefined;
}

/** Finding users visible to the viewer, and updating the viewer's own profile. */
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

  /** Applies the given changes: null clears the name, absent leaves it unchanged. @throws {AppError} BAD_USER_INPUT */
  async updateProfile(viewer: Viewer, { name, locale }: ProfileChanges): Promise<User> {
    const faults = name ? validateName(name, "input.name") : [];
    if (faults.length > 0) throw badInput(...faults);
    const changes = {
      ...(name !== undefined && { name: cleanNameOrNull(name) }),
      ...(locale && { locale: normalizeLocale(locale) }),
    };
    if (Object.keys(changes).length === 0) return this.get(viewer.userId);
    return (await updateUser(this.deps.db, viewer.userId, changes)) ?? deleted();
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
