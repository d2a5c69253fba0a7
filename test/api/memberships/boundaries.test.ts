import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { invitations } from "#features/invitations/invitations.table";
import { findMember } from "#features/memberships/index";
import type { Tenant } from "#features/tenants/index";
import { DAY } from "#shared/durations";
import type { InvitationId, TenantId, UserId } from "#shared/ids";
import { addMembership } from "../../support/factories/memberships.ts";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import { newEmail } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

/** What a membership in one tenant must never change or grant in another. */

const REFRESH =
  "mutation ($input: RefreshTokenInput!) { refreshToken(input: $input) { tokens { accessToken refreshToken } } }";
const LEAVE = "mutation ($input: LeaveTenantInput!) { leaveTenant(input: $input) { deletedMembershipId } }";
const SUSPEND = "mutation ($input: SuspendMemberInput!) { suspendMember(input: $input) { membership { status } } }";
const REMOVE = "mutation ($input: RemoveMemberInput!) { removeMember(input: $input) { deletedMembershipId } }";
const DELETE = "mutation ($input: DeleteAccountInput!) { deleteAccount(input: $input) { deletedUserId } }";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const join = (tenant: Pick<Tenant, "id">, user: { readonly id: string }, ...names: readonly string[]) =>
  addMembership(app, tenant, user, ...names);

const memberIn = (tenant: Pick<Tenant, "id">, user: { readonly id: string }) =>
  findMember(app.app.db, user.id as UserId, tenant.id as TenantId);

const requireOwnFactor = (tenant: Pick<Tenant, "id">) =>
  app.app.db.execute(sql`update tenants set second_factor = 'REQUIRED_OWN' where id = ${tenant.id}::uuid`);

describe("the policy of a tenant", () => {
  it("is checked when the tenant becomes the home because the user left the old one", async () => {
    const [home, strict] = [await createTenant(app, "Lax"), await createTenant(app, "Strict")];
    await createMember(app, home, "ADMIN");
    const bob = await createMember(app, home);
    await join(strict, bob);
    await requireOwnFactor(strict);
    const { refreshToken } = bob.client;

    const entered = await bob.client.send(REFRESH, { input: { refreshToken, tenantId: strict.id } });
    expect(entered.errors?.[0]?.extensions).toMatchObject({ reason: "TENANT_REQUIRES_SECOND_FACTOR" });

    await bob.client.ask(LEAVE, { input: { tenantId: home.id } });
    const refreshed = await bob.client.send(REFRESH, { input: { refreshToken } });
    expect(refreshed.errors?.[0]?.extensions).toMatchObject({
      code: "FORBIDDEN",
      reason: "TENANT_REQUIRES_SECOND_FACTOR",
    });
    expect(refreshed.data?.refreshToken ?? null).toBeNull();
  });

  it("is checked when the home tenant is suspended and a refresh names no tenant", async () => {
    const [home, strict] = [await createTenant(app, "Closed"), await createTenant(app, "Strict too")];
    const bob = await createMember(app, home);
    await join(strict, bob);
    await requireOwnFactor(strict);
    await app.app.db.execute(sql`update tenants set status = 'SUSPENDED' where id = ${home.id}::uuid`);

    const refreshed = await bob.client.send(REFRESH, { input: { refreshToken: bob.client.refreshToken } });
    expect(refreshed.errors?.[0]?.extensions).toMatchObject({ reason: "TENANT_REQUIRES_SECOND_FACTOR" });
    expect(refreshed.data?.refreshToken ?? null).toBeNull();
  });
});

describe("an operator", () => {
  it("is not shut out by an admin of the tenant", async () => {
    const tenant = await createTenant(app, "Operated");
    const admin = await createMember(app, tenant, "ADMIN");
    const operator = await createMember(app, tenant, "OPERATOR");
    const membershipId = (await memberIn(tenant, operator))?.id;

    for (const operation of [SUSPEND, REMOVE]) {
      const refused = await admin.client.send(operation, { input: { membershipId } });
      expect(refused.errors?.[0]?.extensions).toMatchObject({ code: "FORBIDDEN", reason: "MISSING_PERMISSION" });
    }
    expect(await memberIn(tenant, operator)).toMatchObject({ status: "ACTIVE" });
    expect((await operator.client.ask("{ me { id } }")).me).toEqual({ id: operator.id });
  });
});

describe("the end of a membership", () => {
  it("leaves the user's invitations in other tenants valid", async () => {
    const { clock, db, ids } = app.app;
    const [home, other] = [await createTenant(app, "Home"), await createTenant(app, "Other")];
    const inviter = await createMember(app, home, "ADMIN");
    const admin = await createMember(app, other, "ADMIN");
    const { id: membershipId } = await join(other, inviter, "ADMIN");
    const invite = async (tenant: Pick<Tenant, "id">) => {
      const [id, email] = [ids.next<InvitationId>(), newEmail("guest")];
      const about = { id, tenantId: tenant.id, email, emailCanonical: email, roles: ["USER" as const], locale: "en" };
      const at = { invitedAt: clock.now(), expiresAt: new Date(clock.now().getTime() + DAY) };
      await db.insert(invitations).values({ ...about, ...at, invitedBy: inviter.id as UserId });
      return async () => (await db.select().from(invitations).where(eq(invitations.id, id)))[0]?.voidedAt ?? null;
    };
    const [atHome, elsewhere] = [await invite(home), await invite(other)];

    await admin.client.ask(SUSPEND, { input: { membershipId } });
    expect(await elsewhere()).not.toBeNull();
    expect(await atHome()).toBeNull();
  });
});

describe("deleting the account", () => {
  it("is refused to the last admin of a tenant that is not the home", async () => {
    const [home, other] = [await createTenant(app, "Small"), await createTenant(app, "Orphaned")];
    const ada = await createMember(app, home);
    await join(other, ada, "ADMIN");
    await createMember(app, other);

    const refused = await ada.client.send(DELETE, { input: { password: ada.password } });
    expect(refused.errors?.[0]?.extensions).toMatchObject({ code: "CONFLICT", reason: "LAST_ADMIN" });
    expect(await memberIn(other, ada)).not.toBeNull();
  });
});
