import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Tenant, tenants } from "#features/tenants/index";
import { AuthenticatorApp, beginLogin, CONFIRM_TOTP, ENABLE_TOTP, enableTotp } from "../../support/clients/factors.ts";
import type { GraphQLClient, UntypedData } from "../../support/clients/graphql.ts";
import { memberWith } from "../../support/clients/narrow.ts";
import { addUser, createMember, createTenant, createUser } from "../../support/factories/tenants.ts";
import {
  grantRole,
  newAddress,
  newEmail,
  newPassword,
  REFRESH,
  type SignedInUser,
  tokenIn,
} from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const VERIFY_CODE = /* GraphQL */ `
  mutation ($input: VerifyEmailCodeInput!) {
    verifyEmailCode(input: $input) {
      __typename
      ... on EnrolmentRequired { tokens { accessToken refreshToken } expiresAt }
    }
  }
`;
const ONLY_ENROLMENT = { code: "FORBIDDEN", reason: "ENROLMENT_REQUIRED" };
const LENIENT = { confirmLoginAtRisk: 200, secondFactorAtRisk: 200 };

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

/** Logs in with the password and the mailed code. */
const enter = async (
  person: Pick<SignedInUser, "email" | "password">,
): Promise<{ client: GraphQLClient; entered: UntypedData }> => {
  const client = app.client({ "x-forwarded-for": newAddress() });
  const step = await beginLogin(client, person);
  expect(step).toMatchObject({ reason: "ENROLMENT_REQUIRED", factors: ["EMAIL_CODE"] });
  const { subject } = await app.mail.waitForMail({ to: person.email, subject: /^\d{6}/ });
  const { verifyEmailCode } = await client.ask(VERIFY_CODE, {
    input: { challenge: step.challenge, code: subject?.slice(0, 6) },
  });
  const entered = memberWith("tokens", verifyEmailCode);
  client.accessToken = entered.tokens.accessToken;
  client.refreshToken = entered.tokens.refreshToken;
  return { client, entered };
};

const strictTenant = async (): Promise<Tenant> => {
  const tenant = await createTenant(app);
  const admin = await createMember(app, tenant, "ADMIN");
  const update =
    "mutation ($input: UpdateSecurityPolicyInput!) { updateSecurityPolicy(input: $input) { tenant { policy { secondFactor } } } }";
  const { updateSecurityPolicy } = await admin.client.ask(update, { input: { secondFactor: "REQUIRED_OWN" } });
  expect(updateSecurityPolicy.tenant.policy).toEqual({ secondFactor: "REQUIRED_OWN" });
  return tenant;
};

describe("an operator", () => {
  it("needs a second factor, however lenient the policy of their tenant", async () => {
    const tenant = await createTenant(app);
    await app.app.db.update(tenants).set(LENIENT);
    const operator = await createMember(app, tenant, "OPERATOR");
    const admin = await createMember(app, tenant, "ADMIN");
    // The admin logs in with the password alone, which shows that the policy is lenient.
    expect((await beginLogin(app.client(), admin)).__typename).toBe("LoginSuccess");

    const { client, entered } = await enter(operator);
    expect(entered.__typename).toBe("EnrolmentRequired");
    expect(await client.refused("{ tenants { nodes { id } } }")).toMatchObject(ONLY_ENROLMENT);

    const { secret } = (await client.ask(ENABLE_TOTP)).enableTotp;
    await client.ask(CONFIRM_TOTP, { code: new AuthenticatorApp(secret).code(app.clock.now()) });
    const { refreshToken } = await client.ask(REFRESH, { token: client.refreshToken });
    client.accessToken = refreshToken.tokens.accessToken;
    expect((await client.ask("{ tenants { nodes { id } } }")).tenants.nodes.length).toBeGreaterThan(0);
    expect(await beginLogin(app.client(), operator)).toMatchObject({ reason: "SECOND_FACTOR_ENABLED" });
  });

  it("loses the sessions from before the role was granted by the command line", async () => {
    const alice = await createUser(app);
    await app.app.operators.create({ email: alice.email, name: null });
    expect(await alice.client.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await alice.client.refused(REFRESH, { token: alice.client.refreshToken })).toMatchObject({
      code: "INVALID_REFRESH_TOKEN",
    });
    expect((await enter(alice)).entered.__typename).toBe("EnrolmentRequired");
  });

  it("with a factor is asked for it and nothing else", async () => {
    const alice = await createUser(app);
    await enableTotp(app, alice);
    await grantRole(app, alice.id, "OPERATOR");
    expect(await beginLogin(app.client(), alice)).toMatchObject({
      reason: "SECOND_FACTOR_ENABLED",
      preferredFactor: "TOTP",
    });
  });
});

describe("a tenant that requires the user's own factor", () => {
  it("gives users without one a token for adding one, and nothing else", async () => {
    const tenant = await strictTenant();
    const password = newPassword();
    const { email } = await addUser(app, tenant, { password });
    const { client, entered } = await enter({ email, password });
    expect(entered.__typename).toBe("EnrolmentRequired");
    expect(decodeJwt(entered.tokens.accessToken)).toMatchObject({ enrolment_only: true });
    expect(await client.refused("{ me { id } }")).toMatchObject(ONLY_ENROLMENT);
  });

  it("does the same for users who have just verified their address by a link", async () => {
    const tenant = await strictTenant();
    const email = newEmail();
    const visitor = app.client({ "x-forwarded-for": newAddress() });
    const register = "mutation ($input: RegisterInput!) { register(input: $input) { challenge } }";
    const input = { tenant: tenant.slug, email, password: newPassword() };
    const { challenge } = (await visitor.ask(register, { input })).register;
    const token = tokenIn(await app.mail.waitForMail({ to: email, subject: "Confirm your e-mail address" }));
    const verify = /* GraphQL */ `
      mutation ($input: VerifyEmailInput!) {
        verifyEmail(input: $input) { __typename ... on EnrolmentRequired { tokens { accessToken } } }
      }
    `;
    const { verifyEmail } = await visitor.ask(verify, { input: { token, challenge } });
    expect(verifyEmail.__typename).toBe("EnrolmentRequired");
    visitor.accessToken = memberWith("tokens", verifyEmail).tokens.accessToken;
    expect(await visitor.refused("{ me { id } }")).toMatchObject(ONLY_ENROLMENT);
  });

  it("shows an admin no guarded field of the tenant in the result of an enrolment mutation", async () => {
    const tenant = await strictTenant();
    const password = newPassword();
    const { email } = await addUser(app, tenant, { password, roles: ["USER", "ADMIN"] });
    const { client } = await enter({ email, password });
    const { secret } = (await client.ask(ENABLE_TOTP)).enableTotp;
    const confirm =
      "mutation ($code: String!) { confirmTotp(input: { code: $code }) { user { tenant { members { totalCount } } } } }";
    const { data, errors } = await client.send(confirm, { code: new AuthenticatorApp(secret).code(app.clock.now()) });
    expect(data?.confirmTotp.user.tenant).toEqual({ members: null });
    expect(errors.map(({ path, extensions: { code, reason } }) => ({ path, code, reason }))).toEqual([
      { path: ["confirmTotp", "user", "tenant", "members"], ...ONLY_ENROLMENT },
    ]);
  });

  it("asks users who have one for it", async () => {
    const tenant = await createTenant(app);
    const bob = await createMember(app, tenant);
    await enableTotp(app, bob);
    await app.app.db.update(tenants).set({ secondFactor: "REQUIRED_OWN", requireSecondFactor: true });
    expect(await beginLogin(app.client(), bob)).toMatchObject({
      reason: "SECOND_FACTOR_ENABLED",
      factors: ["TOTP", "BACKUP_CODE"],
    });
    await app.app.db.update(tenants).set({ secondFactor: "OPTIONAL", requireSecondFactor: false });
  });
});

describe("a replica of the version before this rule", () => {
  it("that requires a second factor through its own column is respected", async () => {
    const tenant = await createTenant(app);
    const bob = await createMember(app, tenant);
    await app.app.db.update(tenants).set({ requireSecondFactor: true });
    expect(await beginLogin(app.client(), bob)).toMatchObject({ reason: "TENANT_POLICY", factors: ["EMAIL_CODE"] });
    await app.app.db.update(tenants).set({ requireSecondFactor: false });
  });
});
