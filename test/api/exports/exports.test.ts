import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DAY, HOUR, MINUTE } from "#shared/durations";
import type { UntypedData } from "../../support/clients/graphql.ts";
import {
  ALL_EVENTS,
  ALL_USERS,
  CREATE_EXPORT,
  createExport,
  DELETE_EXPORT,
  download,
  exportOf,
  linesOf,
  write,
} from "../../support/factories/exports.ts";
import { membershipOf, SET_MEMBER_ROLES } from "../../support/factories/roles.ts";
import { addUser, createMember, createTenant, createTenantWithUsers } from "../../support/factories/tenants.ts";
import { elevate, REFRESH, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

/** No worker: the tests run the jobs themselves. */
const SETTINGS = { WORKER_CONCURRENCY: "0", CORS_ORIGINS: "https://console.example.com" };

let app: TestApp;
let replica: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: SETTINGS });
  replica = await startTestApp({ replicaOf: app, settings: SETTINGS });
});
afterAll(async () => {
  await replica?.stop();
  await app?.stop();
});

const MISSING = { code: "FORBIDDEN", reason: "MISSING_PERMISSION" };
const CREATE_ROLE = "mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }";

/** Everything stored about the tenant's exports. */
const traces = async (tenantId: string): Promise<UntypedData> => {
  const [row] = await app.app.db.execute<Record<string, number>>(sql`
    select (select count(*)::int from exports where tenant_id = ${tenantId}::uuid) as exports,
      (select count(*)::int from export_chunks where tenant_id = ${tenantId}::uuid) as chunks,
      (select count(*)::int from graphile_worker._private_jobs where payload ->> 'tenantId' = ${tenantId}) as jobs,
      (select count(*)::int from security_events where tenant_id = ${tenantId}::uuid and type like 'EXPORT%') as events`);
  return row;
};

const NO_TRACES = { exports: 0, chunks: 0, jobs: 0, events: 0 };

/** Gives the user a role with these permissions, and a new elevated access token. */
const allow = async (admin: SignedInUser, user: SignedInUser, ...permissions: readonly string[]): Promise<void> => {
  const name = `Clerk ${permissions.join(" ")}`.slice(0, 60);
  const { createRole } = await admin.client.ask(CREATE_ROLE, { input: { name, permissions } });
  await admin.client.ask(SET_MEMBER_ROLES, {
    input: { membershipId: await membershipOf(app, user), roleIds: [createRole.role.id] },
  });
  await renew(user);
};

const renew = async ({ client, password }: SignedInUser): Promise<void> => {
  const { tokens } = (await client.ask(REFRESH, { token: client.refreshToken })).refreshToken;
  client.accessToken = tokens.accessToken;
  client.refreshToken = tokens.refreshToken;
  await elevate(client, { password });
};

const takeRoles = async (admin: SignedInUser, user: SignedInUser): Promise<void> => {
  await admin.client.ask(SET_MEMBER_ROLES, { input: { membershipId: await membershipOf(app, user), roleIds: [] } });
};

/** The body of a refused download; it contains nothing of the file. */
const refusalOf = async (response: Response, secret: string): Promise<UntypedData> => {
  const text = await response.text();
  expect(text).not.toContain(secret);
  expect(response.headers.get("content-disposition")).toBeNull();
  expect(response.headers.get("cache-control")).toBe("no-store");
  const { errors, ...rest } = JSON.parse(text) as { errors: [{ extensions: UntypedData }] };
  expect(rest).toEqual({});
  return errors[0].extensions;
};

describe("an export", () => {
  it("of users contains the users of the tenant and of no other, with their roles", async () => {
    const { tenant, admin, bob } = await createTenantWithUsers(app);
    const other = await createTenantWithUsers(app, "Other");
    const id = await createExport(admin);
    await write(app, id);
    const response = await download(app, admin.client, id);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/x-ndjson; charset=utf-8");
    expect(response.headers.get("content-disposition")).toMatch(
      /^attachment; filename="users-\d{4}-\d\d-\d\d\.ndjson"$/,
    );
    expect(response.headers.get("cache-control")).toBe("no-store");
    const text = await response.text();
    expect(Number(response.headers.get("content-length"))).toBe(Buffer.byteLength(text));
    expect(linesOf(text).map(({ email, roles }) => ({ email, roles }))).toEqual([
      { email: admin.email, roles: ["MEMBER", "ADMIN"] },
      { email: bob.email, roles: ["MEMBER"] },
    ]);
    expect(text).not.toContain(other.tenant.id);
    expect(Object.keys(linesOf(text)[0])).toEqual(
      "id email emailVerified username name locale status roles isOperator passwordResetRequired lastLoginAt createdAt".split(
        " ",
      ),
    );
    expect(await exportOf(admin, id)).toMatchObject({ status: "READY", rowCount: 2, failure: null });
    expect(await traces(tenant.id)).toMatchObject({ exports: 1, chunks: 1, events: 2 });
  });

  it("of security events contains those that match the filter, with the fields of the schema", async () => {
    const { admin, bob } = await createTenantWithUsers(app);
    await createTenantWithUsers(app, "Other");
    await allow(admin, bob, "policy:edit");
    const filter = { types: ["ROLE_CREATED", "MEMBERSHIP_CHANGED", "TOKEN_REUSED"] };
    const id = await createExport(admin, { ...ALL_EVENTS, content: { securityEvents: filter } });
    await write(app, id);
    const events = linesOf(await (await download(app, admin.client, id)).text());
    expect(events.map(({ type, level }) => ({ type, level }))).toEqual([
      { type: "ROLE_CREATED", level: "NOTICE" },
      { type: "MEMBERSHIP_CHANGED", level: "NOTICE" },
    ]);
    expect(events[0].details).toMatchObject({ byUserId: admin.id, permissions: ["policy:edit"] });
    expect(events[0]).toMatchObject({ ipAddress: expect.any(String), device: expect.anything() });
  });

  it("without rows is an empty file, or one with only the column names", async () => {
    const { admin } = await createTenantWithUsers(app);
    const content = { securityEvents: { types: ["TOKEN_REUSED"] } };
    const [json, csv] = [
      await createExport(admin, { content, format: "NDJSON" }),
      await createExport(admin, { content, format: "CSV" }),
    ];
    for (const id of [json, csv]) await write(app, id);
    expect(await (await download(app, admin.client, json)).text()).toBe("");
    expect(await (await download(app, admin.client, csv)).text()).toBe(
      '"id","type","level","occurredAt","userId","ipAddress","device","location","details"\r\n',
    );
  });

  it("as CSV contains nothing that a spreadsheet executes", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    const name = '=HYPERLINK("https://evil.example","Click")';
    await addUser(app, tenant, { name });
    const id = await createExport(admin, { content: { users: { search: "HYPERLINK" } }, format: "CSV" });
    await write(app, id);
    const response = await download(app, admin.client, id);
    expect(response.headers.get("content-type")).toBe("text/csv; charset=utf-8; header=present");
    const text = await response.text();
    expect(text.split("\r\n")).toHaveLength(3);
    expect(text).toContain(`,"'=HYPERLINK(""https://evil.example"",""Click"")",`);
  });

  it("does not contain rows added after it was requested", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    const id = await createExport(admin);
    app.clock.advance(MINUTE);
    await addUser(app, tenant, {});
    await write(app, id);
    expect(linesOf(await (await download(app, admin.client, id)).text())).toHaveLength(2);
  });

  it("is listed for users who may export from the tenant, with a URL for its creator only", async () => {
    const { tenant, admin, bob } = await createTenantWithUsers(app);
    const LIST = "{ tenant { exports(first: 5) { totalCount nodes { id downloadUrl creator { id } } } } }";
    const id = await createExport(admin);
    expect(await exportOf(admin, id)).toMatchObject({ status: "QUEUED", downloadUrl: null });
    await write(app, id);
    const { downloadUrl } = await exportOf(admin, id);
    expect(new URL(downloadUrl).pathname).toBe(`/exports/${id}`);
    expect(new URL(downloadUrl).search).toBe("");
    const second = await createMember(app, tenant, "ADMIN");
    expect((await second.client.ask(LIST)).tenant.exports).toEqual({
      totalCount: 1,
      nodes: [{ id, downloadUrl: null, creator: { id: admin.id } }],
    });
    const refused = await bob.client.send(LIST);
    expect(refused.data).toEqual({ tenant: { exports: null } });
    expect(refused.errors[0]?.extensions).toMatchObject(MISSING);
    expect(await exportOf(bob, id)).toBeNull();
    expect(await exportOf((await createTenantWithUsers(app, "Other")).admin, id)).toBeNull();
  });

  it("is a security event of its creator, and so is each download", async () => {
    const { admin } = await createTenantWithUsers(app);
    const id = await createExport(admin);
    await write(app, id);
    await (await download(app, admin.client, id)).text();
    const { securityEvents } = await admin.client.ask(`{ securityEvents(first: 2) { nodes { type ipAddress
      ... on ExportCreatedEvent { exportId exportKind } ... on ExportDownloadedEvent { exportId exportKind } } } }`);
    expect(securityEvents?.nodes).toEqual(
      ["EXPORT_DOWNLOADED", "EXPORT_CREATED"].map((type) => ({
        type,
        ipAddress: "127.0.0.1",
        exportId: id,
        exportKind: "USERS",
      })),
    );
  });
});

describe("a request for an export is refused, and leaves nothing,", () => {
  it.each([
    ["without any permission", [], ALL_USERS],
    ["with the permission to export, but not to read users", ["exports:create", "audit:read"], ALL_USERS],
    ["with the permission to export, but not to read events", ["exports:create", "users:read"], ALL_EVENTS],
    [
      "with the permission to export and to read users, but not their roles",
      ["exports:create", "users:read"],
      ALL_USERS,
    ],
    [
      "by risk, without the permission to read login attempts",
      ["exports:create", "users:read", "members:read"],
      { ...ALL_USERS, content: { users: { risk: "HIGH" } } },
    ],
    ["with only the permission to read", ["users:read", "audit:read"], ALL_USERS],
  ] as const)("%s", async (_, permissions, input) => {
    const { tenant, admin, bob } = await createTenantWithUsers(app);
    if (permissions.length > 0) await allow(admin, bob, ...permissions);
    expect(await bob.client.refused(CREATE_EXPORT, { input })).toMatchObject(MISSING);
    expect(await traces(tenant.id)).toEqual(NO_TRACES);
  });

  it("while the tenant keeps 20 files", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    const id = await createExport(admin);
    await write(app, id);
    await app.app.db.execute(sql`insert into exports
      (id, tenant_id, creator_id, kind, filter, format, status, created_at, expires_at)
      select gen_random_uuid(), tenant_id, creator_id, kind, filter, format, status, created_at, expires_at
      from exports, generate_series(1, 19) where tenant_id = ${tenant.id}::uuid`);
    const before = await traces(tenant.id);
    expect(await admin.client.refused(CREATE_EXPORT, { input: ALL_USERS })).toMatchObject({ code: "CONFLICT" });
    expect(await traces(tenant.id)).toEqual(before);
    await admin.client.ask("mutation ($id: ID!) { deleteExport(input: { exportId: $id }) { deletedExportId } }", {
      id,
    });
    await createExport(admin);
  });

  it("without a step-up", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    app.clock.advance(11 * MINUTE);
    expect(await admin.client.refused(CREATE_EXPORT, { input: ALL_USERS })).toMatchObject({
      code: "REAUTHENTICATION_REQUIRED",
    });
    expect(await traces(tenant.id)).toEqual(NO_TRACES);
  });

  it("with a role or a user of another tenant", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    const other = await createTenantWithUsers(app, "Other");
    await allow(other.admin, other.bob, "policy:edit");
    const [role] = await app.app.db.execute<{ id: string }>(
      sql`select id from roles where tenant_id = ${other.tenant.id}::uuid and built_in is null`,
    );
    for (const content of [
      { users: { roleId: role?.id } },
      { users: { roleId: "no id" } },
      { securityEvents: { userId: other.bob.id } },
      { securityEvents: { userId: "no id" } },
    ])
      expect(await admin.client.refused(CREATE_EXPORT, { input: { content, format: "CSV" } })).toMatchObject({
        code: "NOT_FOUND",
      });
    expect(await traces(tenant.id)).toEqual(NO_TRACES);
  });

  it("with a filter that is not valid, with its path", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    const content = { users: { emailDomain: "not a domain" } };
    expect(await admin.client.refused(CREATE_EXPORT, { input: { content, format: "CSV" } })).toMatchObject({
      code: "BAD_USER_INPUT",
      fields: [{ path: "input.content.users.emailDomain" }],
    });
    expect(await traces(tenant.id)).toEqual(NO_TRACES);
  });

  it("while two exports of the tenant are unfinished, also if ten are requested concurrently", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        (index % 2 === 0 ? admin.client : admin.client).send(CREATE_EXPORT, { input: ALL_USERS }),
      ),
    );
    const refused = answers.flatMap(({ errors }) => errors.map(({ extensions }) => extensions.code));
    expect(refused).toEqual(Array(8).fill("CONFLICT"));
    expect(await traces(tenant.id)).toMatchObject({ exports: 2, jobs: 2, events: 2 });
    // Another tenant is not affected, and a slot is free again once one export has finished.
    await createExport((await createTenantWithUsers(app, "Other")).admin);
    const [done] = answers.flatMap(({ data }) => data?.createExport.export.id ?? []);
    await write(app, done ?? "");
    await createExport(admin);
  });
});

describe("the download of a file is refused", () => {
  it("to everyone except its creator, and is not recorded", async () => {
    const { tenant, admin, bob } = await createTenantWithUsers(app);
    const id = await createExport(admin);
    await write(app, id);
    const nobody = app.client();
    const [colleague, operator] = [
      await createMember(app, tenant, "ADMIN"),
      await createMember(app, tenant, "OPERATOR"),
    ];
    const stranger = (await createTenantWithUsers(app, "Other")).admin;
    const foreignOperator = await createMember(app, await createTenant(app), "OPERATOR");
    for (const [client, expected] of [
      [nobody, { code: "UNAUTHENTICATED", status: 401 }],
      [bob.client, MISSING],
      [colleague.client, { code: "FORBIDDEN" }],
      [operator.client, { code: "FORBIDDEN" }],
      [stranger.client, { code: "NOT_FOUND", status: 404 }],
      [foreignOperator.client, { code: "NOT_FOUND", status: 404 }],
    ] as const) {
      const response = await download(app, client, id);
      const refusal = await refusalOf(response, admin.email);
      expect(refusal).toMatchObject(expected);
      expect(response.status).toBe(refusal.status);
    }
    expect(await traces(tenant.id)).toMatchObject({ events: 1 });
  });

  it("without a step-up, and if the token is not in the header", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    const id = await createExport(admin);
    await write(app, id);
    const { accessToken } = admin.client;
    const inUrl = await fetch(`${app.url}/exports/${id}?access_token=${accessToken}`);
    expect(await refusalOf(inUrl, admin.email)).toMatchObject({ code: "UNAUTHENTICATED" });
    expect(inUrl.headers.get("www-authenticate")).toBe("Bearer");
    app.clock.advance(11 * MINUTE);
    const stale = await download(app, admin.client, id);
    expect(await refusalOf(stale, admin.email)).toMatchObject({ code: "REAUTHENTICATION_REQUIRED", status: 403 });
    expect(await traces(tenant.id)).toMatchObject({ events: 1 });
  });

  it("before it is ready, for an unknown export, and for an invalid id", async () => {
    const { admin } = await createTenantWithUsers(app);
    const id = await createExport(admin);
    for (const [of, code] of [
      [id, "CONFLICT"],
      ["01890000-0000-7000-8000-000000000000", "NOT_FOUND"],
      ["x", "NOT_FOUND"],
    ] as const)
      expect(await refusalOf(await download(app, admin.client, of), admin.email)).toMatchObject({ code });
  });

  it("after it has expired; the file is deleted immediately, and the export some weeks later", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    const id = await createExport(admin, { content: { users: { search: admin.email } }, format: "CSV" });
    await write(app, id);
    app.clock.advance(24 * HOUR + MINUTE);
    await renew(admin);
    expect(await refusalOf(await download(app, admin.client, id), admin.email)).toMatchObject({ code: "NOT_FOUND" });
    expect(await exportOf(admin, id)).toMatchObject({ status: "EXPIRED", downloadUrl: null, rowCount: 1 });
    expect(await traces(tenant.id)).toMatchObject({ exports: 1, chunks: 1 });
    await app.app.exportRunner.sweep();
    expect(await traces(tenant.id)).toMatchObject({ exports: 1, chunks: 0, events: 1 });
    const [row] = await app.app.db.execute<{ filter: object }>(sql`select filter from exports where id = ${id}::uuid`);
    expect(row?.filter).toEqual({});
    app.clock.advance(30 * DAY + MINUTE);
    await app.app.exportRunner.sweep();
    expect(await traces(tenant.id)).toMatchObject({ exports: 0, chunks: 0 });
  });

  it("immediately on every replica when the creator has lost the permission or the membership", async () => {
    const { tenant, admin, bob } = await createTenantWithUsers(app);
    await allow(admin, bob, "exports:create", "users:read", "members:read");
    const id = await createExport(bob);
    await write(app, id);
    expect((await download(replica, bob.client, id)).status).toBe(200);
    await takeRoles(admin, bob);
    for (const server of [app, replica])
      expect(await refusalOf(await download(server, bob.client, id), bob.email)).toMatchObject({
        code: "UNAUTHENTICATED",
      });
    await renew(bob);
    for (const server of [app, replica])
      expect(await refusalOf(await download(server, bob.client, id), bob.email)).toMatchObject(MISSING);
    await admin.client.ask(
      "mutation ($id: ID!) { suspendMember(input: { membershipId: $id }) { membership { id } } }",
      {
        id: await membershipOf(app, bob),
      },
    );
    for (const server of [app, replica])
      expect(await refusalOf(await download(server, bob.client, id), bob.email)).toMatchObject({
        code: "UNAUTHENTICATED",
      });
    expect(await traces(tenant.id)).toMatchObject({ events: 2 });
  });
});

describe("a page of another origin", () => {
  const preflight = (origin: string): Promise<Response> =>
    fetch(`${app.url}/exports/01890000-0000-7000-8000-000000000000`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "GET", "access-control-request-headers": "authorization" },
    });

  it("that is listed downloads a file, and reads its name", async () => {
    const origin = "https://console.example.com";
    expect((await preflight(origin)).headers.get("access-control-allow-origin")).toBe(origin);
    const { admin } = await createTenantWithUsers(app);
    const id = await createExport(admin);
    await write(app, id);
    const { headers } = await download(app, admin.client, id, { origin });
    expect(headers.get("access-control-allow-origin")).toBe(origin);
    expect(headers.get("access-control-expose-headers")).toContain("content-disposition");
  });

  it("that is not listed does not", async () => {
    const origin = "https://console.example.com.evil.example";
    expect((await preflight(origin)).headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("deleting an export", () => {
  it("deletes its file, and is refused to others", async () => {
    const { tenant, admin, bob } = await createTenantWithUsers(app);
    const id = await createExport(admin);
    await write(app, id);
    expect(await bob.client.refused(DELETE_EXPORT, { id })).toMatchObject(MISSING);
    const stranger = (await createTenantWithUsers(app, "Other")).admin;
    expect(await stranger.client.refused(DELETE_EXPORT, { id })).toMatchObject({ code: "NOT_FOUND" });
    expect(await traces(tenant.id)).toMatchObject({ exports: 1, chunks: 1 });
    expect((await admin.client.ask(DELETE_EXPORT, { id })).deleteExport).toEqual({ deletedExportId: id });
    expect(await traces(tenant.id)).toMatchObject({ exports: 0, chunks: 0 });
    expect(await refusalOf(await download(app, admin.client, id), admin.email)).toMatchObject({ code: "NOT_FOUND" });
    expect(await admin.client.refused(DELETE_EXPORT, { id })).toMatchObject({ code: "NOT_FOUND" });
  });
});
