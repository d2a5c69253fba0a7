import { type Session, withEffectiveStatus } from "#features/sessions/index";
import type { User, UsersService } from "#features/users/index";
import type { Clock } from "#platform/clock";
import { listChildPages } from "#platform/database/child-pages";
import type { Db } from "#platform/database/database";
import { normalizeIpAddress, validateIpAddress } from "#platform/ip-address";
import { type TenantScope, tenantScope } from "#shared/access-policy";
import { badInput } from "#shared/errors";
import { parseId, type TenantId, type UserId } from "#shared/ids";
import { toOrderedPage, toOrderedSlice } from "#shared/ordered-paging";
import {
  ALWAYS,
  EMPTY_PAGE,
  type Page,
  type PageRequest,
  type PagesOf,
  type Period,
  type Slice,
  toPage,
  toSlice,
} from "#shared/paging";
import type { Viewer } from "#shared/viewer";
import { requireRightToFilter, type UserCriteria, userQueryOf } from "./user-criteria.ts";
import { countSessions, listSessions, type SessionQuery, sessionsOfTenants } from "./user-directory.repository.ts";
import { isKeyOf, positionOf, type UserOrder } from "./user-list.policy.ts";
import { countUsers, listUsers, usersOfTenants } from "./user-list.repository.ts";

export interface SessionCriteria {
  readonly userId?: string | null | undefined;
  readonly active?: boolean | null | undefined;
  readonly ipAddress?: string | null | undefined;
  readonly createdAt?: Period | null | undefined;
}

const NEWEST_FIRST: UserOrder = { field: "CREATED_AT", direction: "DESC" };

interface UserDirectoryDeps {
  readonly db: Db;
  readonly clock: Clock;
  readonly users: Pick<UsersService, "findVisible" | "getVisible">;
}

/** The reads of an admin console: the users of the tenant and their sessions; for operators those of all tenants. */
export class UserDirectory {
  constructor(private readonly deps: UserDirectoryDeps) {}

  /** @returns a user that the viewer may see, or null */
  user(viewer: Viewer, id: string): Promise<User | null> {
    return this.deps.users.findVisible(viewer, id);
  }

  /**
   * A page of users in this order.
   * @throws {AppError} BAD_USER_INPUT
   */
  async users(
    viewer: Viewer,
    criteria: UserCriteria,
    page: PageRequest,
    order: UserOrder = NEWEST_FIRST,
  ): Promise<Page<User>> {
    requireRightToFilter(viewer, criteria);
    return this.#usersIn(tenantScope(viewer), criteria, page, order);
  }

  async #usersIn(
    scope: TenantScope,
    criteria: UserCriteria,
    page: PageRequest,
    order: UserOrder = NEWEST_FIRST,
  ): Promise<Page<User>> {
    const wanted = userQueryOf(criteria);
    const slice = toOrderedSlice(page, order, (key) => isKeyOf(order.field, key));
    if (wanted === "NONE") return EMPTY_PAGE;
    const query = { ...wanted, scope, now: this.deps.clock.now() };
    const { db } = this.deps;
    return toOrderedPage(await listUsers(db, query, order, slice), slice, {
      order,
      positionOf: (user) => positionOf(order.field, user),
      count: () => countUsers(db, query),
    });
  }

  /**
   * Pages of the users whose home is one of these tenants, newest first.
   * @throws {AppError} BAD_USER_INPUT
   */
  readonly usersOfTenants: PagesOf<UserCriteria, TenantId, User> =
    ({ filter, page }) =>
    async (tenantIds) => {
      const [only, ...others] = tenantIds;
      // Uses the query of the root field, which has faster paths for a search within one tenant.
      if (only && others.length === 0) return [await this.#usersIn(only, filter, page)];
      const wanted = userQueryOf(filter);
      const slice = toSlice(page);
      if (wanted === "NONE") return tenantIds.map(() => EMPTY_PAGE);
      const { clock, db } = this.deps;
      const query = { ...wanted, scope: "ALL", now: clock.now() } as const;
      return listChildPages(db, tenantIds, usersOfTenants(db, query), slice);
    };

  /**
   * A page of sessions, newest first.
   * @throws {AppError} NOT_FOUND if the viewer may not see the user, BAD_USER_INPUT
   */
  async sessions(viewer: Viewer, criteria: SessionCriteria, page: PageRequest): Promise<Page<Session>> {
    const wanted = sessionQueryOf(criteria, this.deps.clock.now());
    const slice = toSlice(page);
    const user = criteria.userId != null ? await this.deps.users.getVisible(viewer, criteria.userId) : null;
    return this.#sessionsIn({ ...wanted, scope: tenantScope(viewer), userId: user?.id ?? null }, slice);
  }

  async #sessionsIn(query: SessionQuery, slice: Slice): Promise<Page<Session>> {
    const { db } = this.deps;
    const rows = await listSessions(db, query, slice);
    return asSeenAt(
      toPage(rows, slice, () => countSessions(db, query)),
      query.now,
    );
  }

  /**
   * Pages of the sessions of the users whose home is one of these tenants, newest first.
   * @throws {AppError} BAD_USER_INPUT
   */
  readonly sessionsOfTenants: PagesOf<SessionCriteria, TenantId, Session> =
    ({ filter: { userId, ...criteria }, page }) =>
    async (tenantIds) => {
      const { clock, db } = this.deps;
      const user = userId == null ? null : parseId<UserId>(userId);
      const query = { ...sessionQueryOf(criteria, clock.now()), userId: user };
      const slice = toSlice(page);
      if (userId != null && user === null) return tenantIds.map(() => EMPTY_PAGE);
      const [only, ...others] = tenantIds;
      if (only && others.length === 0) return [await this.#sessionsIn({ ...query, scope: only }, slice)];
      const list = sessionsOfTenants(db, { ...query, scope: "ALL" });
      const pages = await listChildPages<TenantId, Session>(db, tenantIds, list, slice);
      return pages.map((found) => asSeenAt(found, query.now));
    };
}

/** @throws {AppError} BAD_USER_INPUT */
const sessionQueryOf = ({ active, ipAddress, createdAt }: SessionCriteria, now: Date) => {
  const faults = ipAddress != null ? validateIpAddress(ipAddress, "filter.ipAddress") : [];
  if (faults.length > 0) throw badInput(...faults);
  return {
    active: active ?? null,
    ipAddress: ipAddress == null ? null : normalizeIpAddress(ipAddress),
    createdAt: createdAt ?? ALWAYS,
    now,
  };
};

const asSeenAt = ({ rows, ...rest }: Page<Session>, now: Date): Page<Session> => ({
  ...rest,
  rows: rows.map((session) => withEffectiveStatus(session, now)),
});
