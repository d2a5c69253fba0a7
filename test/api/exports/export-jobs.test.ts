import { gunzipSync } from "node:zlib";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ExportRunner } from "#features/exports/export-runner";
import type { Db } from "#platform/database/database";
import { MINUTE } from "#shared/durations";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { eventually } from "../../support/clients/live.ts";
import {
  ALL_EVENTS,
  ALL_USERS,
  createExport,
  DELETE_EXPORT,
  download,
  exportOf,
  jobOf,
  linesOf,
  write,
} from "../../support/factories/exports.ts";
import { createTenantWithUsers } from "../../support/factories/tenants.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

/** No worker: the tests run the jobs themselves. */
let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: { WORKER_CONCURRENCY: "0" } });
});
afterAll(() => app?.stop());

const FIRST_TRY = { attempt: 1, maxAttempts: 8 };

/** A runner as in another process, with these settings. */
const newRunner = (deps: Partial<ConstructorParameters<typeof ExportRunner>[0]> = {}): ExportRunner =>
  new ExportRunner({ ...app.app, exportHours: 24, exportMaxRows: 1_000_000, ...deps });

/** In several statements, because each user costs triggers and a dozen indexes. */
const addUsers = async (tenantId: string, count: number): Promise<void> => {
  for (let from = 1; from <= count; from += 500)
    await app.app.db.execute(sql`
      insert into users (id, tenant_id, email, email_canonical, name, status, created_at)
      select uuid_at(now() - n * interval '1 minute'), ${tenantId}::uuid, address, address, 'User ' || n, 'ACTIVE', now() - n * interval '1 minute'
      from (select n, 'u' || n || '-' || ${tenantId}::text || '@example.com' as address
        from generate_series(${from}::int, ${Math.min(count, from + 499)}::int) as n) as made`);
};

const addEvents = async (tenantId: string, count: number): Promise<void> => {
  await app.app.db.execute(sql`
    insert into security_events (id, occurred_at, tenant_id, type, details)
    select id, uuid_extract_timestamp(id), ${tenantId}::uuid, 'LOGIN_SUCCEEDED', '{}'
    from (select uuid_at(now() - n * interval '30 minutes') as id from generate_series(1, ${count}::int) as n) as made`);
};

const chunksOf = (exportId: string) =>
  app.app.db.execute<{ position: number; data: Uint8Array }>(
    sql`select position, data from export_chunks where export_id = ${exportId}::uuid order by position`,
  );

const jobsOf = async (exportId: string): Promise<number> => {
  const rows = await app.app.db.execute(
    sql`select from graphile_worker._private_jobs where payload ->> 'exportId' = ${exportId}`,
  );
  return rows.length;
};

const fileOf = async (client: Parameters<typeof download>[1], id: string): Promise<UntypedData[]> => {
  const response = await download(app, client, id);
  expect(response.status).toBe(200);
  return linesOf(await response.text());
};

const expectEachOnce = (lines: readonly UntypedData[], count: number): void => {
  const ids = lines.map(({ id }) => id as string);
  expect(ids).toHaveLength(count);
  expect(new Set(ids).size).toBe(count);
  expect(ids).toEqual(ids.toSorted());
};

/** A database whose transactions fail after this number: the state that a killed process leaves behind. */
const failingAfter = (transactions: number): Db => {
  let left = transactions;
  return new Proxy(app.app.db, {
    get(target, name) {
      if (name === "transaction" && left-- <= 0) return () => Promise.reject(new Error("killed"));
      const value = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
};

describe("the job of an export", () => {
  it("writes 10,000 users in batches of 1,000, one batch in memory at a time", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    await addUsers(tenant.id, 10_000);
    const id = await createExport(admin);
    await write(app, id);
    const chunks = await chunksOf(id);
    expect(chunks).toHaveLength(11);
    for (const { data } of chunks) {
      const text = gunzipSync(data).toString();
      expect(linesOf(text).length).toBeLessThanOrEqual(1_000);
      expect(text.length).toBeLessThan(500_000);
    }
    expect(await exportOf(admin, id)).toMatchObject({ status: "READY", rowCount: 10_002 });
    expectEachOnce(await fileOf(admin.client, id), 10_002);
  });

  it("writes events of several months", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    await addEvents(tenant.id, 3_500);
    const content = { securityEvents: { types: ["LOGIN_SUCCEEDED", "TOKEN_REUSED"] } };
    const [all, some] = [await createExport(admin, ALL_EVENTS), await createExport(admin, { ...ALL_EVENTS, content })];
    for (const id of [all, some]) await write(app, id);
    expect((await fileOf(admin.client, all)).length).toBeGreaterThanOrEqual(3_500);
    expectEachOnce(await fileOf(admin.client, some), 3_500);
  });

  it("leaves the rest to another job when its time slice ends, and shows the progress", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    await addUsers(tenant.id, 2_500);
    const id = await createExport(admin);
    const runner = newRunner({ jobRunMs: 0 });
    const job = await jobOf(app, id);
    await runner.run(job, FIRST_TRY);
    expect(await exportOf(admin, id)).toMatchObject({ status: "RUNNING", rowCount: 1_000, downloadUrl: null });
    expect(await jobsOf(id)).toBe(2);
    await runner.run(job, FIRST_TRY);
    await runner.run(job, FIRST_TRY);
    expect(await exportOf(admin, id)).toMatchObject({ status: "READY", rowCount: 2_502 });
    expect(await jobsOf(id)).toBe(3);
    expectEachOnce(await fileOf(admin.client, id), 2_502);
  });

  it("continues with the next row after a crash, on another replica", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    await addUsers(tenant.id, 2_200);
    const id = await createExport(admin);
    const job = await jobOf(app, id);
    await expect(newRunner({ db: failingAfter(1) }).run(job, FIRST_TRY)).rejects.toThrow("killed");
    expect(await exportOf(admin, id)).toMatchObject({ status: "RUNNING", rowCount: 1_000 });
    await newRunner().run(job, FIRST_TRY);
    expect(await exportOf(admin, id)).toMatchObject({ status: "READY", rowCount: 2_202 });
    expectEachOnce(await fileOf(admin.client, id), 2_202);
  });

  it("writes each row once if five workers take the same job", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    await addUsers(tenant.id, 2_200);
    const id = await createExport(admin);
    const job = await jobOf(app, id);
    await Promise.all(Array.from({ length: 5 }, () => newRunner().run(job, FIRST_TRY)));
    await write(app, id);
    expect(await exportOf(admin, id)).toMatchObject({ status: "READY", rowCount: 2_202 });
    expectEachOnce(await fileOf(admin.client, id), 2_202);
  });

  it("fails after its last attempt, and leaves no part of the file", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    await addUsers(tenant.id, 1_200);
    const id = await createExport(admin);
    const job = await jobOf(app, id);
    let steps = 0;
    const clock = {
      now: () => {
        if (++steps === 4) throw new Error("a fault");
        return app.clock.now();
      },
    };
    await expect(newRunner({ clock: clock as never }).run(job, { attempt: 8, maxAttempts: 8 })).rejects.toThrow(
      "a fault",
    );
    expect(await exportOf(admin, id)).toMatchObject({ status: "FAILED", failure: "INTERNAL", downloadUrl: null });
    expect(await chunksOf(id)).toHaveLength(0);
  });

  it("fails if there are more rows than the setting allows", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    await addUsers(tenant.id, 1_200);
    const id = await createExport(admin);
    await newRunner({ exportMaxRows: 1_100 }).run(await jobOf(app, id), FIRST_TRY);
    expect(await exportOf(admin, id)).toMatchObject({ status: "FAILED", failure: "TOO_LARGE" });
    expect(await chunksOf(id)).toHaveLength(0);
  });

  it("stops at the next step when its creator has lost the permission, the membership or the account", async () => {
    for (const loss of [
      sql`delete from membership_roles using memberships m where m.id = membership_id and m.user_id = `,
      sql`update memberships set status = 'SUSPENDED' where user_id = `,
      sql`delete from memberships where user_id = `,
      sql`update users set status = 'SUSPENDED' where id = `,
      sql`update tenants set status = 'SUSPENDED' where id = (select tenant_id from exports where creator_id = `,
    ]) {
      const { tenant, admin } = await createTenantWithUsers(app);
      await addUsers(tenant.id, 1_200);
      const id = await createExport(admin);
      const job = await jobOf(app, id);
      await newRunner({ jobRunMs: 0 }).run(job, FIRST_TRY);
      expect(await chunksOf(id)).toHaveLength(1);
      const closing = sql.raw(JSON.stringify(loss).includes("tenants set") ? ")" : "");
      await app.app.db.execute(sql`${loss}${admin.id}::uuid${closing}`);
      await newRunner().run(job, FIRST_TRY);
      const [row] = await app.app.db.execute<UntypedData>(
        sql`select status, failure from exports where id = ${id}::uuid`,
      );
      expect(row).toEqual({ status: "FAILED", failure: "CREATOR_LOST_PERMISSION" });
      expect(await chunksOf(id)).toHaveLength(0);
    }
  });

  it("stops when the export is deleted or has expired", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    await addUsers(tenant.id, 1_200);
    const [deleted, expired] = [await createExport(admin), await createExport(admin)];
    const jobs = [await jobOf(app, deleted), await jobOf(app, expired)];
    for (const job of jobs) await newRunner({ jobRunMs: 0 }).run(job, FIRST_TRY);
    await admin.client.ask(DELETE_EXPORT, { id: deleted });
    await app.app.db.execute(
      sql`update exports set expires_at = ${new Date(app.clock.now().getTime() - MINUTE).toISOString()}::timestamptz where id = ${expired}::uuid`,
    );
    for (const job of jobs) await newRunner().run(job, FIRST_TRY);
    expect(await chunksOf(deleted)).toHaveLength(0);
    expect(await chunksOf(expired)).toHaveLength(1);
    await app.app.exportRunner.sweep();
    expect(await chunksOf(expired)).toHaveLength(0);
    expect(await exportOf(admin, expired)).toMatchObject({ status: "EXPIRED" });
    expect(await exportOf(admin, deleted)).toBeNull();
  });

  it("is run by the program's workers", async () => {
    const working = await startTestApp({ replicaOf: app, settings: { WORKER_CONCURRENCY: "2" } });
    try {
      const { tenant, admin } = await createTenantWithUsers(app);
      await addUsers(tenant.id, 1_500);
      const id = await createExport(admin, ALL_USERS);
      await eventually(async () => (await exportOf(admin, id)).status === "READY");
      expectEachOnce(await fileOf(admin.client, id), 1_502);
    } finally {
      await working.stop();
    }
  });
});

describe("a download in progress", () => {
  it.each([
    ["the session ends", sql`update sessions set ended_at = now(), end_reason = 'LOGGED_OUT' where user_id = `],
    [
      "the role is taken",
      sql`delete from membership_roles using memberships m where m.id = membership_id and m.user_id = `,
    ],
    ["the export is deleted", sql`delete from exports where creator_id = `],
  ])("sends no further part after %s", async (_, loss) => {
    const { tenant, admin } = await createTenantWithUsers(app);
    await addUsers(tenant.id, 1_200);
    const id = await createExport(admin);
    await write(app, id);
    const viewer = await app.app.authenticator.authenticate(admin.client.accessToken ?? "");
    const { parts } = await app.app.exportDownloads.open(viewer, id, { ipAddress: "192.0.2.1" } as never);
    const reader = parts[Symbol.asyncIterator]();
    expect((await reader.next()).value?.toString()).toContain("example.com");
    await app.app.db.execute(sql`${loss}${admin.id}::uuid`);
    await expect(reader.next()).rejects.toMatchObject({ code: expect.stringMatching(/UNAUTHENTICATED|NOT_FOUND/) });
    expect(await reader.next()).toMatchObject({ done: true });
  });

  it("is aborted, so that the client does not take it for complete", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    await addUsers(tenant.id, 1_200);
    const id = await createExport(admin);
    await write(app, id);
    await app.app.db.execute(sql`delete from export_chunks where export_id = ${id}::uuid and position = 1`);
    const response = await download(app, admin.client, id);
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow();
  });
});
