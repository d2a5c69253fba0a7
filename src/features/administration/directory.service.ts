import { asSeen, type Session } from "#features/sessions/index";
import type { User, UserStatus, UsersService } from "#features/users/index";
import type { Clock } from "#platform/clock";
import { listChildPages } from "#platform/database/child-pages";
import type { Db } from "#platform/database/database";
import { ipAddressFaults, normalizeIpAddress } from "#platform/ip-address";
import { badInput } from "#shared/errors";
import { requireId, type TenantId, type UserId } from "#shared/ids";
import {
  ALWAYS,
  type Page,
  type PageRequest,
  type PagesOf,
  type Period,
  type Slice,
  toPage,
  toSlice,
} from "#shared/paging";
import type { Viewer } from "#shared/viewer";
import { type TenantScope, tenantScope } from "#shared/visibility";
import { searchFaults } from "./administration.policy.ts";
import {
  countSessions,
  countUsers,
  listSessions,
  listUsers,
  type SessionQuery,
  sessionsOfTenants,
  usersOfTenants,
} from "./directory.repository.ts";

export interface UserCriteria {
  readonly search?: string | null | undefined;
  readonly status?: UserStatus | null | undefined;
  readonly isOperator?: boolean | null | undefined;
  readonly createdAt?: Period | null | undefined;
}

export interface SessionCriteria {
  readonly userId?: string | null | undefined;
  readonly active?: boolean | null | undefined;
  readonly ipAddress?: string | null | undefined;
  readonly createdAt?: Period | null | undefined;
}

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

  /** A page of users, newest first. Throws BAD_USER_INPUT. */
  async users(viewer: Viewer, criteria: UserCriteria, page: PageRequest): Promise<Page<User>> {
    return this.#usersIn(tenantScope(viewer), criteria, page);
  }

  async #usersIn(scope: TenantScope, criteria: UserCriteria, page: PageRequest): Promise<Page<User>> {
    const query = { ...userQueryOf(criteria), scope };
    const slice = toSlice(page);
    const { db } = this.deps;
    return toPage(await listUsers(db, query, slice), slice, () => countUsers(db, query));
  }

  /** Pages of the users whose home is one of these tenants, newest first. @throws {AppError} BAD_USER_INPUT */
  readonly usersOfTenants: PagesOf<UserCriteria, TenantId, User> =
    ({ filter, page }) =>
    async (tenantIds) => {
      const [only, ...others] = tenantIds;
      // As the root field reads it: a search of one tenant has ways of its own.
      if (only && others.length === 0) return [await this.#usersIn(only, filter, page)];
      const { db } = this.deps;
      const list = usersOfTenants(db, { ...userQueryOf(filter), scope: "ALL" });
      return listChildPages(db, tenantIds, list, toSlice(page));
    };

  /** A page of sessions, newest first. Throws NOT_FOUND where the viewer may see no such user, BAD_USER_INPUT. */
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

  /** Pages of the sessions of the users whose home is one of these tenants, newest first. @throws {AppError} BAD_USER_INPUT */
  readonly sessionsOfTenants: PagesOf<SessionCriteria, TenantId, Session> =
    ({ filter: { userId, ...criteria }, page }) =>
    async (tenantIds) => {
      const { clock, db } = this.deps;
      const user = userId == null ? null : requireId<UserId>(userId);
      const query = { ...sessionQueryOf(criteria, clock.now()), userId: user };
      const slice = toSlice(page);
      const [only, ...others] = tenantIds;
      if (only && others.length === 0) return [await this.#sessionsIn({ ...query, scope: only }, slice)];
      const list = sessionsOfTenants(db, { ...query, scope: "ALL" });
      const pages = await listChildPages<TenantId, Session>(db, tenantIds, list, slice);
      return pages.map((found) => asSeenAt(found, query.now));
    };
}

/** @throws {AppError} BAD_USER_INPUT */
const userQueryOf = ({ search, status, isOperator, createdAt }: UserCriteria) => {
  const faults = search ? searchFaults(search, "filter.search") : [];
  if (faults.length > 0) throw badInput(...faults);
  return {
    search: search?.trim() || null,
    status: status ?? null,
    isOperator: isOperator ?? null,
    createdAt: createdAt ?? ALWAYS,
  };
};

/** @throws {AppError} BAD_USER_INPUT */
const sessionQueryOf = ({ active, ipAddress, createdAt }: SessionCriteria, now: Date) => {
  const faults = ipAddress != null ? ipAddressFaults(ipAddress, "filter.ipAddress") : [];
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
  rows: rows.map((session) => asSeen(session, now)),
});
