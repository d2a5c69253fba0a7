import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { insertLoginAttempt } from "#features/login/index";
import type { Tenant } from "#features/tenants/index";
import { firstIdAt } from "#platform/ids";
import { DAY, MINUTE } from "#shared/durations";
import type { LoginAttemptId, UserId } from "#shared/ids";
import { enableTotp } from "../../support/clients/factors.ts";
import { join } from "../../support/factories/memberships.ts";
import { CLIENT, signIn } from "../../support/factories/stored-users.ts";
import { createMember, createTenant, createTenantWithUsers } from "../../support/factories/tenants.ts";
import type { SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const EFFECT =
  "{ logins { withoutFurtherStep withOwnFactor withMailedCode withConfirmation } usersToEnrol guestsToEnrol usersOverSessionLimit sessionsOverLimit }";
const FIELDS = `policy { secondFactor maxSessions confirmLoginAtRisk } assessedLogins isSampled current ${EFFECT} proposed ${EFFECT}`;
const PREVIEW = `query ($policy: PolicyPreviewInput!) { tenant { policyPreview(policy: $policy) { ${FIELDS} } } }`;

const preview = async ({ client }: SignedInUser, policy: Record<string, unknown>) => {
  const { tenant } = await client.ask(PREVIEW, { policy });
  if (!tenant.policyPreview) throw new Error("The preview is missing.");
  return tenant.policyPreview;
};

/** An attempt of the user, so long ago. */
const attempt = async (
  { id: tenantId }: Pick<Tenant, "id">,
  { id }: { readonly id: string },
  { outcome, score, ago }: { outcome: "SUCCESS" | "CHALLENGED" | "FAILED"; score: number; ago: number },
): Promise<void> => {
  const { clock, db } = app.app;
  const occurredAt = new Date(clock.now().getTime() - ago);
  await insertLoginAttempt(db, {
    id: firstIdAt<LoginAttemptId>(occurredAt),
    occurredAt,
    tenantId,
    userId: id as UserId,
    identifier: "someone@example.com",
    outcome,
    risk: { score, level: score >= 70 ? "HIGH" : score >= 40 ? "ELEVATED" : "LOW", signals: [] },
    ipAddress: CLIENT.ipAddress,
    device: CLIENT.device,
    location: null,
  });
};

describe("Tenant.policyPreview", () => {
  it("assesses the logins of the last 30 days with the rules of real logins, each login once", async () => {
    const { tenant, admin, bob } = await createTenantWithUsers(app);
    const carol = await createMember(app, tenant);
    await enableTotp(app, carol);
    await attempt(tenant, bob, { outcome: "SUCCESS", score: 10, ago: DAY });
    await attempt(tenant, bob, { outcome: "SUCCESS", score: 35, ago: 2 * DAY });
    // A login that was confirmed: two attempts.
    await attempt(tenant, bob, { outcome: "CHALLENGED", score: 50, ago: 3 * DAY });
    await attempt(tenant, bob, { outcome: "SUCCESS", score: 50, ago: 3 * DAY - MINUTE });
    await attempt(tenant, bob, { outcome: "CHALLENGED", score: 80, ago: 4 * DAY });
    await attempt(tenant, carol, { outcome: "CHALLENGED", score: 0, ago: 5 * DAY });
    // Neither counts: a wrong password, and too long ago.
    await attempt(tenant, bob, { outcome: "FAILED", score: 90, ago: DAY + MINUTE });
    await attempt(tenant, bob, { outcome: "SUCCESS", score: 90, ago: 31 * DAY });

    const { current, proposed, policy, assessedLogins, isSampled } = await preview(admin, { confirmLoginAtRisk: 30 });
    expect({ assessedLogins, isSampled }).toEqual({ assessedLogins: 5, isSampled: false });
    expect(policy).toMatchObject({ confirmLoginAtRisk: 30, secondFactor: "OPTIONAL" });
    expect(current.logins).toEqual({ withoutFurtherStep: 2, withConfirmation: 1, withMailedCode: 1, withOwnFactor: 1 });
    expect(proposed.logins).toEqual({
      withoutFurtherStep: 1,
      withConfirmation: 2,
      withMailedCode: 1,
      withOwnFactor: 1,
    });
    expect((await preview(admin, { secondFactor: "REQUIRED" })).proposed.logins).toEqual({
      withoutFurtherStep: 0,
      withConfirmation: 0,
      withMailedCode: 4,
      withOwnFactor: 1,
    });
  });

  it("counts who would have to add a second factor, and the sessions beyond the limit", async () => {
    const { admin, bob } = await createTenantWithUsers(app);
    await enableTotp(app, bob);
    const elsewhere = await createTenantWithUsers(app);
    await join(admin, elsewhere.bob);
    await signIn(app, await app.app.users.get(bob.id as UserId));
    const { current, proposed } = await preview(admin, { secondFactor: "REQUIRED_OWN", maxSessions: 1 });
    expect(current).toMatchObject({
      ...{ usersToEnrol: 0, guestsToEnrol: 0 },
      ...{ usersOverSessionLimit: 0, sessionsOverLimit: 0 },
    });
    // The admin and the member from the other tenant have no factor; bob has two sessions.
    expect(proposed).toMatchObject({
      ...{ usersToEnrol: 1, guestsToEnrol: 1 },
      ...{ usersOverSessionLimit: 1, sessionsOverLimit: 1 },
    });
  });

  it("changes nothing, and names the faults of the settings", async () => {
    const { admin } = await createTenantWithUsers(app);
    const policy = { maxSessions: 101, confirmLoginAtRisk: 80 };
    expect(await admin.client.refused(PREVIEW, { policy })).toMatchObject({
      code: "BAD_USER_INPUT",
      fields: [
        expect.objectContaining({ path: "policy.maxSessions" }),
        expect.objectContaining({ path: "policy.confirmLoginAtRisk" }),
      ],
    });
    await preview(admin, { registration: "INVITE_ONLY", maxSessions: 5 });
    const { tenant } = await admin.client.ask("{ tenant { policy { registration maxSessions } } }");
    expect(tenant.policy).toEqual({ registration: "OPEN", maxSessions: null });
  });

  it("is for holders of policy:edit in the tenant, and for operators in any", async () => {
    const { tenant, bob } = await createTenantWithUsers(app);
    const { data, errors } = await bob.client.send(PREVIEW, { policy: {} });
    expect(data).toEqual({ tenant: { policyPreview: null } });
    expect(errors[0]?.extensions).toMatchObject({ code: "FORBIDDEN", reason: "MISSING_PERMISSION" });
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    const ofTenant = `query ($id: ID!) { node(id: $id) { ... on Tenant { policyPreview(policy: { maxSessions: 1 }) { assessedLogins } } } }`;
    expect((await operator.client.ask(ofTenant, { id: tenant.id })).node).toEqual({
      policyPreview: { assessedLogins: 0 },
    });
  });
});
