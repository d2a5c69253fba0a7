import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DAY, HOUR, after as later, MINUTE } from "#shared/durations";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { setRoles } from "../../support/factories/roles.ts";
import { createMember, createTenant, createTenantWithUsers } from "../../support/factories/tenants.ts";
import { REFRESH } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

/** Separate apps, because they count all rows of a database. */
let app: TestApp;
let replica: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  replica = await startTestApp({ replicaOf: app });
});
afterAll(async () => {
  await replica?.stop();
  await app?.stop();
});

const STATISTICS = /* GraphQL */ `
  query ($from: DateTime!, $to: DateTime!, $interval: StatisticsInterval!) {
    tenant {
      statistics(from: $from, to: $to, interval: $interval) {
        interval
        countedUntil
        buckets {
          from to activeUsers newUsers
          logins { success failed challenged locked denied }
          riskLevels { low medium elevated high }
          factorsAdopted { totp passkey }
        }
      }
    }
  }
`;
const CREATE_ROLE = "mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }";
const MISSING = { code: "FORBIDDEN", reason: "MISSING_PERMISSION" };

const ago = (milliseconds: number): Date => later(app.clock.now(), -milliseconds);
const at = (instant: Date): SQL => sql`${instant.toISOString()}::timestamptz`;

interface Scatter {
  readonly tenantId: string;
  readonly attempts: number;
  readonly users: number;
  readonly from: Date;
  readonly to: Date;
}

/** Attempts and events of this many users at random instants of the period. */
const scatter = async ({ tenantId, attempts, users, from, to }: Scatter): Promise<void> => {
  const moment = sql`${at(from)} + random() * (${at(to)} - ${at(from)})`;
  await app.app.db.execute(sql`
    with people as materialized (select gen_random_uuid() as id, row_number() over () as place from generate_series(1, ${users}::int)),
    made as materialized (
      select uuid_at(${moment}) as id, 1 + floor(random() * ${users}::int)::int as place, random() as luck, random() as danger
      from generate_series(1, ${attempts}::int))
    insert into login_attempts (id, occurred_at, tenant_id, user_id, identifier, outcome, risk, ip_address, device)
    select made.id, uuid_extract_timestamp(made.id), ${tenantId}::uuid, people.id, 'somebody',
      (array['SUCCESS', 'SUCCESS', 'FAILED', 'CHALLENGED', 'LOCKED', 'DENIED'])[1 + floor(luck * 6)::int],
      jsonb_build_object('score', 0, 'signals', '[]'::jsonb, 'level', (array['LOW', 'MEDIUM', 'ELEVATED', 'HIGH'])[1 + floor(danger * 4)::int]),
      '203.0.113.7', '{}' from made join people using (place)`);
  await app.app.db.execute(sql`
    with made as materialized (select uuid_at(${moment}) as id, random() as luck, random() as chance from generate_series(1, ${attempts}::int / 4))
    insert into security_events (id, occurred_at, tenant_id, type, details)
    select id, uuid_extract_timestamp(id), ${tenantId}::uuid,
      (array['USER_REGISTERED', 'MFA_ENABLED', 'PASSKEY_ADDED', 'LOGIN_SUCCEEDED'])[1 + floor(luck * 4)::int],
      (array['{"factor": "TOTP"}', '{"factor": "TOTP", "replaced": true}', '{"factor": "PASSKEY"}'])[1 + floor(chance * 3)::int]::jsonb from made`);
};

/** The non-empty buckets, counted from the attempts and events themselves. */
const countDirectly = async (tenantId: string, unit: string, from: Date, to: Date): Promise<UntypedData[]> => {
  const rows = await app.app.db.execute<Record<string, number | string>>(sql`
    select bucket::text, sum(a)::int as "activeUsers", sum(n)::int as "newUsers", sum(s)::int as success, sum(f)::int as failed, sum(c)::int as challenged,
      sum(l)::int as locked, sum(d)::int as denied, sum(r1)::int as low, sum(r2)::int as medium, sum(r3)::int as elevated, sum(r4)::int as high,
      sum(t)::int as totp, sum(p)::int as passkey
    from (
      select date_trunc(${unit}, occurred_at at time zone 'UTC') as bucket,
        count(distinct case when outcome = 'SUCCESS' then user_id end) as a, 0 as n, count(case outcome when 'SUCCESS' then 1 end) as s,
        count(case outcome when 'FAILED' then 1 end) as f, count(case outcome when 'CHALLENGED' then 1 end) as c,
        count(case outcome when 'LOCKED' then 1 end) as l, count(case outcome when 'DENIED' then 1 end) as d,
        count(case when risk ->> 'level' = 'LOW' and outcome in ('SUCCESS', 'FAILED', 'CHALLENGED') then 1 end) as r1,
        count(case when risk ->> 'level' = 'MEDIUM' and outcome in ('SUCCESS', 'FAILED', 'CHALLENGED') then 1 end) as r2,
        count(case when risk ->> 'level' = 'ELEVATED' and outcome in ('SUCCESS', 'FAILED', 'CHALLENGED') then 1 end) as r3,
        count(case when risk ->> 'level' = 'HIGH' and outcome in ('SUCCESS', 'FAILED', 'CHALLENGED') then 1 end) as r4, 0 as t, 0 as p
      from login_attempts where tenant_id = ${tenantId}::uuid group by 1
      union all
      select date_trunc(${unit}, occurred_at at time zone 'UTC'), 0, count(case type when 'USER_REGISTERED' then 1 end), 0, 0, 0, 0, 0, 0, 0, 0, 0,
        count(case when type = 'MFA_ENABLED' and details = '{"factor": "TOTP"}' then 1 end), count(case type when 'PASSKEY_ADDED' then 1 end)
      from security_events where tenant_id = ${tenantId}::uuid group by 1
    ) as counted where bucket at time zone 'UTC' >= ${at(from)} and bucket at time zone 'UTC' < ${at(to)} group by 1 order by 1`);
  return rows
    .map(({ bucket, ...counts }) => ({
      ...counts,
      from: new Date(`${String(bucket).replace(" ", "T")}Z`).toISOString(),
    }))
    .filter(({ from: _, ...counts }) => Object.values(counts).some((count) => count !== 0));
};

/** The API's result in the form of `countDirectly`: without empty buckets. */
const flatten = (buckets: readonly UntypedData[]): UntypedData[] =>
  buckets
    .map(({ from, activeUsers, newUsers, logins, riskLevels, factorsAdopted }) => ({
      from: new Date(from).toISOString(),
      activeUsers,
      newUsers,
      ...logins,
      ...riskLevels,
      ...factorsAdopted,
    }))
    .filter(({ from: _, ...counts }) => Object.values(counts).some((count) => count !== 0));

type Client = Awaited<ReturnType<typeof createMember>>["client"];

const read = async (client: Client, interval: string, from: Date, to: Date): Promise<UntypedData> =>
  (await client.ask(STATISTICS, { interval, from, to })).tenant.statistics;

/** Compares the API's result with a count of the rows, for every interval. */
const expectExact = async (client: Client, tenantId: string, days: number): Promise<void> => {
  const to = app.clock.now();
  for (const [interval, unit, span] of [
    ["MONTH", "month", days * DAY],
    ["WEEK", "week", days * DAY],
    ["DAY", "day", days * DAY],
    ["HOUR", "hour", 15 * DAY],
  ] as const) {
    const { buckets } = await read(client, interval, ago(span), to);
    const begin = new Date(buckets[0]?.from ?? 0);
    expect(flatten(buckets)).toEqual(await countDirectly(tenantId, unit, begin, to));
    // Without a gap, in order.
    expect(buckets.slice(1).map(({ from }: UntypedData) => from)).toEqual(
      buckets.slice(0, -1).map(({ to: end }: UntypedData) => end),
    );
  }
};

const rollUp = async (): Promise<void> => {
  // 100 days in one run.
  for (let run = 0; run < 3; run++) await app.app.statisticsRollUp.run();
};

describe("the statistics of a tenant", () => {
  it("equal a count of the rows, for each tenant separately", async () => {
    const [acme, other] = [await createTenantWithUsers(app, "Acme"), await createTenantWithUsers(app, "Other")];
    const [from, to] = [ago(120 * DAY), app.clock.now()];
    await scatter({ tenantId: acme.tenant.id, attempts: 3_000, users: 40, from, to });
    await scatter({ tenantId: other.tenant.id, attempts: 1_000, users: 400, from, to });
    await rollUp();
    await expectExact(acme.admin.client, acme.tenant.id, 120);
    await expectExact(other.admin.client, other.tenant.id, 120);
    const { countedUntil, interval } = await read(acme.admin.client, "DAY", from, to);
    expect(interval).toBe("DAY");
    expect(new Date(countedUntil) >= to).toBe(true);

    // Repeating it changes nothing.
    await rollUp();
    await expectExact(acme.admin.client, acme.tenant.id, 120);
  });

  it("include rows that were committed late, and rows added while an hour, a day, a week and a month pass", async () => {
    const tenant = await createTenant(app);
    const exact = async () => {
      // Signed in again, because more time passes than an access token is valid.
      await expectExact((await createMember(app, tenant, "ADMIN")).client, tenant.id, 60);
    };
    for (let round = 0; round < 4; round++) {
      await scatter({ tenantId: tenant.id, attempts: 200, users: 10, from: ago(59 * MINUTE), to: app.clock.now() });
      await rollUp();
      await exact();
      app.clock.advance(50 * MINUTE);
      await app.app.statisticsRollUp.run();
      await exact();
    }
  });

  it("keep the number of active users of a completed bucket after their identities are deleted", async () => {
    const { admin, tenant } = await createTenantWithUsers(app);
    const from = ago(40 * DAY);
    await scatter({ tenantId: tenant.id, attempts: 300, users: 20, from, to: later(from, 5 * DAY) });
    // Already counted, as if the roll-up had been behind.
    await app.app.db.execute(sql`update statistics_progress set rolled_up_to = ${at(from)}`);
    await rollUp();
    await expectExact(admin.client, tenant.id, 60);
    const left = await app.app.db.execute(sql`
      select from statistics_active_users where tenant_id = ${tenant.id}::uuid and "interval" in ('DAY', 'WEEK')`);
    expect(left).toHaveLength(0);
    // Even if the same hours are counted again.
    await app.app.db.execute(sql`update statistics_progress set rolled_up_to = ${at(later(from, 3 * DAY))}`);
    await rollUp();
    await expectExact(admin.client, tenant.id, 60);
  });

  it("count nothing twice if two replicas roll up concurrently", async () => {
    const { admin, tenant } = await createTenantWithUsers(app);
    const from = ago(20 * DAY);
    await scatter({ tenantId: tenant.id, attempts: 2_000, users: 30, from, to: app.clock.now() });
    await app.app.db.execute(sql`update statistics_progress set rolled_up_to = ${at(from)}`);
    const replicas = [app, replica, app, replica];
    await Promise.all(replicas.map((each) => each.app.statisticsRollUp.run()));
    await expectExact(admin.client, tenant.id, 60);
    expect(await app.app.db.execute(sql`select from statistics_progress`)).toHaveLength(1);
  });

  it("are unchanged if the roll-up fails in the middle of a step, and complete after the next run", async () => {
    const { admin, tenant } = await createTenantWithUsers(app);
    await rollUp();
    const before = await read(admin.client, "HOUR", ago(2 * HOUR), app.clock.now());
    await scatter({ tenantId: tenant.id, attempts: 200, users: 5, from: ago(30 * MINUTE), to: app.clock.now() });

    await app.app.db.transaction(async (tx) => {
      // The hours are counted; the rest of the step waits for this lock.
      await tx.execute(sql`lock table statistics_active_users in access exclusive mode`);
      const dying = app.app.statisticsRollUp.run().then(
        () => "finished",
        () => "died",
      );
      let killed = 0;
      while (killed === 0) {
        const rows = await tx.execute(sql`
          select pg_terminate_backend(pid) from pg_locks where relation = 'statistics_active_users'::regclass and not granted`);
        killed = rows.length;
      }
      expect(await dying).toBe("died");
    });
    const now = await read(admin.client, "HOUR", ago(2 * HOUR), app.clock.now());
    expect(flatten(now.buckets)).toEqual([]);
    expect(now.countedUntil).toBe(before.countedUntil);

    await replica.app.statisticsRollUp.run();
    await expectExact(admin.client, tenant.id, 60);
  });

  it("do not include an identifier that belongs to no user", async () => {
    const { admin, tenant } = await createTenantWithUsers(app);
    await app
      .client()
      .send(`mutation { login(input: { identifier: "nobody-here", password: "wrong password" }) { __typename } }`);
    await rollUp();
    const [rows] = await app.app.db.execute<{ count: number }>(
      sql`select count(*)::int as count from tenant_statistics where tenant_id is null`,
    );
    expect(rows?.count).toBe(0);
    await expectExact(admin.client, tenant.id, 30);
  });

  it("are deleted after STATISTICS_DAYS", async () => {
    const { tenant } = await createTenantWithUsers(app);
    const row = (bucket: Date) => sql`
      insert into tenant_statistics select ${tenant.id}::uuid, 'DAY', ${at(bucket)}, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0`;
    await app.app.db.execute(row(ago(1_200 * DAY)));
    await app.app.db.execute(row(ago(1_000 * DAY)));
    await app.app.statisticsRollUp.sweep();
    expect(
      await app.app.db.execute(sql`select from tenant_statistics where tenant_id = ${tenant.id}::uuid`),
    ).toHaveLength(1);
  });
});

describe("the reader of a tenant's statistics", () => {
  const period = () => ({ interval: "DAY", from: ago(2 * DAY), to: app.clock.now() });

  it("is an admin, a member with statistics:read, or an operator; others are refused", async () => {
    const { admin, bob, tenant } = await createTenantWithUsers(app);
    await scatter({ tenantId: tenant.id, attempts: 50, users: 5, from: ago(2 * HOUR), to: ago(HOUR) });
    await rollUp();
    expect(await bob.client.refused(STATISTICS, period())).toMatchObject(MISSING);
    const seen = flatten((await read(admin.client, "DAY", ago(2 * DAY), app.clock.now())).buckets);
    expect(seen).not.toEqual([]);

    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    const NODE = STATISTICS.replace("query (", "query ($id: ID!, ")
      .replace("tenant {", "node(id: $id) { ... on Tenant {")
      .replace(/\}\s*$/, "} }");
    const { node } = await operator.client.ask(NODE, { id: tenant.id, ...period() });
    expect(flatten(node.statistics.buckets)).toEqual(seen);
    // To an admin of another tenant this one does not exist.
    const stranger = await createTenantWithUsers(app);
    expect(await stranger.admin.client.ask(NODE, { id: tenant.id, ...period() })).toEqual({ node: null });
    expect(flatten((await read(stranger.admin.client, "DAY", ago(2 * DAY), app.clock.now())).buckets)).toEqual([]);
  });

  it("is a member whose role has statistics:read, and no other permission of an admin", async () => {
    const { admin, bob } = await createTenantWithUsers(app);
    await admin.client.ask(CREATE_ROLE, { input: { name: "controller", permissions: ["statistics:read"] } });
    await setRoles(app, admin, bob, "controller");
    const { refreshToken } = await app.client().ask(REFRESH, { token: bob.client.refreshToken });
    const client = app.client();
    client.accessToken = refreshToken.tokens.accessToken;
    const { buckets } = await read(client, "DAY", ago(2 * DAY), app.clock.now());
    expect(buckets).toHaveLength(3);
    expect(await client.refused("{ loginAttempts { nodes { id } } }")).toMatchObject(MISSING);
  });

  it("is not an admin of two tenants with an access token for the other one", async () => {
    const [home, other] = [await createTenantWithUsers(app), await createTenantWithUsers(app)];
    const { admin } = home;
    await app.app.db.execute(sql`
      with joined as (
        insert into memberships (id, tenant_id, user_id, joined_at)
        values (gen_random_uuid(), ${other.tenant.id}::uuid, ${admin.id}::uuid, now()) returning id, tenant_id)
      insert into membership_roles (membership_id, role_id)
      select joined.id, roles.id from joined join roles on roles.tenant_id = joined.tenant_id where built_in is not null`);
    const TENANTS = `query ($from: DateTime!, $to: DateTime!, $interval: StatisticsInterval!) {
      me { memberships { tenant { statistics(from: $from, to: $to, interval: $interval) { countedUntil } } } } }`;
    const answer = await admin.client.send(TENANTS, period());
    expect(answer.errors.map(({ extensions }) => extensions.reason)).toEqual(["MISSING_PERMISSION"]);
  });

  it("gets at most 400 buckets, of a period that ends after it begins", async () => {
    const { admin } = await createTenantWithUsers(app);
    const from = new Date("2026-01-01T00:00:00.000Z");
    const refused = (interval: string, to: Date, since = from) =>
      admin.client.refused(STATISTICS, { interval, from: since, to });
    expect((await read(admin.client, "DAY", from, later(from, 400 * DAY))).buckets).toHaveLength(400);
    expect(await refused("DAY", later(from, 400 * DAY + 1))).toMatchObject({
      code: "BAD_USER_INPUT",
      fields: [{ path: "to" }],
    });
    expect(await refused("HOUR", later(from, 401 * HOUR))).toMatchObject({ code: "BAD_USER_INPUT" });
    expect(await refused("DAY", from)).toMatchObject({ code: "BAD_USER_INPUT", fields: [{ path: "to" }] });
    expect(await refused("MONTH", from, new Date("0001-01-01T00:00:00.000Z"))).toMatchObject({
      code: "BAD_USER_INPUT",
      fields: [{ path: "from" }],
    });
  });
});

describe("reading the statistics", () => {
  it("reads at most as many rows of the roll-up as there are buckets, by its primary key, and no attempts", async () => {
    const { admin, tenant } = await createTenantWithUsers(app);
    await scatter({ tenantId: tenant.id, attempts: 1_000, users: 5, from: ago(10 * DAY), to: app.clock.now() });
    await app.app.db.execute(sql`analyze tenant_statistics`);
    const plan = await app.app.db.execute<{ "QUERY PLAN": string }>(sql`
      explain (costs off) select * from tenant_statistics
      where tenant_id = ${tenant.id}::uuid and "interval" = 'DAY' and bucket >= ${at(ago(DAY))} and bucket < ${at(app.clock.now())} order by bucket`);
    const text = plan.map((row) => row["QUERY PLAN"]).join("\n");
    expect(text).toContain("tenant_statistics_pkey");
    expect(text).not.toMatch(/Seq Scan|Sort/);

    // Not from the attempts, which may be deleted already.
    await rollUp();
    const before = await read(admin.client, "DAY", ago(30 * DAY), app.clock.now());
    expect(flatten(before.buckets)).not.toEqual([]);
    await app.app.db.execute(sql`delete from login_attempts where tenant_id = ${tenant.id}::uuid`);
    expect(await read(admin.client, "DAY", ago(30 * DAY), app.clock.now())).toEqual(before);
  });
});
