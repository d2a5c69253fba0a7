import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { sapConnections } from "#features/sap/sap-connections.table";
import type { Tenant } from "#features/tenants/index";
import { MINUTE } from "#shared/durations";
import { createMember, createTenant, createTenantWithUsers } from "../../support/factories/tenants.ts";
import type { SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { type SapSystem, type SapTrouble, startSapSystem } from "../../support/servers/sap.ts";

let app: TestApp;
let system: SapSystem;
beforeAll(async () => {
  app = await startTestApp({ settings: { OUTGOING_PRIVATE_NETWORKS: "127.0.0.0/8", LOG_LEVEL: "trace" } });
});
afterAll(() => app.stop());
beforeEach(async () => {
  system = await startSapSystem();
});
afterEach(() => system.stop());

const TENANT = `id sapSystem { baseUrl reachable checkedAt serviceCount } sapCapabilities { capability available services }`;
const UPDATE = `mutation ($input: UpdateSapSystemInput!) { updateSapSystem(input: $input) { tenant { ${TENANT} } } }`;

const byPassword = (at = system) => ({ baseUrl: at.baseUrl, credentials: { basic: at.login } });
const byOAuth = (at = system) => ({
  baseUrl: at.baseUrl,
  credentials: { oauth: { tokenUrl: at.tokenUrl, ...at.oauthClient } },
});

const tenantOf = async ({ client }: SignedInUser) => (await client.ask(`{ tenant { ${TENANT} } }`)).tenant;
const rowOf = async ({ id }: Pick<Tenant, "id">) =>
  (await app.app.db.select().from(sapConnections).where(eq(sapConnections.tenantId, id)))[0] ?? null;

const NO_CAPABILITIES = ["SOD_ANALYSIS", "GL_ANOMALY", "INVOICE_MATCHING"].map((capability) => ({
  capability,
  available: false,
  services: [],
}));

describe("updateSapSystem", () => {
  it.each([
    ["a user and a password", byPassword],
    ["a client of OAuth 2", byOAuth],
  ])("connects the tenant by %s, and detects its capabilities", async (_, details) => {
    const { tenant, admin } = await createTenantWithUsers(app);
    system.services = ["ZAPI_OPLACCTGDOCITEMCUBE_SRV", "API_SUPPLIERINVOICE_PROCESS_SRV", "ZSALES_SRV"];
    system.groups = { "/ACME/GROUP": ["GRAC_RISK"] };
    const { updateSapSystem } = await admin.client.ask(UPDATE, { input: details() });
    expect(updateSapSystem.tenant).toEqual({
      id: tenant.id,
      sapSystem: { baseUrl: `${system.baseUrl}/`, reachable: true, checkedAt: expect.any(String), serviceCount: 4 },
      sapCapabilities: [
        { capability: "SOD_ANALYSIS", available: true, services: ["GRAC_RISK"] },
        { capability: "GL_ANOMALY", available: true, services: ["ZAPI_OPLACCTGDOCITEMCUBE_SRV"] },
        { capability: "INVOICE_MATCHING", available: true, services: ["API_SUPPLIERINVOICE_PROCESS_SRV"] },
      ],
    });
    expect(await tenantOf(admin)).toEqual(updateSapSystem.tenant);
  });

  it("replaces the previous connection, and is recorded in the admin's history", async () => {
    const { admin } = await createTenantWithUsers(app);
    await admin.client.ask(UPDATE, { input: byPassword() });
    const other = await startSapSystem();
    other.services = ["ZOTHER_SRV"];
    await admin.client.ask(UPDATE, { input: byOAuth(other) });
    await other.stop();
    expect(await tenantOf(admin)).toMatchObject({
      sapSystem: { baseUrl: `${other.baseUrl}/`, serviceCount: 1 },
      sapCapabilities: NO_CAPABILITIES,
    });
    const { securityEvents } = await admin.client.ask(
      "{ securityEvents(filter: { types: [SAP_CONNECTION_CHANGED] }) { edges { node { ... on SapConnectionChangedEvent { host serviceCount } } } } }",
    );
    expect(securityEvents.edges.map(({ node }: { node: unknown }) => node)).toEqual([
      { host: new URL(other.baseUrl).host, serviceCount: 1 },
      { host: new URL(system.baseUrl).host, serviceCount: 3 },
    ]);
  });

  const TROUBLES: [NonNullable<SapTrouble>, string][] = [
    ["unauthorized", "SAP_UNAUTHORIZED"],
    ["redirect", "SAP_UNREACHABLE"],
    ["huge", "SAP_UNREACHABLE"],
    ["html", "SAP_UNREACHABLE"],
  ];

  it.each(TROUBLES)("changes nothing if the system is %s: UPSTREAM_FAILED/%s", async (trouble, reason) => {
    const { tenant, admin } = await createTenantWithUsers(app);
    await admin.client.ask(UPDATE, { input: byPassword() });
    const before = await rowOf(tenant);
    system.trouble = trouble;
    expect(await admin.client.refused(UPDATE, { input: byOAuth() })).toEqual({
      code: "UPSTREAM_FAILED",
      reason,
      status: 502,
    });
    expect(await rowOf(tenant)).toEqual(before);
  });

  it.each(["http://169.254.169.254/", "http://2852039166/", "http://[::ffff:10.0.0.1]/", "file:///etc/passwd"])(
    "sends no request to %s: BAD_REQUEST/SAP_ADDRESS_REFUSED",
    async (address) => {
      const { tenant, admin } = await createTenantWithUsers(app);
      const refused = { code: "BAD_REQUEST", reason: "SAP_ADDRESS_REFUSED", status: 400 };
      expect(await admin.client.refused(UPDATE, { input: { ...byPassword(), baseUrl: address } })).toEqual(refused);
      const input = {
        baseUrl: system.baseUrl,
        credentials: { oauth: { ...byOAuth().credentials.oauth, tokenUrl: address } },
      };
      expect(await admin.client.refused(UPDATE, { input })).toEqual(refused);
      expect(system.requests).toEqual([]);
      expect(await rowOf(tenant)).toBeNull();
    },
  );

  it("reports each invalid field, and repeats no value", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    const { baseUrl } = system;
    for (const [input, paths] of [
      [{ baseUrl }, ["input.credentials"]],
      [{ baseUrl, credentials: {} }, ["input.credentials"]],
      [{ baseUrl, credentials: { ...byPassword().credentials, ...byOAuth().credentials } }, ["input.credentials"]],
      [
        { baseUrl, credentials: { basic: { username: "canary:x", password: "" } } },
        ["input.credentials.basic.username", "input.credentials.basic.password"],
      ],
      [{ ...byPassword(), baseUrl: `${baseUrl}?secret=canary` }, ["input.baseUrl"]],
      [{ ...byPassword(), baseUrl: "canary" }, ["input.baseUrl"]],
    ] as const) {
      const { code, fields } = await admin.client.refused(UPDATE, { input });
      expect({ code, paths: fields?.map(({ path }) => path) }).toEqual({ code: "BAD_USER_INPUT", paths });
      expect(JSON.stringify(fields)).not.toContain("canary");
    }
    expect(system.requests).toEqual([]);
    expect(await rowOf(tenant)).toBeNull();
  });

  it("requires an admin of the tenant with a fresh proof", async () => {
    const { tenant, admin, bob } = await createTenantWithUsers(app);
    const stranger = await createMember(app, await createTenant(app), "ADMIN");
    const input = byPassword();
    expect(await bob.client.refused(UPDATE, { input })).toMatchObject({ code: "FORBIDDEN" });
    app.clock.advance(11 * MINUTE);
    expect(await admin.client.refused(UPDATE, { input })).toMatchObject({ code: "REAUTHENTICATION_REQUIRED" });
    expect(system.requests).toEqual([]);
    const fresh = await createMember(app, await createTenant(app), "ADMIN");
    await fresh.client.ask(UPDATE, { input });
    expect(await rowOf(tenant)).toBeNull();
    expect(await tenantOf(stranger)).toMatchObject({ sapSystem: null, sapCapabilities: NO_CAPABILITIES });
  });

  it("is rate-limited, because it makes this server send requests to others", async () => {
    const { admin } = await createTenantWithUsers(app);
    const input = { ...byPassword(), baseUrl: "http://10.0.0.1/" };
    for (let call = 0; call < 20; call += 1)
      expect(await admin.client.refused(UPDATE, { input })).toMatchObject({ code: "BAD_REQUEST" });
    expect(await admin.client.refused(UPDATE, { input })).toMatchObject({ code: "RATE_LIMITED" });
  });

  it("exposes the credentials nowhere: not in responses, events, tables, jobs or logs", async () => {
    const { admin } = await createTenantWithUsers(app);
    const password = "canary-of-the-password";
    system.login = { username: "PORTCULLIS", password };
    await admin.client.ask(UPDATE, { input: byPassword() });
    system.trouble = "unauthorized";
    await admin.client.refused(UPDATE, { input: byPassword() });
    const [dump] = await app.app.db.execute<{ text: string }>(
      `select coalesce(string_agg(t::text, ' '), '') as text from (
         select to_jsonb(s) from sap_connections s union all select to_jsonb(e) from security_events e
         union all select to_jsonb(j) from graphile_worker._private_jobs j) t`,
    );
    const told = [dump?.text, ...app.logs, JSON.stringify(await tenantOf(admin))].join("\n");
    expect(told).toContain(new URL(system.baseUrl).host);
    for (const canary of [
      password,
      Buffer.from(password).toString("base64"),
      Buffer.from(`PORTCULLIS:${password}`).toString("base64"),
    ])
      expect(told).not.toContain(canary);
  });
});

describe("a tenant's connection", () => {
  it("is shown to its admins and to operators; its capabilities to all users of the tenant", async () => {
    const { tenant, admin, bob } = await createTenantWithUsers(app);
    await admin.client.ask(UPDATE, { input: byPassword() });
    const seen = await tenantOf(admin);
    expect(seen.sapSystem).not.toBeNull();
    expect(await tenantOf(bob)).toEqual({ ...seen, sapSystem: null });
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    const NODE = `query ($id: ID!) { node(id: $id) { ... on Tenant { ${TENANT} } } }`;
    expect((await operator.client.ask(NODE, { id: tenant.id })).node).toEqual(seen);
    const stranger = await createMember(app, await createTenant(app), "ADMIN");
    expect((await stranger.client.ask(NODE, { id: tenant.id })).node).toBeNull();
  });

  it("is read in one query for a page of tenants", async () => {
    const companies = [await createTenantWithUsers(app), await createTenantWithUsers(app)];
    for (const { admin } of companies) await admin.client.ask(UPDATE, { input: byPassword() });
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    const read = vi.spyOn(app.app.sap, "byTenants");
    const { tenants } = await operator.client.ask(`{ tenants(first: 10) { edges { node { ${TENANT} } } } }`);
    expect(read).toHaveBeenCalledTimes(1);
    read.mockRestore();
    const shown = new Map(tenants.edges.map(({ node }: { node: { id: string } }) => [node.id, node]));
    for (const { tenant, admin } of companies) expect(shown.get(tenant.id)).toEqual(await tenantOf(admin));
  });
});
