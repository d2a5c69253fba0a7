import { getNamedType, isObjectType } from "graphql";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ALL_PERMISSIONS, type Permission } from "#shared/permissions";
import type { GraphQLClient, UntypedData } from "../support/clients/graphql.ts";
import { INVITE } from "../support/factories/invitations.ts";
import { setRoles } from "../support/factories/roles.ts";
import { createMember, createTenant, createTenantWithUsers } from "../support/factories/tenants.ts";
import { newEmail, REFRESH, type SignedInUser } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";

/**
 * The permissions for lists within users and tenants, each checked as strictly as for a root field. Every connection of these types
 * has a row; a new one without a row fails.
 */

interface Row {
  readonly permission: Permission;
  /** Whether users may read their own list without the permission. */
  readonly own?: boolean;
}

const ROWS: Readonly<Record<string, Row>> = {
  "User.sessions": { permission: "sessions:read", own: true },
  "User.sessionHistory": { permission: "sessions:read", own: true },
  "User.securityEvents": { permission: "audit:read", own: true },
  "User.loginAttempts": { permission: "audit:read" },
  "Tenant.members": { permission: "members:read" },
  "Tenant.users": { permission: "users:read" },
  "Tenant.sessions": { permission: "sessions:read" },
  "Tenant.registrations": { permission: "registrations:decide" },
  "Tenant.invitations": { permission: "invitations:manage" },
  "Tenant.securityEvents": { permission: "audit:read" },
  "Tenant.loginAttempts": { permission: "audit:read" },
  "Tenant.exports": { permission: "exports:create" },
};

const MISSING = { code: "FORBIDDEN", reason: "MISSING_PERMISSION" };

let app: TestApp;
let home: Awaited<ReturnType<typeof createTenantWithUsers>>;
let other: Awaited<ReturnType<typeof createTenantWithUsers>>;
let operator: SignedInUser;
/** A member of `home`, their home tenant, without roles, and an admin of `other`. */
let both: SignedInUser;
let bothInOther: GraphQLClient;
beforeAll(async () => {
  app = await startTestApp();
  [home, other] = [await createTenantWithUsers(app), await createTenantWithUsers(app)];
  operator = await createMember(app, await createTenant(app), "OPERATOR");
  both = await createMember(app, home.tenant);
  const roles = (await other.admin.client.ask("{ tenant { roles { id name } } }")).tenant.roles as UntypedData[];
  const roleIds = roles.filter(({ name }) => name === "ADMIN").map(({ id }) => id);
  await other.admin.client.ask(INVITE, { input: { email: both.email, roleIds } });
  const { membershipInvitations } = await both.client.ask("{ membershipInvitations { id } }");
  await both.client.ask(
    "mutation ($id: ID!) { acceptMembership(input: { invitationId: $id }) { membership { id } } }",
    {
      id: membershipInvitations[0]?.id,
    },
  );
  const input = { tenantId: other.tenant.id, refreshToken: both.client.refreshToken };
  const { issueAccessToken } = await both.client.ask(
    "mutation ($input: IssueAccessTokenInput!) { issueAccessToken(input: $input) { accessToken } }",
    { input },
  );
  bothInOther = app.client();
  bothInOther.accessToken = issueAccessToken.accessToken;
});
afterAll(() => app.stop());

/** A user of the home tenant with a role that has exactly these permissions. */
const holderOf = async (permissions: readonly Permission[]): Promise<GraphQLClient> => {
  const user = await createMember(app, home.tenant);
  const name = newEmail("role");
  await home.admin.client.ask("mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }", {
    input: { name, permissions },
  });
  await setRoles(app, home.admin, user, name);
  const { refreshToken } = await app.client().ask(REFRESH, { token: user.client.refreshToken });
  const client = app.client();
  client.accessToken = refreshToken.tokens.accessToken;
  return client;
};

/** The response to a query of this user's list, or of the list of the user's home tenant. */
const read = (client: GraphQLClient, field: string, userId: string): Promise<UntypedData> => {
  const [type, name] = field.split(".");
  const list = `${name}(first: 1) { totalCount nodes { __typename } }`;
  const query = `query ($id: ID!) { user(id: $id) { id ${type === "User" ? list : `tenant { ${list} }`} } }`;
  return client.send(query, { id: userId });
};

const readOwn = (client: GraphQLClient, field: string): Promise<UntypedData> => {
  const [type, name] = field.split(".");
  const list = `${name}(first: 1) { totalCount nodes { __typename } }`;
  return client.send(type === "User" ? `{ me { ${list} } }` : `{ tenant { ${list} } }`);
};

const expectAllowed = ({ data, errors }: UntypedData): void => {
  expect(errors).toEqual([]);
  expect(data).not.toBeNull();
};
const expectRefused = ({ data, errors }: UntypedData, refusal: object = MISSING): void => {
  expect(errors[0]?.extensions).toMatchObject(refusal);
  // No part of the list is returned, not even a count.
  expect(JSON.stringify(data)).not.toMatch(/nodes|totalCount/);
};

describe("the lists within users and tenants", () => {
  it("have one row each", () => {
    const lists = ["User", "Tenant"].flatMap((name) => {
      const type = app.app.schema.getType(name);
      if (!isObjectType(type)) throw new Error(`The type ${name} does not exist.`);
      return Object.values(type.getFields())
        .filter((field) => getNamedType(field.type).name.endsWith("Connection"))
        .map((field) => `${name}.${field.name}`);
    });
    expect(Object.keys(ROWS).toSorted()).toEqual(lists.toSorted());
  });

  it.each(Object.entries(ROWS))("%s: requires the permission", async (field, { permission }) => {
    expectAllowed(await read(await holderOf(["users:read", permission]), field, home.bob.id));
    const others = ALL_PERMISSIONS.filter((one) => one !== permission);
    const without = await holderOf(others);
    if (permission === "users:read") expectRefused(await readOwn(without, field));
    else expectRefused(await read(without, field, home.bob.id));
  });

  it.each(Object.entries(ROWS))("%s: of the caller, and of the caller's tenant", async (field, { own }) => {
    const answer = await readOwn(home.bob.client, field);
    if (own) expectAllowed(answer);
    else expectRefused(answer);
    expectAllowed(await readOwn(home.admin.client, field));
  });

  it.each(Object.keys(ROWS))(
    "%s: can be read by operators in every tenant, and by admins only in their own",
    async (field) => {
      expectAllowed(await read(operator.client, field, home.bob.id));
      const stranger = await read(other.admin.client, field, home.bob.id);
      expect(stranger).toMatchObject({ data: { user: null }, errors: [] });
    },
  );

  it.each(Object.entries(ROWS))(
    "%s: depends on the tenant of the token, not on other memberships",
    async (field, { own }) => {
      const [type, name] = field.split(".");
      const list = `${name}(first: 1) { totalCount nodes { __typename } }`;
      if (type === "Tenant") {
        // The home tenant, where the caller has no roles.
        expectRefused(await bothInOther.send(`{ me { tenant { id ${list} } } }`));
        // A list cannot be nested within a list of the same type.
        const all = `{ me { memberships { tenant { id ${list} } } } }`;
        if (name !== "members") {
          expectRefused(await both.client.send(all));
          const { data, errors } = await bothInOther.send(all);
          expect(errors.map(({ extensions }: UntypedData) => extensions)).toEqual([expect.objectContaining(MISSING)]);
          const lists = (data as UntypedData).me.memberships.map(({ tenant }: UntypedData) => [
            tenant.id,
            tenant[name ?? ""],
          ]);
          expect(Object.fromEntries(lists)).toEqual({ [home.tenant.id]: null, [other.tenant.id]: expect.anything() });
        }
        // The tenant of which the caller is an admin.
        expectAllowed(await bothInOther.send(`{ tenant { ${list} } }`));
        return;
      }
      // The account belongs to the home tenant, where the caller has no roles.
      const mine = await bothInOther.send(`{ me { ${list} } }`);
      if (own) expectAllowed(mine);
      else expectRefused(mine);
      // An admin of the other tenant sees the membership, and no part of the account.
      const members = `{ tenant { members { nodes { email user { id ${list} } } } } }`;
      const { data } = await other.admin.client.send(members);
      const seen = (data as UntypedData).tenant.members.nodes.find(({ email }: UntypedData) => email === both.email);
      expect(seen).toEqual({ email: both.email, user: null });
    },
  );

  it.each(Object.keys(ROWS))("%s: requires a login", async (field) => {
    expectRefused(await readOwn(app.client(), field), { code: "UNAUTHENTICATED" });
  });
});
