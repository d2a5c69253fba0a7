import {
  countSecurityEvents,
  findSecurityEvent,
  listSecurityEvents,
  type SecurityEventLevel,
  type SecurityEventRow,
  type SecurityEventType,
  securityEventsOf,
  subjectOf,
  typesWithin,
} from "#features/audit/index";
import type { UsersService } from "#features/users/index";
import { listChildPages } from "#platform/database/child-pages";
import type { Db } from "#platform/database/database";
import { canView, lookupScope, type TenantScope, tenantScope } from "#shared/access-policy";
import { parseId, type SecurityEventId, type TenantId, type UserId } from "#shared/ids";
import { ALWAYS, type Page, type PageRequest, type PagesOf, type Period, toPage, toSlice } from "#shared/paging";
import type { Viewer } from "#shared/viewer";

export interface SecurityEventCriteria {
  /** Absent: the viewer. */
  readonly userId?: string | null | undefined;
  /** Absent: all of them. */
  readonly types?: readonly SecurityEventType[] | null | undefined;
  /** Absent: any. */
  readonly levels?: readonly SecurityEventLevel[] | null | undefined;
  readonly occurredAt?: Period | null | undefined;
}

interface Scoped {
  readonly scope: TenantScope;
}

interface SecurityHistoryDeps {
  readonly db: Db;
  readonly users: Pick<UsersService, "getVisible">;
}

/** Users see all their own events, in whichever tenant they happened. */
const scopeOf = (viewer: Viewer, subject: UserId): TenantScope =>
  subject === viewer.userId ? "ALL" : tenantScope(viewer);

/** Reads the part of the audit log that the viewer may see. */
export class SecurityHistory {
  constructor(private readonly deps: SecurityHistoryDeps) {}

  /**
   * Returns a page of one user's events, newest first.
   * @throws {AppError} FORBIDDEN if a plain user names another user, NOT_FOUND if the viewer may see no such user
   */
  async list(
    viewer: Viewer,
    { userId, types, levels, occurredAt }: SecurityEventCriteria,
    page: PageRequest,
  ): Promise<Page<SecurityEventRow>> {
    const subject = subjectOf(viewer, userId);
    const slice = toSlice(page);
    const query = {
      scope: scopeOf(viewer, subject),
      userId: subject,
      types: typesWithin(types, levels),
      occurredAt: occurredAt ?? ALWAYS,
    };
    const { db } = this.deps;
    const rows = await listSecurityEvents(db, query, slice);
    // Checked only for an empty list, because events outlive their user and an admin may still read them.
    if (rows.length === 0 && subject !== viewer.userId) await this.deps.users.getVisible(viewer, subject);
    return toPage(rows, slice, () => countSecurityEvents(db, query));
  }

  /** Returns the tenants in which the viewer may see events of this user. */
  scopeOf(viewer: Viewer, subject: UserId): TenantScope {
    return scopeOf(viewer, subject);
  }

  /** Pages of the events of users within the scope, newest first. @throws {AppError} BAD_USER_INPUT */
  readonly pagesOfUsers: PagesOf<Omit<SecurityEventCriteria, "userId"> & Scoped, UserId, SecurityEventRow> =
    ({ filter: { scope, types, levels, occurredAt }, page }) =>
    async (userIds) => {
      const { db } = this.deps;
      const query = { scope, userId: null, types: typesWithin(types, levels), occurredAt: occurredAt ?? ALWAYS };
      return listChildPages(db, userIds, securityEventsOf(db, "userId", query), toSlice(page));
    };

  /** Pages of all events in tenants, newest first. A user of another tenant has no events in it. @throws {AppError} BAD_USER_INPUT */
  readonly pagesOfTenants: PagesOf<SecurityEventCriteria, TenantId, SecurityEventRow> =
    ({ filter: { userId, types, levels, occurredAt }, page }) =>
    async (tenantIds) => {
      const { db } = this.deps;
      const slice = toSlice(page);
      const subject = userId == null ? null : parseId<UserId>(userId);
      const wanted = typesWithin(types, levels);
      if ((userId != null && subject === null) || wanted?.length === 0)
        return tenantIds.map(() => toPage([], slice, async () => 0));
      const query = { scope: "ALL", userId: subject, types: wanted, occurredAt: occurredAt ?? ALWAYS } as const;
      const [only, ...others] = tenantIds;
      // For a single tenant, a separate query, so that a rare type is not searched among all others.
      if (only && others.length === 0) {
        const rows = await listSecurityEvents(db, { ...query, scope: only }, slice);
        return [toPage(rows, slice, () => countSecurityEvents(db, { ...query, scope: only }))];
      }
      return listChildPages(db, tenantIds, securityEventsOf(db, "tenantId", query), slice);
    };

  /** Returns the event with this id if the viewer may see it; else null. */
  async findVisible(viewer: Viewer, id: string): Promise<SecurityEventRow | null> {
    const eventId = parseId<SecurityEventId>(id);
    const event = eventId && (await findSecurityEvent(this.deps.db, lookupScope(viewer), eventId));
    return event && canView(viewer, event, "audit:read") ? event : null;
  }
}
