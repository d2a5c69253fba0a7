import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { dropOldPartitions, ensurePartitions } from "#platform/database/partitions";
import { DAY } from "#shared/durations";
import { CLIENT } from "../../support/factories/stored-users.ts";
import { newEmail } from "../../support/factories/users.ts";
import { type BuiltApp, buildTestApp } from "../../support/servers/app.ts";

let built: BuiltApp & { close(): Promise<void> };
beforeAll(async () => {
  built = await buildTestApp();
});
afterAll(() => built?.close());

const partitionsOf = async (table: string): Promise<string[]> => {
  const rows = await built.app.db.execute<{ name: string }>(sql`
    select inhrelid::regclass::text as name from pg_inherits where inhparent = ${table}::regclass`);
  return rows.map(({ name }) => name);
};

const monthOf = (instant: Date): string => instant.toISOString().slice(0, 7).replace("-", "_");

describe("the partitions of tables that grow without limit", () => {
  it("exist for this month and the next three, however often they are created", async () => {
    const { app, clock } = built;
    await Promise.all([ensurePartitions(app.db, clock.now()), ensurePartitions(app.db, clock.now())]);
    for (const table of ["security_events", "login_attempts"]) expect(await partitionsOf(table)).toHaveLength(5);
  });

  it("do not prevent the start if rows of a month were written before its partition existed", async () => {
    const { app, clock } = built;
    // No process created partitions for months, or a clock was ahead: such rows go into the default partition.
    clock.advance(200 * DAY);
    const email = newEmail();
    const login = app.login.logIn(
      { identifier: email, password: "wrong", deviceToken: null, deviceTokenInCookie: false, transport: "BODY" },
      CLIENT,
    );
    await expect(login).rejects.toMatchObject({ code: "INVALID_CREDENTIALS" });

    const replica = await buildTestApp({ replicaOf: built });
    await replica.close();
    const now = monthOf(clock.now());
    expect(await partitionsOf("login_attempts")).not.toContain(`login_attempts_${now}`);
    expect(await partitionsOf("security_events")).toContain(`security_events_${now}`);
    const digest = app.unknownIdentifiers.digest(email);
    const attempts = await app.db.execute(sql`select from login_attempts where identifier = ${digest}`);
    expect(attempts).toHaveLength(1);
  });

  it("do not prevent the start if a long read blocks their creation", async () => {
    const { app, clock } = built;
    clock.advance(400 * DAY);
    const month = `security_events_${monthOf(clock.now())}`;
    await app.db.transaction(async (reader) => {
      await reader.execute(sql`select from security_events`);
      const replica = await buildTestApp({ replicaOf: built });
      expect(replica.logs.join()).toContain("partitions");
      await replica.close();
    });
    expect(await partitionsOf("security_events")).not.toContain(month);
    await ensurePartitions(app.db, clock.now());
    expect(await partitionsOf("security_events")).toContain(month);
  });

  it("are dropped by the daily job once their whole month has exceeded the retention, and so are stray rows of other months", async () => {
    const aged = await buildTestApp({ settings: { LOGIN_ATTEMPT_DAYS: "90", SECURITY_EVENT_DAYS: "400" } });
    try {
      const { app, clock } = aged;
      const began = clock.now();
      const list = async (table: string) =>
        (
          await app.db.execute<{ name: string }>(sql`
            select inhrelid::regclass::text as name from pg_inherits where inhparent = ${table}::regclass`)
        ).map(({ name }) => name);
      const stray = sql.raw("'1999-01-01'");
      const attempt = (at: ReturnType<typeof sql.raw>) => sql`
        insert into login_attempts (id, occurred_at, identifier, outcome, risk, ip_address, device)
        values (gen_random_uuid(), ${at}, 'x', 'FAILED', '{}', '::1', '{}')`;
      await app.db.execute(attempt(stray));
      await app.db.execute(attempt(sql.raw(`'${began.toISOString()}'`)));
      const month = monthOf(began);
      const run = async () => {
        for (const task of ["drop-login-attempts", "drop-security-events"])
          await app.recurring[task]?.run({}, { attempt: 1, maxAttempts: 1 });
      };

      // At most 31 days of the row's month, and 90 after it.
      clock.advance(80 * DAY);
      await run();
      expect(await list("login_attempts")).toContain(`login_attempts_${month}`);
      expect(await app.db.execute(sql`select from login_attempts where occurred_at < '2000-01-01'`)).toHaveLength(0);

      clock.advance(45 * DAY);
      await run();
      expect(await list("login_attempts")).not.toContain(`login_attempts_${month}`);
      expect(await app.db.execute(sql`select from login_attempts`)).toHaveLength(0);
      expect(await list("security_events")).toContain(`security_events_${month}`);

      clock.advance(320 * DAY);
      await run();
      expect(await list("security_events")).not.toContain(`security_events_${month}`);
      expect(await list("security_events")).toContain("security_events_default");
    } finally {
      await aged.close();
    }
  });

  it("are kept as long as a reader holds them, and block writers no longer than the job's lock timeout", async () => {
    const { app, clock } = built;
    const cutoff = new Date(clock.now().getTime() + 400 * DAY);
    const before = await partitionsOf("security_events");
    await app.db.transaction(async (reader) => {
      await reader.execute(sql`select from security_events`);
      await expect(dropOldPartitions(app.db, "security_events", cutoff)).rejects.toMatchObject({
        cause: { code: "55P03" },
      });
    });
    expect(await partitionsOf("security_events")).toEqual(before);
    await dropOldPartitions(app.db, "security_events", cutoff);
    expect((await partitionsOf("security_events")).length).toBeLessThan(before.length);
  });
});
