import { type SQL, sql } from "drizzle-orm";
import type { HeldMembership } from "#shared/memberships";
import { membershipRoles, memberships, roles } from "./memberships.table.ts";

/**
 * A column with all memberships of a user, the oldest first, to be added to a statement about the user. So a token check, a
 * refresh and a login need no extra round trip for it.
 * @param userId the column, qualified with its table's name, because Drizzle omits it in RETURNING
 */
export const heldMemberships = (userId: SQL): SQL<HeldMembership[]> => sql<HeldMembership[]>`(
  select coalesce(json_agg(json_build_object(
    'id', m.id, 'tenantId', m.tenant_id, 'status', m.status, 'tenantStatus', t.status, 'roles', r.roles,
    'entryBlockedUntil', m.entry_blocked_until)
    order by m.joined_at, m.id), '[]'::json)
  from ${memberships} m join tenants t on t.id = m.tenant_id
  cross join lateral (
    select coalesce(json_agg(json_build_object('name', o.name, 'builtIn', o.built_in, 'permissions', o.permissions)
      order by o.built_in desc nulls last, lower(o.name)), '[]'::json) as roles
    from ${membershipRoles} mr join ${roles} o on o.id = mr.role_id where mr.membership_id = m.id) r
  where m.user_id = ${userId})`;
