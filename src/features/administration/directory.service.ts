import { asSeen, type Session } from "#features/sessions/index";
import type { User, UsersService } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { ipAddressFaults, normalizeIpAddress } from "#platform/ip-address";
import { badInput } from "#shared/errors";
import { toOrderedPage, toOrderedSlice } from "#shared/ordered-paging";
import { ALWAYS, type Page, type PageRequest, type Period, toPage, toSlice } from "#shared/paging";
import type { Viewer } from "#shared/viewer";
import { tenantScope } from "#shared/visibility";
import { countSessions, listSessions } from "./directory.repository.ts";
import { type UserCriteria, userQueryOf } from "./user-criteria.ts";
import { isKeyOf, placeOf, type UserOrder } from "./user-list.policy.ts";
import { countUsers, listUsers } from "./user-list.repository.ts";

export interface SessionCriteria {
  readonly userId?: string | null | undefined;
  readonly active?: boolean | null | undefined;
  readonly ipAddress?: string | null | undefined;
  readonly createdAt?: Period | null | undefined;
}

const NEWEST_FIRST: UserOrder = { field: "CREATED_AT", direction: "DESC" };

interface DirectoryDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly users: Pick<UsersService, "findVisible" | "getVisible">;
}

/** What an admin console reads: the people of the tenant and their sessions; for operators those of all tenants. */
export class DirectoryService {
  constructor(private readonly deps: DirectoryDeps) {}

  /** One user that the viewer may see; null otherwise. */
  user(viewer: Viewer, id: string): Promise<User | null> {
    return this.deps.users.findVisible(viewer, id);
  }

  /** A page of users in this order. Throws BAD_USER_INPUT. */
  async users(
    viewer: Viewer,
    criteria: UserCriteria,
    page: PageRequest,
    order: UserOrder = NEWEST_FIRST,
  ): Promise<Page<User>> {
    const query = userQueryOf(tenantScope(viewer), criteria, "filter");
    const slice = toOrderedSlice(page, order, (key) => isKeyOf(order.field, key));
    if (query === null) return toPage([], toSlice({}), async () => 0);
    const { db } = this.deps;
    return toOrderedPage(await listUsers(db, query, order, slice), slice, {
      order,
      placeOf: (user) => placeOf(order.field, user),
      count: () => countUsers(db, query),
    });
  }

  /** A page of sessions, newest first. Throws NOT_FOUND where the viewer may see no such user, BAD_USER_INPUT. */
  async sessions(
    viewer: Viewer,
    { userId, active, ipAddress, createdAt }: SessionCriteria,
    page: PageRequest,
  ): Promise<Page<Session>> {
    const faults = ipAddress != null ? ipAddressFaults(ipAddress, "filter.ipAddress") : [];
    if (faults.length > 0) throw badInput(...faults);
    const slice = toSlice(page);
    const now = this.deps.clock.now();
    const user = userId != null ? await this.deps.users.getVisible(viewer, userId) : null;
    const query = {
      scope: tenantScope(viewer),
      userId: user?.id ?? null,
      active: active ?? null,
      ipAddress: ipAddress == null ? null : normalizeIpAddress(ipAddress),
      createdAt: createdAt ?? ALWAYS,
      now,
    };
    const { db } = this.deps;
    const rows = await listSessions(db, query, slice);
    return toPage(
      rows.map((session) => asSeen(session, now)),
      slice,
      () => countSessions(db, query),
    );
  }
}
