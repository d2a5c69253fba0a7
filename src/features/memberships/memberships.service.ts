import { listChildPages } from "#platform/database/child-pages";
import type { Db } from "#platform/database/database";
import { canView } from "#shared/access-policy";
import { alignByKey } from "#shared/align-by-key";
import { type MembershipId, parseId, type RoleId, type TenantId, type UserId } from "#shared/ids";
import type { MembershipStatus } from "#shared/memberships";
import { ALWAYS, EMPTY_PAGE, type PagesOf, type Period, toSlice } from "#shared/paging";
import type { Viewer } from "#shared/viewer";
import {
  findMemberById,
  listMembersOfUsers,
  listRolesByIds,
  listRolesOfMemberships,
  listRolesOfTenants,
  type Member,
  membersOfTenants,
  type RoleRow,
} from "./memberships.repository.ts";
import type { PermissionCatalogue } from "./permission-catalogue.ts";

export type { Member, RoleRow };

export interface MemberCriteria {
  readonly status?: MembershipStatus | null | undefined;
  readonly roleId?: string | null | undefined;
  readonly joinedAt?: Period | null | undefined;
}

/** The most roles of a tenant. */
export const MAX_ROLES = 100;

/** Reads memberships and roles that the viewer may see. */
export class MembershipsService {
  constructor(private readonly deps: { readonly db: Db; readonly permissionCatalogue: PermissionCatalogue }) {}

  /**
   * Pages of the members of tenants, newest first.
   * @throws {AppError} BAD_USER_INPUT
   */
  readonly pagesOfTenants: PagesOf<MemberCriteria, TenantId, Member> =
    ({ filter: { status, roleId, joinedAt }, page }) =>
    async (tenantIds) => {
      const { db } = this.deps;
      const slice = toSlice(page);
      const role = roleId == null ? null : parseId<RoleId>(roleId);
      if (roleId != null && role === null) return tenantIds.map(() => EMPTY_PAGE);
      const members = membersOfTenants(db, { status: status ?? null, roleId: role, joinedAt: joinedAt ?? ALWAYS });
      return listChildPages(db, tenantIds, members, slice);
    };

  /** The membership with this id if the viewer may see it; otherwise null. */
  async findVisible(viewer: Viewer, id: string): Promise<Member | null> {
    const membershipId = parseId<MembershipId>(id);
    const found = membershipId && (await findMemberById(this.deps.db, membershipId));
    return found && canView(viewer, found, "members:read") ? found : null;
  }

  /** The role with this id if it belongs to the viewer's tenant, or to any tenant for operators; otherwise null. */
  async findVisibleRole(viewer: Viewer, id: string): Promise<RoleRow | null> {
    const roleId = parseId<RoleId>(id);
    const [role] = roleId ? await listRolesByIds(this.deps.db, [roleId]) : [];
    return role && (viewer.isOperator || role.tenantId === viewer.tenantId) ? role : null;
  }

  /** The memberships that the viewer may see: all of their own, and those of others in the tenant of the access token. */
  visibleOf(viewer: Viewer, members: readonly Member[]): readonly Member[] {
    return members.filter((member) => canView(viewer, member, "members:read"));
  }

  /** The permissions of the role, in the order of tokens. */
  permissionsOf(role: Pick<RoleRow, "builtIn" | "permissions">): readonly string[] {
    return this.deps.permissionCatalogue.of([role]);
  }

  /** For DataLoader: the memberships of each user, the oldest first. */
  readonly byUsers = async (userIds: readonly UserId[]): Promise<Member[][]> => {
    const all = await listMembersOfUsers(this.deps.db, userIds);
    return userIds.map((userId) => all.filter((member) => member.userId === userId));
  };

  /** For DataLoader: the roles of each membership. */
  readonly rolesByMemberships = async (ids: readonly MembershipId[]): Promise<RoleRow[][]> => {
    const all = await listRolesOfMemberships(this.deps.db, ids);
    return ids.map((id) => all.filter(({ membershipId }) => membershipId === id).map(({ role }) => role));
  };

  /** For DataLoader: the roles of each tenant. */
  readonly rolesByTenants = async (ids: readonly TenantId[]): Promise<RoleRow[][]> => {
    const all = await listRolesOfTenants(this.deps.db, ids);
    return ids.map((id) => all.filter(({ tenantId }) => tenantId === id));
  };

  /** For DataLoader: roles by their ids. */
  readonly rolesByIds = async (ids: readonly RoleId[]): Promise<(RoleRow | null)[]> =>
    alignByKey(ids, await listRolesByIds(this.deps.db, ids), (role) => role.id);
}
