import type { Db } from "../../platform/database/database.ts";
import { AppError, badInput } from "../../shared/errors.ts";
import { parseId, type UserId } from "../../shared/ids.ts";
import { inOrderOf } from "../../shared/in-order-of.ts";
import type { Viewer } from "../../shared/viewer.ts";
import { maySee, tenantScope } from "../../shared/visibility.ts";
import { localeFaults, nameFaults } from "./users.policy.ts";
import { findUserById, findUserInScope, listUsersByIds, type User, updateUser } from "./users.repository.ts";

export type { User };

export interface ProfileChanges {
  readonly name?: string | null | undefined;
  readonly locale?: string | null | undefined;
}

/** Finding users, as far as the viewer may see them, and changing the own profile. */
export class UsersService {
  readonly #db: Db;

  constructor({ db }: { db: Db }) {
    this.#db = db;
  }

  /** The user with this id. Throws NOT_FOUND. */
  async get(id: UserId): Promise<User> {
    return (await findUserById(this.#db, id)) ?? notFound();
  }

  /** The user with this id where the viewer may see it; else null. */
  async findVisible(viewer: Viewer, id: string): Promise<User | null> {
    const userId = parseId<UserId>(id);
    const user = userId && (await findUserInScope(this.#db, tenantScope(viewer), userId));
    return user && maySee(viewer, { userId: user.id, tenantId: user.tenantId }) ? user : null;
  }

  /** The user with this id. Throws NOT_FOUND where there is none, or none that the viewer may see. */
  async getVisible(viewer: Viewer, id: string): Promise<User> {
    return (await this.findVisible(viewer, id)) ?? notFound();
  }

  /** Changes what is given: null clears the name, absent leaves it. Throws BAD_USER_INPUT. */
  async updateProfile(viewer: Viewer, { name, locale }: ProfileChanges): Promise<User> {
    const faults = [
      ...(name ? nameFaults(name, "input.name") : []),
      ...(locale ? localeFaults(locale, "input.locale") : []),
    ];
    if (faults.length > 0) throw badInput(...faults);
    const changes = { ...(name !== undefined && { name: name?.trim() || null }), ...(locale && { locale }) };
    if (Object.keys(changes).length === 0) return this.get(viewer.userId);
    return (await updateUser(this.#db, viewer.userId, changes)) ?? notFound();
  }

  /** For DataLoader. */
  readonly byIds = async (ids: readonly UserId[]): Promise<(User | null)[]> =>
    inOrderOf(ids, await listUsersByIds(this.#db, ids), (user) => user.id);
}

const notFound = (): never => {
  throw new AppError("NOT_FOUND");
};
