import type { Db } from "#platform/database/database";
import { type MembershipId, parseId, type RoleId, type TenantId, type UserId } from "#shared/ids";
import { inOrderOf } from "#shared/in-order-of";
import type { MembershipStatus } from "#shared/memberships";
import { ALWAYS, type Page, type PageRequest, type Period, toPage, toSlice } from "#shared/paging";
import type { Viewer } from "#shared/viewer";
import { maySee, requirePermissionIn } from "#shared/visibility";
import {
  countMembers,
  findMemberById,
  listMembers,
  listMembersOfUsers,
  listRolesByIds,
  listRolesOfMemberships,
  listRolesOfTenants,
  type Member,
  type RoleRow,
} from "./memberships.repository.ts";
import type { PermissionCatalogue } from "./permission-catalogue.ts";

export type { Member, RoleRow };

export interface MemberCriteria {
  readonly status?: MembershipStatus | null | undefined;
  readonly roleId?: string | null | undefined;
  readonly joinedAt?: Period | null | undefined;
}

/** Most roles that a tenant can have, and most memberships that a user can have. */
export const MOST_ROLES = 100;
export const MOST_MEMBERSHIPS = 100;

/** Reads memberships and roles, as far as the viewer may see them. */
export class MembershipsService {
  constructor(private readonly deps: { readonly db: Db; readonly permissionCatalogue: PermissionCatalogue }) {}

  /**
   * A page of the tenant's members, the newest first.
   * @throws {AppError} FORBIDDEN/MISSING_PERMISSION, BAD_USER_INPUT
   */
  async list(
    viewer: Viewer,
    tenantId: TenantId,
    { status, roleId, joinedAt }: MemberCriteria,
    page: PageRequest,
  ): Promise<Page<Member>> {
    requirePermissionIn(viewer, tenantId, "members:read");
    const slice = toSlice(page);
    const role = roleId == null ? null : parseId<RoleId>(roleId);
    if (roleId != null && role === null) return toPage([], slice, async () => 0);
    const query = { tenantId, status: status ?? null, roleId: role, joinedAt: joinedAt ?? ALWAYS };
    const { db } = this.deps;
    return toPage(await listMembers(db, query, slice), slice, () => countMembers(db, query));
  }

  /** The membership with this id if the viewer may see it; else null. */
  async findVisible(viewer: Viewer, id: string): Promise<Member | null> {
    const membershipId = parseId<MembershipId>(id);
    const found = membershipId && (await findMemberById(this.deps.db, membershipId));
    return found && maySee(viewer, found, "members:read") ? found : null;
  }

  /** The role with this id if it is of the viewer's tenant, or of any for operators; else null. */
  async findVisibleRole(viewer: Viewer, id: string): Promise<RoleRow | null> {
    const roleId = parseId<RoleId>(id);
    const [role] = roleId ? await listRolesByIds(this.deps.db, [roleId]) : [];
    return role && (viewer.isOperator || role.tenantId === viewer.tenantId) ? role : null;
  }

  /** Those of the memberships that the viewer may see: all of their own; of others those in the tenant of the access token. */
  visibleOf(viewer: Viewer, members: readonly Member[]): readonly Member[] {
    return members.filter((member) => maySee(viewer, member, "members:read"));
  }

  /** What the role allows, in the order of tokens. */
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
    inOrderOf(ids, await listRolesByIds(this.deps.db, ids), (role) => role.id);
}
