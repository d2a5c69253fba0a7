import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MINUTE } from "#shared/durations";
import { ALL_PERMISSIONS, PERMISSIONS } from "#shared/permissions";
import { entering, join } from "../../support/factories/memberships.ts";
import { setRoles } from "../../support/factories/roles.ts";
import { createMember, createTenant, createTenantWithUsers } from "../../support/factories/tenants.ts";
import { REFRESH } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const DECLARED = ["orders:read", "orders:write"];

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: { PERMISSIONS: DECLARED.join() } });
});
afterAll(() => app.stop());

const VIEWER = "{ viewer { user { id } tenant { id } roles permissions isOperator elevatedUntil } }";
const CREATE_ROLE = "mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }";

describe("viewer", () => {
  it("returns the permissions of the caller's roles in the tenant of the access token", async () => {
    const { admin, bob, tenant } = await createTenantWithUsers(app);
    const { elevatedUntil, ...viewer } = (await bob.client.ask(VIEWER)).viewer;
    expect(viewer).toEqual({
      user: { id: bob.id },
      tenant: { id: tenant.id },
      roles: ["MEMBER"],
      permissions: [],
      isOperator: false,
    });
    expect(Date.parse(elevatedUntil ?? "") - app.clock.now().getTime()).toBeGreaterThan(9 * MINUTE);
    await admin.client.ask(CREATE_ROLE, { input: { name: "Auditor", permissions: ["audit:read", "orders:read"] } });
    await setRoles(app, admin, bob, "Auditor");
    const client = app.client();
    const { refreshToken } = await client.ask(REFRESH, { token: bob.client.refreshToken });
    client.accessToken = refreshToken.tokens.accessToken;
    expect((await client.ask(VIEWER)).viewer).toMatchObject({
      roles: ["MEMBER", "Auditor"],
      permissions: ["audit:read", "orders:read"],
      // A refreshed token is not elevated.
      elevatedUntil: null,
    });
  });

  it("follows the access token into another tenant", async () => {
    const [home, other] = [await createTenantWithUsers(app), await createTenantWithUsers(app)];
    await join(other.admin, home.admin);
    const guest = await entering(home.admin, other.tenant.id, app);
    expect((await guest.ask(VIEWER)).viewer).toMatchObject({
      user: { id: home.admin.id },
      tenant: { id: other.tenant.id },
      roles: ["MEMBER"],
      permissions: [],
    });
    expect((await home.admin.client.ask(VIEWER)).viewer.permissions).toEqual([...ALL_PERMISSIONS, ...DECLARED]);
  });

  it("returns all permissions of this API for an operator, whose roles have none", async () => {
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    expect((await operator.client.ask(VIEWER)).viewer).toMatchObject({
      roles: ["MEMBER"],
      permissions: [...ALL_PERMISSIONS, "installation:operate"],
      isOperator: true,
    });
  });
});

describe("permissions", () => {
  it("are those of this API, described, and then those of other services", async () => {
    const { bob } = await createTenantWithUsers(app);
    const { permissions } = await bob.client.ask("{ permissions { name description isBuiltIn } }");
    expect(permissions).toEqual([
      ...Object.entries(PERMISSIONS).map(([name, description]) => ({ name, description, isBuiltIn: true })),
      ...DECLARED.map((name) => ({ name, description: null, isBuiltIn: false })),
    ]);
  });
});
