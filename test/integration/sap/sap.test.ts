import { randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type SapConnectionDetails, SapGateway } from "#features/sap/index";
import { SapService } from "#features/sap/sap.service";
import { sapConnections } from "#features/sap/sap-connections.table";
import { PROVISIONAL, type Tenant, tenants as tenantsTable } from "#features/tenants/index";
import { SafeHttpClient } from "#platform/http-client/index";
import { KeyRing, type RingKey } from "#platform/secrets";
import { DAY, HOUR, SECOND } from "#shared/durations";
import type { AppError } from "#shared/errors";
import { createTenant } from "../../support/factories/tenants.ts";
import { buildTestApp } from "../../support/servers/app.ts";
import { type SapSystem, type SapTrouble, startSapSystem } from "../../support/servers/sap.ts";

const key = (id: string): RingKey => ({ id, secret: randomBytes(32) });
const OLD = key("old");

let app: Awaited<ReturnType<typeof buildTestApp>>;
let system: SapSystem;
beforeAll(async () => {
  app = await buildTestApp({
    settings: { OUTGOING_PRIVATE_NETWORKS: "127.0.0.0/8", SECRET_KEYS: `old:${OLD.secret.toString("base64")}` },
  });
});
afterAll(() => app.close());
beforeEach(async () => {
  system = await startSapSystem();
});
afterEach(() => system.stop());

const byPassword = (at = system): SapConnectionDetails => ({ baseUrl: new URL(at.baseUrl), ...at.login });
const byOAuth = (at = system): SapConnectionDetails => ({
  baseUrl: new URL(at.baseUrl),
  oauth: { tokenUrl: new URL(at.tokenUrl), ...at.oauthClient },
});

const named = (count: number, prefix = "ZSERVICE") =>
  Array.from({ length: count }, (_, index) => `${prefix}_${String(index).padStart(5, "0")}_SRV`);

describe("a check finds all services", () => {
  const servicesOf = async (details = byPassword()) => (await app.app.sap.check(details)).services;

  it("with a user and password, sorted and without duplicates", async () => {
    system.services = ["ZB_SRV", "ZA_SRV", "ZB_SRV"];
    // The program's clock follows the database's clock, which differs from the test's.
    const { clock, sap } = app.app;
    const begun = clock.now();
    const { services, checkedAt } = await sap.check(byPassword());
    expect(services).toEqual(["ZA_SRV", "ZB_SRV"]);
    expect(checkedAt.getTime()).toBeGreaterThanOrEqual(begun.getTime());
    expect(checkedAt.getTime()).toBeLessThanOrEqual(clock.now().getTime());
  });

  it("with an OAuth 2 client", async () => {
    expect(await servicesOf(byOAuth())).toEqual(system.services.toSorted());
    expect(system.requests[0]).toBe("POST /sap/bc/sec/oauth2/token");
  });

  it.each([0, 1, 499, 500, 501, 1_700])("of a catalogue of %i, page by page", async (count) => {
    system.services = named(count);
    expect(await servicesOf()).toEqual(system.services);
  });

  it("if the system decides the page size", async () => {
    system.services = named(95);
    system.groups = Object.fromEntries(named(25, "/ACME/GROUP").map((group) => [group, [`${group}_A`, `${group}_B`]]));
    system.pageSize = 10;
    expect(await servicesOf()).toEqual([...system.services, ...Object.values(system.groups).flat()].toSorted());
  });

  it("in both catalogues, and returns a service in both once", async () => {
    system.groups = { "/IWFND/CONFIG": ["/IWFND/CATALOG", "/IWBEP/COMMON"], "/AIF/API": ["/IWBEP/COMMON"] };
    expect(await servicesOf()).toEqual([...system.services, "/IWFND/CATALOG", "/IWBEP/COMMON"].toSorted());
  });

  it("of the client and under the path that the URL names", async () => {
    await servicesOf({ ...byPassword(), baseUrl: new URL(`${system.baseUrl}?sap-client=100`) });
    expect(system.requests.length).toBeGreaterThan(0);
    for (const request of system.requests) expect(request).toMatch(/[?&]sap-client=100$/);
    system.requests.length = 0;
    await app.app.sap.check({ ...byPassword(), baseUrl: new URL(`${system.baseUrl}/proxy/`) }).catch(() => undefined);
    expect(system.requests[0]).toMatch(/^GET \/proxy\/sap\/opu\/odata\//);
  });

  it("and calls no other host, whatever host its next links name", async () => {
    const other = await startSapSystem();
    system.services = named(25);
    system.pageSize = 10;
    system.nextHost = other.baseUrl;
    expect(await servicesOf()).toEqual(system.services);
    expect(other.requests).toEqual([]);
    await other.stop();
  });

  it("and omits invalid technical names", async () => {
    system.services = ["ZGOOD_SRV", "", "with space", "nul\u0000", "<script>", "x".repeat(1_000)];
    expect(await servicesOf()).toEqual(["ZGOOD_SRV"]);
  });
});

describe("a check fails", () => {
  const failureOf = (details: SapConnectionDetails) =>
    app.app.sap.check(details).then(
      () => expect.unreachable("The check succeeded."),
      (error: unknown) => error,
    );

  const TROUBLES: [NonNullable<SapTrouble>, string][] = [
    ["unauthorized", "SAP_UNAUTHORIZED"],
    ["forbidden", "SAP_UNAUTHORIZED"],
    ["redirect", "SAP_UNREACHABLE"],
    ["huge", "SAP_UNREACHABLE"],
    ["html", "SAP_UNREACHABLE"],
    ["broken", "SAP_UNREACHABLE"],
    ["endless", "SAP_UNREACHABLE"],
  ];

  it.each(TROUBLES)("if the system is %s: %s", async (trouble, reason) => {
    system.trouble = trouble;
    expect(await failureOf(byPassword())).toMatchObject({ code: "UPSTREAM_FAILED", reason });
  });

  it("if the system lists more services than any real one has", async () => {
    system.services = named(10_001);
    expect(await failureOf(byPassword())).toMatchObject({ code: "UPSTREAM_FAILED", reason: "SAP_UNREACHABLE" });
  });

  it("if the system is stopped", async () => {
    await system.stop();
    expect(await failureOf(byPassword())).toMatchObject({ code: "UPSTREAM_FAILED", reason: "SAP_UNREACHABLE" });
  });

  it("within ten seconds if the system is slow, wherever it is slow", async () => {
    system.trouble = "slow";
    const deadlines = vi.spyOn(AbortSignal, "timeout");
    expect(await failureOf(byOAuth())).toMatchObject({ code: "UPSTREAM_FAILED", reason: "SAP_UNREACHABLE" });
    // One deadline for all calls of a check.
    expect(deadlines.mock.calls).toEqual([[10 * SECOND]]);
    deadlines.mockRestore();
  });

  it("if the password or the client secret is wrong, after one try", async () => {
    const unauthorized = { code: "UPSTREAM_FAILED", reason: "SAP_UNAUTHORIZED" };
    expect(await failureOf({ ...byPassword(), password: "wrong" })).toMatchObject(unauthorized);
    const { oauth, baseUrl } = byOAuth();
    if (!oauth) throw new Error("The OAuth client is missing.");
    expect(await failureOf({ baseUrl, oauth: { ...oauth, clientSecret: "wrong" } })).toMatchObject(unauthorized);
    expect(system.requests).toHaveLength(2);
  });

  it.each(["http://169.254.169.254/", "http://10.0.0.1/", "ftp://sap.example.com/", "http://user:pw@127.0.0.1/"])(
    "if the address may not be called: %s, for the system and for its token URL",
    async (address) => {
      const refused = { code: "BAD_REQUEST", reason: "SAP_ADDRESS_REFUSED" };
      expect(await failureOf({ ...byPassword(), baseUrl: new URL(address) })).toMatchObject(refused);
      const { oauth, baseUrl } = byOAuth();
      if (!oauth) throw new Error("The OAuth client is missing.");
      expect(await failureOf({ baseUrl, oauth: { ...oauth, tokenUrl: new URL(address) } })).toMatchObject(refused);
      expect(system.requests).toEqual([]);
    },
  );

  it("if the operator has not allowed the network of the address", async () => {
    const gateway = new SapGateway({ httpClient: new SafeHttpClient({ privateNetworks: null }) });
    await expect(gateway.listServices(byPassword())).rejects.toMatchObject({ reason: "SAP_ADDRESS_REFUSED" });
    expect(system.requests).toEqual([]);
  });

  it("in the same way, and after the same time, for a name with an internal address and an unknown name", async () => {
    const waits: number[] = [];
    const resolve = async (name: string) => {
      if (name === "sap.internal") return [{ address: "10.1.2.3", family: 4 }];
      throw new Error("ENOTFOUND");
    };
    const service = new SapService({
      ...app.app,
      clock: app.clock,
      keyRing: app.keyRing,
      gateway: new SapGateway({ httpClient: new SafeHttpClient({ privateNetworks: null, resolve }) }),
      log: { warn: () => {} } as never,
      unreachableTime: 1_000_000,
      wait: async (ms) => waits.push(ms),
    });
    const told = [];
    for (const name of ["sap.internal", "sap.nowhere"]) {
      const details = { ...byPassword(), baseUrl: new URL(`https://${name}`) };
      const errors = [
        await service.check(details).catch((error: unknown) => error),
        await service.checkForVisitor(details, "input").catch((error: unknown) => error),
      ] as AppError[];
      told.push(errors.map(({ code, reason, message }) => ({ code, reason, message })));
    }
    expect(told[1]).toEqual(told[0]);
    expect(told[0]).toMatchObject(Array(2).fill({ code: "UPSTREAM_FAILED", reason: "SAP_UNREACHABLE" }));
    // Each response is delayed until the whole time is over.
    expect(waits).toHaveLength(4);
    for (const ms of waits) expect(ms).toBeGreaterThan(0);
    // What the URL itself shows is reported immediately.
    const literal = { ...byPassword(), baseUrl: new URL("https://10.1.2.3") };
    await expect(service.check(literal)).rejects.toMatchObject({ reason: "SAP_ADDRESS_REFUSED" });
    expect(waits).toHaveLength(4);
  });

  it("without the credentials in the thrown error", async () => {
    for (const trouble of ["unauthorized", "html", "huge", "redirect"] as const) {
      system.trouble = trouble;
      for (const details of [byPassword(), byOAuth()]) {
        const told = await failureOf(details);
        const chain = [told, (told as Error).cause].map((error) => `${String(error)} ${JSON.stringify(error)}`).join();
        for (const secret of [system.login.password, system.oauthClient.clientSecret]) {
          expect(chain).not.toContain(secret);
          expect(chain).not.toContain(Buffer.from(secret).toString("base64").slice(0, 8));
        }
      }
    }
  });
});

describe("connection details are refused", () => {
  const baseUrl = new URL("https://sap.example.com");
  const login = { username: "ALICE", password: "secret" };
  const oauth = { tokenUrl: new URL("https://sap.example.com/token"), clientId: "c", clientSecret: "s" };

  it.each<[string, SapConnectionDetails, string[]]>([
    ["without credentials", { baseUrl }, ["input.credentials"]],
    ["with two kinds of credentials", { baseUrl, ...login, oauth }, ["input.credentials"]],
    ["without a password", { baseUrl, username: "ALICE" }, ["input.credentials.basic.password"]],
    ["without a username", { baseUrl, password: "secret" }, ["input.credentials.basic.username"]],
    ["with a colon in the username", { baseUrl, username: "A:B", password: "x" }, ["input.credentials.basic.username"]],
    [
      "with control characters",
      { baseUrl, username: "A\nB", password: "x\u0000" },
      ["input.credentials.basic.username", "input.credentials.basic.password"],
    ],
    [
      "with an empty client",
      { baseUrl, oauth: { ...oauth, clientId: "", clientSecret: "" } },
      ["input.credentials.oauth.clientId", "input.credentials.oauth.clientSecret"],
    ],
    ["with a query", { baseUrl: new URL("https://sap.example.com/?a=b"), ...login }, ["input.baseUrl"]],
    [
      "with an invalid SAP client",
      { baseUrl: new URL("https://sap.example.com/?sap-client=1%26x"), ...login },
      ["input.baseUrl"],
    ],
    ["with a fragment", { baseUrl: new URL("https://sap.example.com/#a"), ...login }, ["input.baseUrl"]],
    ["far too long", { baseUrl: new URL(`https://sap.example.com/${"a".repeat(3_000)}`), ...login }, ["input.baseUrl"]],
  ])("%s", async (_, details, paths) => {
    const error = await app.app.sap.check(details).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "BAD_USER_INPUT" });
    const { fields } = (error as { detail: { fields: { path: string }[] } }).detail;
    expect(fields.map(({ path }) => path)).toEqual(paths);
  });
});

const rowOf = async ({ id }: Pick<Tenant, "id">) => {
  const [row] = await app.app.db.select().from(sapConnections).where(eq(sapConnections.tenantId, id));
  if (!row) throw new Error("The tenant has no connection.");
  return row;
};

/** A tenant that is connected to this system. */
const connect = async (details = byPassword()): Promise<Tenant> => {
  const tenant = await createTenant(app);
  const profile = await app.app.sap.check(details);
  await app.app.db.transaction((tx) => app.app.sap.store(tx, tenant.id, details, profile));
  return tenant;
};

/** The service of a replica that has these keys. */
const sapWith = (...keys: RingKey[]) => {
  const { db, clock, tenants, events } = app.app;
  const httpClient = new SafeHttpClient({ privateNetworks: null });
  const log = { warn: () => undefined } as unknown as ConstructorParameters<typeof SapService>[0]["log"];
  const gateway = new SapGateway({ httpClient });
  return new SapService({ db, clock, keyRing: new KeyRing(keys), gateway, tenants, events, log, unreachableTime: 0 });
};

describe("the stored connection", () => {
  it("reveals no credentials", async () => {
    for (const details of [byPassword(), byOAuth()]) {
      const row = await rowOf(await connect(details));
      for (const secret of [system.login.username, system.login.password, ...Object.values(system.oauthClient)])
        expect(JSON.stringify(row)).not.toContain(secret);
      expect(row).toMatchObject({ reachable: true, services: system.services });
    }
  });

  it("can be decrypted for its tenant only", async () => {
    const [one, other] = [await connect(), await connect()];
    const { credentials } = await rowOf(one);
    await app.app.db.update(sapConnections).set({ credentials }).where(eq(sapConnections.tenantId, other.id));
    app.clock.advance(DAY);
    await app.app.sap.refresh();
    expect((await rowOf(one)).reachable).toBe(true);
    expect((await rowOf(other)).reachable).toBe(false);
  });
});

describe("the daily job", () => {
  it("finds new and removed services, by password and by OAuth 2", async () => {
    const tenants = [await connect(byPassword()), await connect(byOAuth())];
    system.services = ["ZNEW_SRV"];
    app.clock.advance(DAY);
    await app.app.sap.refresh();
    for (const tenant of tenants) {
      const { services, checkedAt } = await rowOf(tenant);
      expect(services).toEqual(["ZNEW_SRV"]);
      expect(app.clock.now().getTime() - checkedAt.getTime()).toBeLessThan(HOUR);
    }
  });

  it("keeps the services of a system that fails, and continues with the others", async () => {
    const broken = await startSapSystem();
    const [before, failing, behind] = [await connect(), await connect(byPassword(broken)), await connect()];
    broken.trouble = "unauthorized";
    system.services = ["ZNEW_SRV"];
    app.clock.advance(DAY);
    await app.app.sap.refresh();
    expect(await rowOf(failing)).toMatchObject({ reachable: false, services: broken.services });
    for (const tenant of [before, behind])
      expect(await rowOf(tenant)).toMatchObject({ reachable: true, services: ["ZNEW_SRV"] });
    const warnings = app.logs.filter((line) => line.includes(failing.id));
    expect(warnings).toHaveLength(1);
    expect(warnings.join()).not.toContain(broken.login.password);

    broken.trouble = null;
    app.clock.advance(DAY);
    await app.app.sap.refresh();
    expect((await rowOf(failing)).reachable).toBe(true);
    await broken.stop();
  });

  it("calls no system for a tenant that is suspended or not yet activated", async () => {
    const [served, suspended, provisional] = [await connect(), await connect(), await connect()];
    const { db } = app.app;
    await db.update(tenantsTable).set({ status: "SUSPENDED" }).where(eq(tenantsTable.id, suspended.id));
    await db
      .update(tenantsTable)
      .set({ slug: `${PROVISIONAL}${provisional.id}` })
      .where(eq(tenantsTable.id, provisional.id));
    const before = [await rowOf(suspended), await rowOf(provisional)];
    system.services = ["ZNEW_SRV"];
    app.clock.advance(DAY);
    await app.app.sap.refresh();
    expect((await rowOf(served)).services).toEqual(["ZNEW_SRV"]);
    expect([await rowOf(suspended), await rowOf(provisional)]).toEqual(before);
  });

  it("does not call a system again that was called just before", async () => {
    await connect();
    app.clock.advance(DAY);
    await app.app.sap.refresh();
    system.requests.length = 0;
    await app.app.sap.refresh();
    expect(system.requests).toEqual([]);
  });

  it("does not overwrite a concurrent change by an admin", async () => {
    const tenant = await connect();
    const read = await rowOf(tenant);
    app.clock.advance(DAY);
    system.trouble = "slow";
    const refreshing = app.app.sap.refresh();
    await expect.poll(() => system.requests.length).toBeGreaterThan(3);
    const other = await startSapSystem();
    other.services = ["ZOTHER_SRV"];
    const profile = await app.app.sap.check(byPassword(other));
    await app.app.db.transaction((tx) => app.app.sap.store(tx, tenant.id, byPassword(other), profile));
    await system.stop();
    await refreshing;
    const row = await rowOf(tenant);
    expect(row).toMatchObject({ reachable: true, services: ["ZOTHER_SRV"] });
    expect(row.baseUrl).not.toBe(read.baseUrl);
    await other.stop();
  });
});

describe("with a new key in front", () => {
  it("all credentials are encrypted with it, once, and then the old key can be removed", async () => {
    await app.app.db.delete(sapConnections);
    const tenants = [await connect(byPassword()), await connect(byOAuth())];
    const young = key("young");
    expect(await sapWith(young, OLD).reencrypt()).toEqual({ renewed: 2, unreadable: 0 });
    expect(await sapWith(young, OLD).reencrypt()).toEqual({ renewed: 0, unreadable: 0 });
    for (const tenant of tenants) expect((await rowOf(tenant)).credentials).toMatch(/^young\./);
    expect(await sapWith(young).reencrypt()).toEqual({ renewed: 0, unreadable: 0 });
    expect(await sapWith(OLD).reencrypt()).toEqual({ renewed: 0, unreadable: 2 });
    await app.app.db.delete(sapConnections);
  });
});
