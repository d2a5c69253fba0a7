import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { securityEvents } from "#features/audit/security-events.table";
import { tenants } from "#features/tenants/index";
import { findUserByEmail } from "#features/users/index";
import { DAY, MINUTE } from "#shared/durations";
import type { TenantId } from "#shared/ids";
import type { GraphQLClient, UntypedData } from "../../support/clients/graphql.ts";
import { accept, invite, ONBOARD, onboard } from "../../support/factories/invitations.ts";
import { addressIn } from "../../support/factories/places.ts";
import { holding } from "../../support/factories/roles.ts";
import { createTenantWithUsers, createUser } from "../../support/factories/tenants.ts";
import {
  challengeOf,
  logIn,
  newAddress,
  newEmail,
  newPassword,
  register,
  tokenIn,
  VERIFY,
  verify,
} from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { findFreePort } from "../../support/servers/ports.ts";
import { type SapSystem, startSapSystem } from "../../support/servers/sap.ts";
import { readersOf } from "../../support/servers/smtp.ts";

let app: TestApp;
let sap: SapSystem;
beforeAll(async () => {
  [app, sap] = await Promise.all([
    startTestApp({ settings: { OUTGOING_PRIVATE_NETWORKS: "127.0.0.1/32" } }),
    startSapSystem(),
  ]);
  sap.services = ["API_SUPPLIERINVOICE_PROCESS_SRV", "ZGRAC_X"];
});
afterAll(async () => {
  await app?.stop();
  await sap?.stop();
});

const ONBOARD_WITH_SAP = /* GraphQL */ `
  mutation ($input: OnboardTenantInput!) {
    onboardTenant(input: $input) {
      next
      challenge
      tenant {
        id name status createdAt
        policy { registration maxSessions passwordMinLength secondFactor }
        sapSystem { baseUrl }
        sapCapabilities { capability available services }
      }
    }
  }
`;
const verifying = (token: string) => ({ input: { token, challenge: challengeOf(token), password: newPassword() } });
const RESEND =
  "mutation ($email: EmailAddress!, $challenge: String) { resendVerificationEmail(input: { email: $email, challenge: $challenge }) { accepted } }";
const LOGIN_REFUSED = "mutation ($input: LoginInput!) { login(input: $input) { __typename } }";
const SETTINGS = "query ($tenant: String) { authSettings(tenant: $tenant) { registration } }";
const ATTEMPTS = "{ loginAttempts(first: 1) { nodes { outcome risk { score level signals { kind points } } } } }";

/** A visitor with an unused address, because one address can onboard five tenants an hour. */
const visitor = (): GraphQLClient => app.client({ "x-forwarded-for": newAddress() });

const requestOf = (input: object = {}) => ({
  companyName: "Acme",
  adminEmail: newEmail("founder"),
  adminName: "Ada Admin",
  password: newPassword(),
  ...input,
});

/** The input for connecting the SAP system, as its admin would give it. */
const connection = ({ baseUrl = sap.baseUrl, ...changes }: { baseUrl?: string; password?: string } = {}) => ({
  baseUrl,
  credentials: { basic: { ...sap.login, ...changes } },
});

const tenantOf = async (id: string) => {
  const [row] = await app.app.db
    .select()
    .from(tenants)
    .where(eq(tenants.id, id as TenantId));
  return row ?? null;
};

const countTenants = async (): Promise<number> => (await app.app.db.select({ id: tenants.id }).from(tenants)).length;

describe("a tenant", () => {
  it("is created with its SAP system, activated by its admin's mail, and used from then on", async () => {
    const { adminEmail, password, ...rest } = requestOf({ companyName: " Zebra & Söhne GmbH " });
    const sapSystem = connection();
    const { onboardTenant } = await visitor().ask(ONBOARD_WITH_SAP, {
      input: { adminEmail, password, ...rest, sapSystem },
    });
    const { id } = onboardTenant.tenant;
    expect(onboardTenant).toMatchObject({
      next: "VERIFY_EMAIL",
      tenant: {
        name: "Zebra & Söhne GmbH",
        status: "ACTIVE",
        policy: { registration: "OPEN", maxSessions: 2, passwordMinLength: 8, secondFactor: "OPTIONAL" },
        // No user is signed in yet.
        sapSystem: null,
      },
    });
    const available = Object.fromEntries(
      onboardTenant.tenant.sapCapabilities.map((one: UntypedData) => [
        one.capability,
        one.available ? one.services : null,
      ]),
    );
    expect(available).toEqual({
      SOD_ANALYSIS: ["ZGRAC_X"],
      GL_ANOMALY: null,
      INVOICE_MATCHING: ["API_SUPPLIERINVOICE_PROCESS_SRV"],
    });

    const credentials = { identifier: adminEmail, password };
    expect(await visitor().refused(LOGIN_REFUSED, { input: credentials })).toMatchObject({
      code: "INVALID_CREDENTIALS",
    });
    expect(await findUserByEmail(app.app.db, adminEmail)).toBeNull();
    expect(await visitor().refused(SETTINGS, { tenant: "zebra-sohne-gmbh" })).toMatchObject({ code: "NOT_FOUND" });

    const mail = await app.mail.waitForMail({ to: adminEmail, subject: /Activate/ });
    expect(`${mail.text} ${mail.html}`).not.toMatch(/Zebra|Ada/);
    const token = tokenIn(mail);
    const admin = app.client({ "x-forwarded-for": addressIn("Berlin, Germany", app.app.geoip) });
    const login = await verify(admin, token, { challenge: onboardTenant.challenge });
    expect(login).toMatchObject({ __typename: "LoginSuccess", mfaRecommended: true });
    expect(await visitor().refused(VERIFY, verifying(token))).toMatchObject({ code: "INVALID_TOKEN" });
    expect(await visitor().ask(SETTINGS, { tenant: "zebra-sohne-gmbh" })).toEqual({
      authSettings: { registration: "OPEN" },
    });

    const another = app.client({ "x-forwarded-for": addressIn("Berlin, Germany", app.app.geoip) });
    await logIn(another, adminEmail, password);
    const { me, tenant } = await admin.ask(
      "{ me { memberships { roles { name } } emailVerified name tenant { id } } tenant { sapCapabilities { available } sapSystem { baseUrl serviceCount } } }",
    );
    expect(me).toEqual({ ...holding("ADMIN"), emailVerified: true, name: "Ada Admin", tenant: { id } });
    expect(tenant.sapSystem).toEqual({ baseUrl: `${sap.baseUrl}/`, serviceCount: 2 });
    expect(tenant.sapCapabilities.map((one: UntypedData) => one.available)).toEqual([true, false, true]);

    const events = await app.app.db
      .select({ type: securityEvents.type })
      .from(securityEvents)
      .where(eq(securityEvents.tenantId, id as TenantId))
      .orderBy(securityEvents.id);
    expect(events.map(({ type }) => type)).toEqual([
      "TENANT_ONBOARDED",
      "USER_REGISTERED",
      "EMAIL_VERIFIED",
      "LOGIN_SUCCEEDED",
      "NEW_DEVICE",
      "LOGIN_SUCCEEDED",
      "NEW_DEVICE",
    ]);
  });

  it("allows its admin's first login from a new device and location, at 35 points", async () => {
    const { adminEmail, password } = requestOf();
    const { token } = await onboard(app, { adminEmail, password });
    const admin = app.client({ "x-forwarded-for": addressIn("Berlin, Germany", app.app.geoip) });
    expect(await verify(admin, token)).toMatchObject({ mfaRecommended: true });
    expect((await admin.ask(ATTEMPTS)).loginAttempts.nodes).toEqual([
      {
        outcome: "SUCCESS",
        risk: {
          score: 35,
          level: "MEDIUM",
          signals: [
            { kind: "NEW_DEVICE", points: 20 },
            { kind: "NEW_LOCATION", points: 15 },
          ],
        },
      },
    ]);
  });

  it("is isolated: its admin sees and invites its own users only", async () => {
    const { bob } = await createTenantWithUsers(app);
    const { adminEmail, password } = requestOf();
    const { token, tenant } = await onboard(app, { adminEmail, password });
    const client = app.client();
    const admin = { client, id: (await verify(client, token)).user.id };
    expect(await client.ask("query ($id: ID!) { user(id: $id) { id } }", { id: bob.id })).toEqual({ user: null });
    const { token: invitation } = await invite(app, admin);
    const colleague = app.client();
    const { user } = await accept(colleague, invitation);
    expect((await client.ask("{ users(first: 10) { nodes { id } } }")).users.nodes).toEqual(
      expect.arrayContaining([{ id: admin.id }, { id: user.id }]),
    );
    expect((await colleague.ask("{ tenant { id } }")).tenant).toEqual({ id: tenant.id });
  });

  it("gets its slug when it is activated: the next one of the same name gets a number", async () => {
    const companyName = `Quagga ${newPassword().replaceAll(/[^a-z0-9]/gi, "")}`;
    const companies = [];
    for (let i = 0; i < 3; i++) companies.push(await onboard(app, { ...requestOf(), companyName }));
    const [first, second, third] = companies;
    for (const company of [third, first]) await verify(visitor(), company?.token ?? "");
    const base = companyName.toLowerCase().replace(" ", "-").slice(0, 40);
    expect((await tenantOf(third?.tenant.id))?.slug).toBe(base);
    expect((await tenantOf(first?.tenant.id))?.slug).toBe(`${base}-2`);
    expect((await tenantOf(second?.tenant.id))?.slug).toMatch(/^pending:/);
  });
});

describe("invalid input", () => {
  const refusedWith = async (input: object): Promise<object> => {
    const request = requestOf(input);
    const before = await countTenants();
    const error = await visitor().refused(ONBOARD_WITH_SAP, { input: request });
    expect(await countTenants()).toBe(before);
    expect(await findUserByEmail(app.app.db, request.adminEmail)).toBeNull();
    return error;
  };

  it.each([
    ["no name", { companyName: "" }, "input.companyName"],
    ["a blank name", { companyName: "  " }, "input.companyName"],
    ["a long name", { companyName: "x".repeat(201) }, "input.companyName"],
    ["a name with a line break", { companyName: "Acme\r\nBcc: b" }, "input.companyName"],
    ["a name with a web address", { companyName: "Acme www.evil.example" }, "input.companyName"],
    ["a long name of the admin", { adminName: "x".repeat(201) }, "input.adminName"],
    ["an impossible address", { adminEmail: ".x@example.com" }, "input.adminEmail"],
    ["SAP without credentials", { sapSystem: { baseUrl: "https://sap.example.com" } }, "input.sapSystem.credentials"],
    [
      "SAP with an invalid address",
      {
        sapSystem: {
          credentials: { basic: { username: "A", password: "b" } },
          baseUrl: "https://sap.example.com?x=1",
        },
      },
      "input.sapSystem.baseUrl",
    ],
  ])("is reported by field: %s", async (_, input, path) => {
    expect(await refusedWith(input)).toMatchObject({ code: "BAD_USER_INPUT", fields: [{ path }] });
  });

  it("includes a weak password, before any mail or request is sent", async () => {
    const asked = sap.requests.length;
    expect(await refusedWith({ password: "password1", sapSystem: connection() })).toMatchObject({
      code: "BAD_REQUEST",
      reason: "WEAK_PASSWORD",
      fields: [{ path: "input.password" }],
    });
    expect(sap.requests).toHaveLength(asked);
  });

  it("includes an SAP system that does not respond as it must: then nothing is created", async () => {
    const nobody = `http://127.0.0.1:${await findFreePort()}`;
    for (const [sapSystem, code, reason] of [
      [connection({ baseUrl: nobody }), "UPSTREAM_FAILED", "SAP_UNREACHABLE"],
      [connection({ password: "wrong" }), "UPSTREAM_FAILED", "SAP_UNAUTHORIZED"],
      [connection({ baseUrl: "http://10.1.2.3" }), "BAD_REQUEST", "SAP_ADDRESS_REFUSED"],
      [connection({ baseUrl: "http://169.254.169.254" }), "BAD_REQUEST", "SAP_ADDRESS_REFUSED"],
    ])
      expect(await refusedWith({ sapSystem })).toMatchObject({ code, reason });
  });

  it("includes an SAP system whose details are not revealed to a visitor", async () => {
    const nobody = `http://127.0.0.1:${await findFreePort()}`;
    const messageOf = async (traits: object) => {
      const input = requestOf({ sapSystem: connection(traits) });
      return (await visitor().send(ONBOARD_WITH_SAP, { input })).errors[0]?.message;
    };
    const messages = new Set([await messageOf({ baseUrl: nobody })]);
    messages.add(await messageOf({ password: "wrong" }));
    for (const trouble of ["redirect", "html", "huge"] as const) {
      sap.trouble = trouble;
      messages.add(await messageOf({}));
    }
    sap.trouble = null;
    expect([...messages]).toEqual(["No usable SAP system responded at this address."]);
  });

  it("includes too many requests: five an hour from one client address, and for one e-mail address", async () => {
    const client = visitor();
    for (let i = 0; i < 5; i++) await client.ask(ONBOARD, { input: requestOf() });
    expect(await client.refused(ONBOARD, { input: requestOf() })).toMatchObject({ code: "RATE_LIMITED" });

    const input = requestOf();
    for (let i = 0; i < 5; i++) await visitor().ask(ONBOARD, { input });
    expect(await visitor().refused(ONBOARD, { input })).toMatchObject({ code: "RATE_LIMITED" });
  });
});

describe("a taken address", () => {
  /** The response without what is specific to this tenant. */
  const shapeOf = ({ onboardTenant }: UntypedData) => ({
    ...onboardTenant,
    challenge: onboardTenant.challenge.length,
    tenant: {
      ...onboardTenant.tenant,
      id: typeof onboardTenant.tenant.id,
      createdAt: typeof onboardTenant.tenant.createdAt,
    },
  });

  it("is answered like a free one, with SAP and all; no user can activate the tenant, and its owner is notified", async () => {
    const alice = await createUser(app);
    const sapSystem = connection();
    const free = await visitor().ask(ONBOARD_WITH_SAP, { input: requestOf({ sapSystem }) });
    const taken = await visitor().ask(ONBOARD_WITH_SAP, {
      input: requestOf({ sapSystem, adminEmail: alice.email.toUpperCase() }),
    });
    expect(shapeOf(taken)).toEqual(shapeOf(free));
    expect((await tenantOf(taken.onboardTenant.tenant.id))?.slug).toMatch(/^pending:/);
    const { challenge } = taken.onboardTenant;
    await visitor().ask(RESEND, { email: alice.email, challenge });
    await app.mail.waitForMail({ to: alice.email, subject: /already have an account/ });
    expect((await alice.client.ask("{ me { memberships { roles { name } } } }")).me).toEqual(holding());
    await logIn(app.client(), alice.email, alice.password);
    expect(
      app.mail.all().filter((mail) => readersOf(mail).includes(alice.email) && /Activate/.test(mail.subject ?? "")),
    ).toEqual([]);
  });

  it("is reported if the operator allows it, before SAP is contacted", async () => {
    const frank = await startTestApp({ settings: { REVEAL_TAKEN_EMAIL: "true" }, replicaOf: app });
    try {
      const alice = await createUser(app);
      const sapSystem = connection({ baseUrl: "http://10.1.2.3" });
      const input = requestOf({ adminEmail: alice.email, sapSystem });
      expect(await frank.client({ "x-forwarded-for": newAddress() }).refused(ONBOARD, { input })).toMatchObject({
        code: "CONFLICT",
        reason: "EMAIL_TAKEN",
      });
    } finally {
      await frank.stop();
    }
  });

  it("does not include one that was never verified: each link grants only what belongs to it", async () => {
    const email = newEmail();
    const [visited, founded] = [newPassword(), newPassword()];
    const registration = await register(app, { email, password: visited, name: "Visitor" });
    const { tenant, token } = await onboard(app, { adminEmail: email, password: founded });
    const client = app.client();
    await verify(client, token);
    await logIn(visitor(), email, founded);
    expect((await client.ask("{ me { name memberships { roles { name } } tenant { id } } }")).me).toEqual({
      name: "Ada Admin",
      ...holding("ADMIN"),
      tenant: { id: tenant.id },
    });
    expect(await visitor().refused(VERIFY, verifying(registration))).toMatchObject({ code: "INVALID_TOKEN" });
    expect(await visitor().refused(LOGIN_REFUSED, { input: { identifier: email, password: visited } })).toMatchObject({
      code: "INVALID_CREDENTIALS",
    });
  });

  it("and the other way round: a user who registers at an address with another party's pending tenant is not an admin of it", async () => {
    const email = newEmail();
    const { tenant, token } = await onboard(app, { adminEmail: email, password: newPassword() });
    const password = newPassword();
    const registration = await register(app, { email, password });
    const client = app.client();
    await verify(client, registration);
    const { me } = await client.ask("{ me { memberships { roles { name } } tenant { id } } }");
    expect(me).toMatchObject(holding());
    expect(me.tenant.id).not.toBe(tenant.id);
    expect(await visitor().refused(VERIFY, verifying(token))).toMatchObject({ code: "INVALID_TOKEN" });
  });
});

describe("a tenant that is never activated", () => {
  const sweep = async () => {
    await app.app.addressLinks.sweep();
    await app.app.approvals.sweep();
    await app.app.activation.sweep();
  };

  it("can be activated for seven days", async () => {
    const [inTime, late] = [await onboard(app, requestOf()), await onboard(app, requestOf())];
    app.clock.advance(7 * DAY - MINUTE);
    await verify(visitor(), inTime.token);
    app.clock.advance(MINUTE);
    expect(await visitor().refused(VERIFY, verifying(late.token))).toMatchObject({ code: "INVALID_TOKEN" });
    expect((await tenantOf(late.tenant.id))?.slug).toMatch(/^pending:/);
  });

  it("gets another link for the client that created it, which has the same effect as the first", async () => {
    const request = requestOf();
    const { tenant, challenge } = await onboard(app, request);
    app.clock.advance(8 * DAY);
    await visitor().ask(RESEND, { email: request.adminEmail, challenge });
    const token = tokenIn(await app.mail.waitForMail({ to: request.adminEmail, subject: /Activate/ }));
    const client = app.client();
    await verify(client, token, { challenge });
    await logIn(visitor(), request.adminEmail, request.password);
    expect((await client.ask("{ me { memberships { roles { name } } tenant { id } } }")).me).toEqual({
      ...holding("ADMIN"),
      tenant: { id: tenant.id },
    });
  });

  it("is deleted with its registration and its SAP system after 30 days; an active one is kept", async () => {
    const request = requestOf({ sapSystem: connection() });
    const { tenant } = await onboard(app, request);
    const active = await onboard(app, requestOf());
    await verify(visitor(), active.token);
    const second = await onboard(app, request);

    app.clock.advance(36 * DAY);
    await sweep();
    for (const { id } of [tenant, second.tenant]) expect(await tenantOf(id)).not.toBeNull();

    app.clock.advance(2 * DAY);
    await sweep();
    for (const { id } of [tenant, second.tenant]) expect(await tenantOf(id)).toBeNull();
    expect(await findUserByEmail(app.app.db, request.adminEmail)).toBeNull();
    expect(
      await app.app.db.execute(sql`select from sap_connections where tenant_id = ${tenant.id}::uuid`),
    ).toHaveLength(0);
    expect(await tenantOf(active.tenant.id)).toMatchObject({ name: "Acme" });
  });
});
