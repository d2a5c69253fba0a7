import { asSeen, type Session } from "#features/sessions/index";
import type { User, UserStatus, UsersService } from "#features/users/index";
import type { Clock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { ipAddressFaults, normalizeIpAddress } from "#platform/ip-address";
import { canonicalDomain } from "#shared/emails";
import { badInput } from "#shared/errors";
import { parseId, type RoleId } from "#shared/ids";
import { toOrderedPage, toOrderedSlice } from "#shared/ordered-paging";
import { ALWAYS, type Page, type PageRequest, type Period, toPage, toSlice } from "#shared/paging";
import type { Viewer } from "#shared/viewer";
import { tenantScope } from "#shared/visibility";
import { searchFaults } from "./administration.policy.ts";
import { countSessions, listSessions } from "./directory.repository.ts";
import { domainFaults, isKeyOf, placeOf, type UserFactor, type UserOrder } from "./user-list.policy.ts";
import { countUsers, listUsers } from "./user-list.repository.ts";

export interface UserCriteria {
  readonly search?: string | null | undefined;
  readonly emailDomain?: string | null | undefined;
  readonly roleId?: string | null | undefined;
  readonly factor?: UserFactor | null | undefined;
  readonly lastLoginAt?: Period | null | undefined;
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
    const { search, emailDomain, roleId } = criteria;
    const faults = [
      ...(search ? searchFaults(search, "filter.search") : []),
      ...(emailDomain == null ? [] : domainFaults(emailDomain, "filter.emailDomain")),
    ];
    if (faults.length > 0) throw badInput(...faults);
    const slice = toOrderedSlice(page, order, (key) => isKeyOf(order.field, key));
    const role = roleId == null ? null : parseId<RoleId>(roleId);
    if (roleId != null && role === null) return toPage([], toSlice({}), async () => 0);
    const query = {
      scope: tenantScope(viewer),
      search: search?.trim() || null,
      emailDomain: emailDomain == null ? null : canonicalDomain(emailDomain),
      status: criteria.status ?? null,
      isOperator: criteria.isOperator ?? null,
      roleId: role,
      factor: criteria.factor ?? null,
      createdAt: criteria.createdAt ?? ALWAYS,
      lastLoginAt: criteria.lastLoginAt ?? ALWAYS,
    };
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
