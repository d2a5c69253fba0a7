import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { join, REACTIVATE_MEMBER, SUSPEND_MEMBER } from "../../support/factories/memberships.ts";
import { membershipOf } from "../../support/factories/roles.ts";
import { createTenantWithUsers, createUserAs } from "../../support/factories/tenants.ts";
import { LOGIN, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
let operator: SignedInUser;
beforeAll(async () => {
  app = await startTestApp();
  operator = await createUserAs(app, "OPERATOR");
});
afterAll(() => app?.stop());

const SUSPEND_TENANT = "mutation ($id: ID!) { suspendTenant(input: { tenantId: $id }) { tenant { status } } }";
const REACTIVATE_TENANT = "mutation ($id: ID!) { reactivateTenant(input: { tenantId: $id }) { tenant { status } } }";
const SET_HOME = "mutation ($id: ID!) { setHomeTenant(input: { tenantId: $id }) { user { id tenant { id } } } }";
const ADD_DOMAIN =
  "mutation ($input: AddTenantDomainInput!) { addTenantDomain(input: $input) { tenant { id domains } } }";
const REMOVE_DOMAIN =
  "mutation ($input: RemoveTenantDomainInput!) { removeTenantDomain(input: $input) { tenant { domains } } }";
const HOMES = "{ me { tenant { id } memberships { isHome tenant { id } } } }";

/** Two tenants, and bob of the first one as a member of both. */
const twoTenants = async () => {
  const [home, other] = [await createTenantWithUsers(app, "Home"), await createTenantWithUsers(app, "Other")];
  await join(other.admin, home.bob);
  return { home, other, bob: home.bob };
};

const logInAs = ({ email, password }: SignedInUser): Promise<UntypedData> => {
  const client = app.client();
  return client.send(LOGIN, { input: { identifier: email, password } });
};

/** The tenant that a login of this user enters. */
const landsIn = async (user: SignedInUser): Promise<string> => {
  const { data } = await logInAs(user);
  const client = app.client();
  client.accessToken = data.login.tokens.accessToken;
  return (await client.ask("{ tenant { id } }")).tenant.id;
};

const homeOf = async (user: SignedInUser): Promise<string> => (await app.app.users.get(user.id as never)).tenantId;

const refusal = async (user: SignedInUser): Promise<UntypedData> => {
  const sessions = async () =>
    (
      await operator.client.ask("query ($id: ID!) { allSessions(filter: { userId: $id }) { totalCount } }", {
        id: user.id,
      })
    ).allSessions.totalCount;
  const before = await sessions();
  const [error] = (await logInAs(user)).errors;
  expect(await sessions()).toBe(before);
  return error?.extensions;
};

describe("a home that cannot be used", () => {
  it("moves to the other membership when an operator suspends the tenant, and stays there", async () => {
    const { home, other, bob } = await twoTenants();
    await operator.client.ask(SUSPEND_TENANT, { id: home.tenant.id });
    expect(await landsIn(bob)).toBe(other.tenant.id);
    expect(await homeOf(bob)).toBe(other.tenant.id);
    // A user without another membership cannot log in.
    expect(await refusal(home.admin)).toMatchObject({ code: "FORBIDDEN", reason: "TENANT_SUSPENDED" });
    await operator.client.ask(REACTIVATE_TENANT, { id: home.tenant.id });
    expect(await landsIn(home.admin)).toBe(home.tenant.id);
    expect(await landsIn(bob)).toBe(other.tenant.id);
  });

  it("moves when an admin suspends the membership; without another one the login is refused", async () => {
    const { home, other, bob } = await twoTenants();
    await home.admin.client.ask(SUSPEND_MEMBER, { id: await membershipOf(app, bob, home.tenant.id) });
    expect(await landsIn(bob)).toBe(other.tenant.id);
    const last = { id: await membershipOf(app, bob, other.tenant.id) };
    await other.admin.client.ask(SUSPEND_MEMBER, last);
    expect(await refusal(bob)).toMatchObject({ code: "FORBIDDEN", reason: "NOT_A_MEMBER" });
    await other.admin.client.ask(REACTIVATE_MEMBER, last);
    expect(await landsIn(bob)).toBe(other.tenant.id);
  });

  it("moves to the first membership that becomes usable", async () => {
    const { home, other, bob } = await twoTenants();
    const [first, second] = [home, other].map(({ tenant }) => tenant.id);
    for (const { admin, tenant } of [other, home])
      await admin.client.ask(SUSPEND_MEMBER, { id: await membershipOf(app, bob, tenant.id) });
    expect(await homeOf(bob)).toBe(first);
    await other.admin.client.ask(REACTIVATE_MEMBER, { id: await membershipOf(app, bob, second ?? "") });
    expect(await homeOf(bob)).toBe(second);
    expect(await landsIn(bob)).toBe(second);
  });
});

describe("setHomeTenant", () => {
  it("moves the home, and with it who manages the account", async () => {
    const { home, other, bob } = await twoTenants();
    const { setHomeTenant } = await bob.client.ask(SET_HOME, { id: other.tenant.id });
    expect(setHomeTenant.user.id).toBe(bob.id);
    const { me } = await bob.client.ask(HOMES);
    expect(me.memberships).toEqual([
      { isHome: false, tenant: { id: home.tenant.id } },
      { isHome: true, tenant: { id: other.tenant.id } },
    ]);
    const user = "query ($id: ID!) { user(id: $id) { id } }";
    expect((await home.admin.client.ask(user, { id: bob.id })).user).toBeNull();
    expect((await other.admin.client.ask(user, { id: bob.id })).user).toEqual({ id: bob.id });
    expect(await landsIn(bob)).toBe(other.tenant.id);
  });

  it("refuses a tenant in which the caller may not work, and a token without a step-up", async () => {
    const { home, other, bob } = await twoTenants();
    const stranger = await createTenantWithUsers(app);
    await other.admin.client.ask(SUSPEND_MEMBER, { id: await membershipOf(app, bob, other.tenant.id) });
    for (const id of [stranger.tenant.id, other.tenant.id, "nonsense"])
      expect(await bob.client.refused(SET_HOME, { id })).toMatchObject({ code: "NOT_FOUND" });
    expect(await homeOf(bob)).toBe(home.tenant.id);
    bob.client.accessToken = (await logInAs(bob)).data.login.tokens.accessToken;
    expect(await bob.client.refused(SET_HOME, { id: home.tenant.id })).toMatchObject({
      code: "REAUTHENTICATION_REQUIRED",
    });
  });

  it("does not move the home of an address whose domain the home tenant owns", async () => {
    const { home, other, bob } = await twoTenants();
    const domain = bob.email.split("@")[1] ?? "";
    const input = { tenantId: home.tenant.id, domain };
    for (const admin of [home.admin, bob])
      expect(await admin.client.refused(ADD_DOMAIN, { input })).toMatchObject({ code: "FORBIDDEN" });
    const { addTenantDomain } = await operator.client.ask(ADD_DOMAIN, { input });
    expect(addTenantDomain.tenant.domains).toEqual([domain]);
    expect(await operator.client.refused(ADD_DOMAIN, { input: { ...input, tenantId: other.tenant.id } })).toMatchObject(
      {
        code: "CONFLICT",
      },
    );
    expect(await operator.client.refused(ADD_DOMAIN, { input: { ...input, domain: "no domain" } })).toMatchObject({
      code: "BAD_USER_INPUT",
    });
    expect(await bob.client.refused(SET_HOME, { id: other.tenant.id })).toMatchObject({
      code: "FORBIDDEN",
      reason: "DOMAIN_OWNED",
    });
    expect(await homeOf(bob)).toBe(home.tenant.id);
    expect((await home.admin.client.ask("{ tenant { domains } }")).tenant.domains).toEqual([domain]);
    const { removeTenantDomain } = await operator.client.ask(REMOVE_DOMAIN, { input });
    expect(removeTenantDomain.tenant.domains).toEqual([]);
    await bob.client.ask(SET_HOME, { id: other.tenant.id });
    expect(await homeOf(bob)).toBe(other.tenant.id);
  });
});
