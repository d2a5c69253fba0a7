import type { Clock } from "#platform/clock";
import { listChildPages } from "#platform/database/child-pages";
import type { Db } from "#platform/database/database";
import { tenantScope } from "#shared/access-policy";
import type { TenantId } from "#shared/ids";
import { type Page, type PageRequest, type PagesOf, toPage, toSlice } from "#shared/paging";
import type { Viewer } from "#shared/viewer";
import { type InvitationStatus, statusOf } from "./invitations.policy.ts";
import {
  countInvitations,
  type InvitationRow,
  invitationsOfTenants,
  listInvitations,
} from "./invitations.repository.ts";
import type { Invitation } from "./invitations.service.ts";

/** Filters for a list of invitations. */
export interface InvitationCriteria {
  readonly status?: InvitationStatus | null | undefined;
}

/** Lists the invitations into tenants. */
export class InvitationLists {
  constructor(private readonly deps: { readonly db: Db; readonly clock: Clock }) {}

  /**
   * A page of invitations, newest first: of the tenant, for operators of all tenants.
   * @throws {AppError} BAD_USER_INPUT
   */
  async list(viewer: Viewer, { status }: InvitationCriteria, page: PageRequest): Promise<Page<Invitation>> {
    const { clock, db } = this.deps;
    const slice = toSlice(page);
    const query = { scope: tenantScope(viewer), status: status ?? null, now: clock.now() };
    const found = toPage(await listInvitations(db, query, slice), slice, () => countInvitations(db, query));
    return withStatuses(found, query.now);
  }

  /**
   * Pages of the invitations into tenants, newest first.
   * @throws {AppError} BAD_USER_INPUT
   */
  readonly pagesOfTenants: PagesOf<InvitationCriteria, TenantId, Invitation> =
    ({ filter: { status }, page }) =>
    async (tenantIds) => {
      const { clock, db } = this.deps;
      const query = { scope: "ALL", status: status ?? null, now: clock.now() } as const;
      const invited = invitationsOfTenants(db, query);
      const pages = await listChildPages<TenantId, InvitationRow>(db, tenantIds, invited, toSlice(page));
      return pages.map((found) => withStatuses(found, query.now));
    };
}

const withStatuses = ({ rows, ...rest }: Page<InvitationRow>, now: Date): Page<Invitation> => ({
  ...rest,
  rows: rows.map((row) => ({ ...row, status: statusOf(row, now) })),
});
