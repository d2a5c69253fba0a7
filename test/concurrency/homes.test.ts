import { sql } from "drizzle-orm";
import { beforeAll, expect, it } from "vitest";
import type { GraphQLClient } from "../support/clients/graphql.ts";
import { join, REMOVE_MEMBER, SUSPEND_MEMBER } from "../support/factories/memberships.ts";
import { membershipOf } from "../support/factories/roles.ts";
import { createMember, createTenant, createTenantWithUsers } from "../support/factories/tenants.ts";
import type { SignedInUser } from "../support/factories/users.ts";
import { sharedTestApp, type TestApp } from "../support/servers/app.ts";

let app: TestApp;
let operator: SignedInUser;
beforeAll(async () => {
  app = await sharedTestApp();
  operator = await createMember(app, await createTenant(app), "OPERATOR");
});

const SUSPEND = "mutation ($id: ID!) { suspendTenant(input: { tenantId: $id }) { tenant { id } } }";

type Company = Awaited<ReturnType<typeof createTenantWithUsers>>;

/** A user whose home is the first of four tenants, and who is a member of all. */
const scene = async () => {
  const companies: Company[] = [];
  for (let index = 0; index < 4; index++) companies.push(await createTenantWithUsers(app));
  const [home, ...others] = companies as [Company, ...Company[]];
  for (const { admin } of others) await join(admin, home.bob);
  return { home, others, bob: home.bob };
};

/** The status of the user's home tenant and of the membership there. */
const homeOf = async ({ id }: SignedInUser) => {
  const [row] = await app.app.db.execute(sql`
    select t.status as tenant, m.status as membership from users u
    join tenants t on t.id = u.tenant_id left join memberships m on m.user_id = u.id and m.tenant_id = u.tenant_id
    where u.id = ${id}::uuid`);
  return row;
};

const suspendTenant = ({ tenant }: Company) => operator.client.send(SUSPEND, { id: tenant.id });
const end = async (
  mutation: string,
  { admin, tenant }: Company,
  user: SignedInUser,
): Promise<[GraphQLClient, string, { id: string }]> => [
  admin.client,
  mutation,
  { id: await membershipOf(app, user, tenant.id) },
];

it.each([
  ["several tenants of a user are suspended", null],
  ["the home membership and other tenants are suspended", SUSPEND_MEMBER],
  ["the home membership is removed and other tenants are suspended", REMOVE_MEMBER],
])("the home is a tenant in which the user may log in when %s at the same moment", async (_, mutation) => {
  for (let round = 0; round < 8; round++) {
    const { home, others, bob } = await scene();
    // All except the last one.
    const shut = others.slice(0, 2);
    const atHome = mutation === null ? null : await end(mutation, home, bob);
    const answers = await Promise.all([
      atHome ? atHome[0].send(atHome[1], atHome[2]) : suspendTenant(home),
      ...shut.map(suspendTenant),
    ]);
    expect(answers.flatMap(({ errors }) => errors ?? [])).toEqual([]);
    expect(await homeOf(bob)).toEqual({ tenant: "ACTIVE", membership: "ACTIVE" });
  }
});
