import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Tenant } from "#features/tenants/index";
import type { UserId } from "#shared/ids";
import {
  type AuthenticatorApp,
  beginLogin,
  enableTotp,
  VERIFY_TOTP,
  waitForNewCode,
} from "../../support/clients/factors.ts";
import type { GraphQLClient } from "../../support/clients/graphql.ts";
import { memberWith } from "../../support/clients/narrow.ts";
import { ANONYMOUS, eventsOf } from "../../support/factories/stored-users.ts";
import { addUser, createMember, createTenant } from "../../support/factories/tenants.ts";
import { LOGIN, logIn, newPassword, REFRESH, type SignedInUser, tokenIn } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { describeIf } from "../../support/servers/index.ts";

const SUSPEND = "mutation ($id: ID!) { suspendTenant(input: { tenantId: $id }) { tenant { id status } } }";
const REACTIVATE = "mutation ($id: ID!) { reactivateTenant(input: { tenantId: $id }) { tenant { id status } } }";
const ME = "{ me { id } }";

const suite = (settings: Readonly<Record<string, string>>) => () => {
  let app: TestApp;
  let replica: TestApp;
  let operator: SignedInUser;
  beforeAll(async () => {
    app = await startTestApp({ settings });
    replica = await startTestApp({ settings, replicaOf: app });
    operator = await createMember(app, await createTenant(app, "Operators"), "OPERATOR");
  });
  afterAll(async () => {
    await replica.stop();
    await app.stop();
  });

  const suspend = ({ id }: Tenant) => operator.client.ask(SUSPEND, { id });
  const reactivate = ({ id }: Tenant) => operator.client.ask(REACTIVATE, { id });

  /** The same user at both replicas, which have seen the access token and may have cached it. */
  const everywhere = async ({ client }: SignedInUser): Promise<GraphQLClient[]> => {
    const elsewhere = replica.client();
    elsewhere.accessToken = client.accessToken;
    for (const each of [client, elsewhere, client, elsewhere]) await each.ask(ME);
    return [client, elsewhere];
  };

  it("ends every session immediately on every replica, and refuses logins", async () => {
    const tenant = await createTenant(app);
    const people = [
      await createMember(app, tenant, "ADMIN"),
      await createMember(app, tenant),
      await createMember(app, tenant),
    ];
    const stranger = await createMember(app, await createTenant(app));
    const clients = (await Promise.all(people.map(everywhere))).flat();
    const untouched = await everywhere(stranger);

    expect((await suspend(tenant)).suspendTenant.tenant).toEqual({ id: tenant.id, status: "SUSPENDED" });

    const codes = await Promise.all(clients.map(async (client) => (await client.refused(ME)).code));
    expect(codes).toEqual(clients.map(() => "UNAUTHENTICATED"));
    for (const { email: identifier, password, client } of people) {
      expect(await replica.client().refused(LOGIN, { input: { identifier, password } })).toMatchObject({
        code: "FORBIDDEN",
        reason: "TENANT_SUSPENDED",
      });
      // This is not revealed to a caller who does not know the password.
      expect(await replica.client().refused(LOGIN, { input: { identifier, password: newPassword() } })).toMatchObject({
        code: "INVALID_CREDENTIALS",
      });
      expect(await replica.client().refused(REFRESH, { token: client.refreshToken })).toMatchObject({
        code: "INVALID_REFRESH_TOKEN",
      });
      const { validateToken } = await app
        .client()
        .ask("mutation ($token: String!) { validateToken(input: { token: $token }) { valid reason } }", {
          token: client.accessToken,
        });
      expect(validateToken).toEqual({ valid: false, reason: "REVOKED" });
    }
    for (const client of untouched) await client.ask(ME);
  });

  it("is undone by reactivateTenant: everything that has not expired works again", async () => {
    const tenant = await createTenant(app);
    const bob = await createMember(app, tenant);
    const clients = await everywhere(bob);
    await suspend(tenant);
    for (const client of clients) await client.refused(ME);
    expect((await reactivate(tenant)).reactivateTenant.tenant).toEqual({ id: tenant.id, status: "ACTIVE" });
    for (const client of clients) await client.ask(ME);
    await app.client().ask(REFRESH, { token: bob.client.refreshToken });
    await logIn(app.client(), bob.email, bob.password);
  });

  it("makes pending logins and links in mails useless", async () => {
    const tenant = await createTenant(app);
    const bob = await createMember(app, tenant);
    const { authenticator } = await enableTotp(app, bob);
    waitForNewCode(app);
    const { challenge } = await beginLogin(app.client(), bob);
    await app.client().ask("mutation ($e: EmailAddress!) { requestPasswordReset(input: { email: $e }) { accepted } }", {
      e: bob.email,
    });
    const token = tokenIn(await app.mail.waitForMail({ to: bob.email, subject: /new password/i }));
    const code = (shown: AuthenticatorApp) => shown.code(app.clock.now());
    const STATUS = "mutation ($token: String!) { checkPasswordResetToken(input: { token: $token }) { valid } }";
    const RESET = "mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessionIds } }";

    await suspend(tenant);
    expect(
      await replica.client().refused(VERIFY_TOTP, { input: { challenge, code: code(authenticator) } }),
    ).toMatchObject({ code: "INVALID_TOKEN", reason: "CHALLENGE_EXPIRED" });
    expect((await app.client().ask(STATUS, { token })).checkPasswordResetToken).toEqual({ valid: false });
    expect(await app.client().refused(RESET, { input: { token, newPassword: newPassword() } })).toMatchObject({
      code: "INVALID_TOKEN",
    });

    await reactivate(tenant);
    await app.client().ask(RESET, { input: { token, newPassword: newPassword() } });
  });

  it("refuses a login that races with it", async () => {
    const tenant = await createTenant(app);
    const password = newPassword();
    const people = await Promise.all(Array.from({ length: 8 }, () => addUser(app, tenant, { password })));
    const clients = people.map((_, index) => (index % 2 ? app : replica).client());
    const logins = people.map(({ email }, index) =>
      clients[index]?.send(LOGIN, { input: { identifier: email, password } }),
    );
    await Promise.all([...logins, suspend(tenant)]);
    for (const [index, login] of (await Promise.all(logins)).entries()) {
      const client = clients[index];
      if (!client || !login?.data) continue;
      client.accessToken = memberWith("tokens", login.data.login).tokens.accessToken;
      expect(await client.refused(ME)).toMatchObject({ code: "UNAUTHENTICATED" });
    }
  });

  it("is recorded once, as an event of the tenant and of no user", async () => {
    const tenant = await createTenant(app);
    const bob = await addUser(app, tenant);
    for (const act of [suspend, suspend, reactivate, reactivate]) await act(tenant);
    const events = await app.app.db.execute(
      `select type, user_id, ip_address is not null as known, details from security_events
       where tenant_id = '${tenant.id}' order by id`,
    );
    const recorded = { user_id: null, known: true, details: { by: operator.id } };
    expect([...events]).toEqual([
      { type: "TENANT_SUSPENDED", ...recorded },
      { type: "TENANT_REACTIVATED", ...recorded },
    ]);
    expect(await eventsOf(app, { id: bob.id as UserId })).toEqual([]);
  });

  it("is allowed to operators only, and never for their own tenant", async () => {
    const tenant = await createTenant(app);
    const admin = await createMember(app, tenant, "ADMIN");
    for (const operation of [SUSPEND, REACTIVATE])
      expect(await admin.client.refused(operation, { id: tenant.id })).toMatchObject({
        code: "FORBIDDEN",
        reason: "MISSING_PERMISSION",
      });
    const { tenant: own } = await operator.client.ask("{ tenant { id } }");
    for (const id of [own.id, own.id.toUpperCase()])
      expect(await operator.client.refused(SUSPEND, { id })).toMatchObject({ code: "CONFLICT", status: 409 });
    for (const id of [ANONYMOUS, "not an id", ""])
      for (const operation of [SUSPEND, REACTIVATE])
        expect(await operator.client.refused(operation, { id })).toMatchObject({ code: "NOT_FOUND" });
    await operator.client.ask(ME);
    await admin.client.ask(ME);
  });
};

describe("suspendTenant", suite({}));
describeIf("redis", "suspendTenant, even if Redis has cached the sessions", (url) => suite({ REDIS_URL: url })());
