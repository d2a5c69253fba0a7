import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Tenant } from "#features/tenants/index";
import { MINUTE } from "#shared/durations";
import type { UserId } from "#shared/ids";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { eventsOf } from "../../support/factories/stored-users.ts";
import { addUser, createMember, createTenant } from "../../support/factories/tenants.ts";
import { LOGIN, logIn, newAddress, newEmail, newPassword, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
let replica: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  replica = await startTestApp({ replicaOf: app });
});
afterAll(async () => {
  await replica.stop();
  await app.stop();
});

const UPDATE = /* GraphQL */ `
  mutation ($input: UpdateSecurityPolicyInput!) {
    updateSecurityPolicy(input: $input) {
      tenant {
        id
        policy {
          registration maxSessions passwordChangeEnds passwordMinLength secondFactor confirmLoginAtRisk secondFactorAtRisk
        }
      }
    }
  }
`;
const POLICY = "{ tenant { policy { maxSessions passwordMinLength confirmLoginAtRisk secondFactorAtRisk } } }";

const company = async () => {
  const tenant = await createTenant(app);
  const admin = await createMember(app, tenant, "ADMIN");
  return { tenant, admin, bob: await createMember(app, tenant) };
};

const change = ({ client }: SignedInUser, input: Record<string, unknown>) => client.ask(UPDATE, { input });

/** The same user at the other replica. */
const elsewhere = ({ client }: SignedInUser) => {
  const other = replica.client();
  other.accessToken = client.accessToken;
  return other;
};

describe("updateSecurityPolicy", () => {
  it("lets operators change any tenant's policy, and shows that tenant's admins who did", async () => {
    const { tenant, admin } = await company();
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    const { updateSecurityPolicy } = await change(operator, { tenantId: tenant.id, passwordMinLength: 14 });
    expect(updateSecurityPolicy.tenant).toMatchObject({ id: tenant.id, policy: { passwordMinLength: 14 } });
    expect((await admin.client.ask(POLICY)).tenant.policy.passwordMinLength).toBe(14);
    const { tenant: seen } = await admin.client.ask(
      "{ tenant { securityEvents(filter: { types: [POLICY_CHANGED] }) { nodes { type } } } }",
    );
    expect(seen.securityEvents?.nodes).toEqual([{ type: "POLICY_CHANGED" }]);
  });

  it("lets an admin change no tenant but their own", async () => {
    const [{ admin }, other] = [await company(), await company()];
    for (const tenantId of [other.tenant.id, "not-an-id"])
      expect(await admin.client.refused(UPDATE, { input: { tenantId, passwordMinLength: 14 } })).toMatchObject({
        code: "NOT_FOUND",
      });
    for (const { client } of [admin, other.admin])
      expect((await client.ask(POLICY)).tenant.policy.passwordMinLength).toBe(8);
  });

  it("changes the given fields, returns the whole policy, and records who changed what", async () => {
    const { tenant, admin, bob } = await company();
    const input = { passwordMinLength: 12, registration: "INVITE_ONLY", maxSessions: 3 };
    const { updateSecurityPolicy } = await change(admin, input);
    expect(updateSecurityPolicy.tenant).toEqual({
      id: tenant.id,
      policy: {
        registration: "INVITE_ONLY",
        maxSessions: 3,
        passwordChangeEnds: "NONE",
        passwordMinLength: 12,
        secondFactor: "OPTIONAL",
        confirmLoginAtRisk: 40,
        secondFactorAtRisk: 70,
      },
    });
    // Every user of the tenant may read the policy.
    expect((await elsewhere(bob).ask(POLICY)).tenant.policy).toMatchObject({ passwordMinLength: 12, maxSessions: 3 });
    const { securityEvents } = await admin.client.ask(
      "{ securityEvents(filter: { types: [POLICY_CHANGED] }) { nodes { type user { id } ... on PolicyChangedEvent { changes { setting from to } } } } }",
    );
    const MADE = [
      { setting: "registration", from: "OPEN", to: "INVITE_ONLY" },
      { setting: "maxSessions", from: null, to: "3" },
      { setting: "passwordMinLength", from: "8", to: "12" },
    ];
    expect((securityEvents.nodes[0] as UntypedData).changes).toHaveLength(MADE.length);
    expect(securityEvents.nodes).toEqual([
      {
        type: "POLICY_CHANGED",
        user: { id: admin.id },
        changes: expect.arrayContaining(MADE),
      },
    ]);
  });

  it("distinguishes an absent limit from null", async () => {
    const { admin } = await company();
    await change(admin, { maxSessions: 5 });
    expect((await change(admin, { passwordMinLength: 9 })).updateSecurityPolicy.tenant.policy.maxSessions).toBe(5);
    expect((await change(admin, { maxSessions: null })).updateSecurityPolicy.tenant.policy).toMatchObject({
      maxSessions: null,
      passwordMinLength: 9,
    });
  });

  it("records nothing if nothing changes", async () => {
    const { admin } = await company();
    await change(admin, {});
    await change(admin, { passwordMinLength: 8, registration: null });
    const types = (await eventsOf(app, { id: admin.id as UserId })).map(({ type }) => type);
    expect(types).not.toContain("POLICY_CHANGED");
  });

  it("refuses values out of range, reports each invalid field, and changes nothing", async () => {
    const { admin } = await company();
    const before = await admin.client.ask(POLICY);
    const refused = await admin.client.refused(UPDATE, {
      input: { maxSessions: 0, passwordMinLength: 7, confirmLoginAtRisk: 90, secondFactor: "REQUIRED" },
    });
    expect(refused).toMatchObject({ code: "BAD_USER_INPUT", status: 400 });
    expect(refused.fields?.map(({ path }) => path)).toEqual([
      "input.maxSessions",
      "input.passwordMinLength",
      "input.confirmLoginAtRisk",
    ]);
    expect(await admin.client.ask(POLICY)).toEqual(before);
  });

  it("keeps the thresholds in order, also if two admins change one each concurrently", async () => {
    const { tenant, admin } = await company();
    const other = await createMember(app, tenant, "ADMIN");
    const wishes = [
      [admin.client, { confirmLoginAtRisk: 60 }],
      [elsewhere(other), { secondFactorAtRisk: 50 }],
    ] as const;
    const answers = await Promise.all(wishes.map(([client, input]) => client.send(UPDATE, { input })));
    expect(answers.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
    const { confirmLoginAtRisk, secondFactorAtRisk } = (await admin.client.ask(POLICY)).tenant.policy;
    expect(confirmLoginAtRisk).toBeLessThanOrEqual(secondFactorAtRisk);
  });

  it("is refused to callers who are not admins with a fresh proof, and for other tenants", async () => {
    const { admin, bob } = await company();
    const { admin: stranger } = await company();
    const input = { passwordMinLength: 20 };
    expect(await bob.client.refused(UPDATE, { input })).toMatchObject({ code: "FORBIDDEN" });
    await change(stranger, input);
    expect((await admin.client.ask(POLICY)).tenant.policy.passwordMinLength).toBe(8);
    app.clock.advance(11 * MINUTE);
    expect(await admin.client.refused(UPDATE, { input })).toMatchObject({ code: "REAUTHENTICATION_REQUIRED" });
  });
});

describe("a policy that one replica changed takes effect on the other immediately:", () => {
  /** The result of a login at the other replica, by a user who has never logged in before. */
  const loginsOf = async (tenant: Tenant) => {
    const password = newPassword();
    const { email } = await addUser(app, tenant, { password });
    return async () =>
      (await replica.client().ask(LOGIN, { input: { identifier: email, password } })).login.__typename as string;
  };

  it("the minimum length of a password", async () => {
    const { admin, bob } = await company();
    const CHANGE = "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }";
    const input = { currentPassword: bob.password, newPassword: "eleven pins", logout: "NONE" };
    await change(admin, { passwordMinLength: 12 });
    expect(await elsewhere(bob).refused(CHANGE, { input })).toMatchObject({ reason: "WEAK_PASSWORD" });
    await change(admin, { passwordMinLength: 11 });
    await elsewhere(bob).ask(CHANGE, { input });
  });

  it("who may register", async () => {
    const tenant = await app.app.tenants.default();
    const admin = await createMember(app, tenant, "ADMIN");
    const register = () =>
      replica
        .client({ "x-forwarded-for": newAddress() })
        .send("mutation ($input: RegisterInput!) { register(input: $input) { next } }", {
          input: { email: newEmail(), password: newPassword() },
        });
    await register().then(({ errors }) => expect(errors).toEqual([]));
    await change(admin, { registration: "INVITE_ONLY" });
    expect((await register()).errors[0]?.extensions.code).toBe("FORBIDDEN");
    const SETTINGS = "{ authSettings { registration } }";
    expect((await replica.client().ask(SETTINGS)).authSettings.registration).toBe("INVITE_ONLY");
    await change(admin, { registration: "OPEN" });
    await register().then(({ errors }) => expect(errors).toEqual([]));
  });

  it("how many sessions a user may have", async () => {
    const { admin, bob } = await company();
    await logIn(app.client(), bob.email, bob.password);
    await change(admin, { maxSessions: 1 });
    // Does not end any session by itself.
    await bob.client.ask("{ me { id } }");
    const third = replica.client();
    await logIn(third, bob.email, bob.password);
    expect((await third.ask("{ sessions { id } }")).sessions).toHaveLength(1);
    expect(await bob.client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("whether every login needs a second factor", async () => {
    const { tenant, admin } = await company();
    const outcome = await loginsOf(tenant);
    expect(await outcome()).toBe("LoginSuccess");
    await change(admin, { secondFactor: "REQUIRED" });
    expect(await outcome()).toBe("SecondFactorRequired");
    await change(admin, { secondFactor: "OPTIONAL" });
    expect(await outcome()).toBe("LoginSuccess");
  });

  it("from which risk on a login must be confirmed, or needs a second factor", async () => {
    const { tenant, admin } = await company();
    const outcome = await loginsOf(tenant);
    await change(admin, { confirmLoginAtRisk: 0 });
    expect(await outcome()).toBe("LoginConfirmationRequired");
    await change(admin, { secondFactorAtRisk: 0 });
    expect(await outcome()).toBe("SecondFactorRequired");
    await change(admin, { confirmLoginAtRisk: 200, secondFactorAtRisk: 200 });
    expect(await outcome()).toBe("LoginSuccess");
  });
});
