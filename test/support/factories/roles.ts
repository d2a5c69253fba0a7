import { sql } from "drizzle-orm";
import type { MembershipId, RoleId } from "#shared/ids";
import type { GraphQLClient, UntypedData } from "../clients/graphql.ts";
import type { BuiltApp } from "../servers/app.ts";

export const SET_MEMBER_ROLES =
  "mutation ($input: SetMemberRolesInput!) { setMemberRoles(input: $input) { membership { id roles { name } } } }";

/** The result of `memberships { roles { name } }` for a user of one tenant with MEMBER and these roles. */
export const holding = (...names: readonly string[]) => ({
  memberships: [{ roles: ["MEMBER", ...names].map((name) => ({ name })) }],
});

/** The membership of this user in the tenant, by default in the home tenant. */
export const membershipOf = async (
  { app }: Pick<BuiltApp, "app">,
  { id }: { readonly id: string },
  tenantId: string | null = null,
): Promise<MembershipId> => {
  const [row] = await app.db.execute<{ id: MembershipId }>(sql`
    select m.id from memberships m join users u on u.id = m.user_id and m.tenant_id = coalesce(${tenantId}::uuid, u.tenant_id)
    where u.id = ${id}::uuid`);
  if (!row) throw new Error("The user does not have this membership.");
  return row.id;
};

/** The roles with these names in the home tenant of this user. */
export const roleIdsOf = async (
  { app }: Pick<BuiltApp, "app">,
  { id }: { readonly id: string },
  names: readonly string[] = ["ADMIN"],
): Promise<RoleId[]> => {
  const rows = await app.db.execute<{ id: RoleId; name: string }>(sql`
    select r.id, r.name from roles r join users u on u.tenant_id = r.tenant_id where u.id = ${id}::uuid`);
  return rows.filter(({ name }) => names.includes(name)).map((row) => row.id);
};

/** The variables of `SET_MEMBER_ROLES` for the home membership of this user. */
export const rolesInput = async (
  test: Pick<BuiltApp, "app">,
  user: { readonly id: string },
  ...names: readonly string[]
): Promise<{ input: UntypedData }> => ({
  input: { membershipId: await membershipOf(test, user), roleIds: await roleIdsOf(test, user, names) },
});

/** Sets the roles of a user in the home tenant through the API. */
export const setRoles = async (
  test: Pick<BuiltApp, "app">,
  { client }: { readonly client: GraphQLClient },
  user: { readonly id: string },
  ...names: readonly string[]
): Promise<UntypedData> => (await client.ask(SET_MEMBER_ROLES, await rolesInput(test, user, ...names))).setMemberRoles;
