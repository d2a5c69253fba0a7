import { join } from "node:path";
import { parseArgs } from "node:util";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { startEmbeddedPostgres } from "#dev/embedded-postgres";
import { StatisticsRollUp } from "#features/statistics/roll-up.service";
import { StatisticsService } from "#features/statistics/statistics.service";
import { systemClock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { migrateDatabase } from "#platform/database/migrate";
import { ensurePartitions } from "#platform/database/partitions";
import { after, DAY } from "#shared/durations";
import type { TenantId } from "#shared/ids";
import type { Viewer } from "#shared/viewer";
import { createRunDirectory, removeRunDirectory } from "../support/servers/run-directory.ts";
import { median } from "./load.ts";

/**
 * Measures the statistics of a year, and their roll-up, on 5 million login attempts: `npx tsx test/bench/statistics.ts`. With `--plans`
 * it prints how Postgres reads the statistics.
 */
const { values: options } = parseArgs({
  options: {
    plans: { type: "boolean", default: false },
    attempts: { type: "string", default: "5000000" },
    runs: { type: "string", default: "200" },
  },
});

const ATTEMPTS = Number(options.attempts);
const RUNS = Number(options.runs);
const USERS = 50_000;
const SMALL_TENANTS = 200;
const YEAR = 365 * DAY;

type Sql = postgres.Sql;

/** One tenant has four fifths of the users, and 200 others share the rest. Attempts are spread over the past year. */
const populate = async (sql: Sql): Promise<void> => {
  await sql`
    insert into tenants (id, slug, name, created_at)
    select uuidv7(), 'small-' || n, 'Small ' || n, now() from generate_series(1, ${SMALL_TENANTS}::int) as n`;
  await sql`create temporary table people as
    select gen_random_uuid() as id, row_number() over () as place, case when random() < 0.8 then 0 else 1 + floor(random() * ${SMALL_TENANTS}::int)::int end as home
    from generate_series(1, ${USERS}::int)`;
  await sql`create temporary table homes as select id, row_number() over (order by slug <> 'default', id) - 1 as place from tenants`;
  await sql`create index on people (place)`;
  await sql`analyze people, homes`;
  const device = JSON.stringify({ label: "Firefox on Linux", browser: "Firefox", os: "Linux", type: "DESKTOP" });
  // No measured query uses these indexes; without them the rows are inserted several times as fast.
  const secondary = await sql`
    select indexrelid::regclass::text as name from pg_index
    where indrelid = 'login_attempts'::regclass and not indisprimary`;
  for (const { name } of secondary) await sql.unsafe(`drop index ${name}`);
  const year = `${YEAR / 1_000} seconds`;
  for (let left = ATTEMPTS; left > 0; left -= 250_000)
    await sql`
      with attempts as (
        select n, uuidv7(-(${year}::interval * (n / ${ATTEMPTS}::float8))) as id, 1 + floor(random() * ${USERS}::int)::int as place, random() as luck, random() as danger
        from generate_series(${left}::int, greatest(1, ${left}::int - 249999), -1) as n)
      insert into login_attempts (id, occurred_at, tenant_id, user_id, identifier, outcome, risk, ip_address, device)
      select attempts.id, uuid_extract_timestamp(attempts.id), homes.id, people.id, 'user' || attempts.place,
        case when luck < 0.7 then 'SUCCESS' when luck < 0.85 then 'FAILED' when luck < 0.97 then 'CHALLENGED' when luck < 0.99 then 'LOCKED' else 'DENIED' end,
        jsonb_build_object('score', 0, 'signals', '[]'::jsonb, 'level',
          case when danger < 0.8 then 'LOW' when danger < 0.9 then 'MEDIUM' when danger < 0.97 then 'ELEVATED' else 'HIGH' end),
        '10.0.' || floor(random() * 250)::int || '.1', ${device}::text::jsonb
      from attempts join people on people.place = attempts.place join homes on homes.place = people.home`;
  await sql`vacuum analyze`;
};

const main = async (): Promise<void> => {
  const directory = await createRunDirectory();
  const log = { info: () => undefined };
  const server = await startEmbeddedPostgres({ dataDir: join(directory, "data"), database: "bench", log });
  const sql = postgres(server.url, { max: 1, onnotice: () => undefined });
  const asked: { query: string; params: unknown[] }[] = [];
  const db = drizzle(sql, { logger: { logQuery: (query, params) => asked.push({ query, params }) } }) as unknown as Db;
  try {
    await migrateDatabase(server.url);
    // As created by a program that has run for a year.
    for (const months of [12, 8, 4, 0]) await ensurePartitions(db, after(systemClock.now(), -months * 30 * DAY));
    say(`inserting ${ATTEMPTS} attempts`);
    await timed("insert", () => populate(sql));

    const now = systemClock.now();
    const rollUp = new StatisticsRollUp({ db, clock: { now: () => now }, statisticsDays: 1_100 });
    for (let run = 1; run <= 4; run++) await timed(`roll-up of the year, run ${run}`, () => rollUp.run());
    await sql`vacuum analyze`;
    await measure("roll-up, nothing new", 20, () => rollUp.run());
    const [sizes] = await sql`
      select pg_size_pretty(pg_total_relation_size('tenant_statistics')) as statistics, pg_size_pretty(pg_total_relation_size('statistics_active_users')) as active,
        (select count(*) from tenant_statistics)::int as rows`;
    say(JSON.stringify(sizes));

    const statistics = new StatisticsService({ db });
    const tenantId = (await sql`select id from tenants where slug = 'default'`)[0]?.id as TenantId;
    const viewer = { tenantId, isOperator: false, permissions: ["statistics:read"] } as unknown as Viewer;
    for (const [name, interval, span] of [
      ["year by month", "MONTH", YEAR],
      ["year by week", "WEEK", YEAR],
      ["year by day", "DAY", YEAR],
      ["16 days by hour", "HOUR", 16 * DAY],
    ] as const) {
      const read = () => statistics.of(viewer, tenantId, { from: after(now, -span), to: now, interval });
      await measure(`${name}, ${(await read()).buckets.length} buckets`, RUNS, read);
      asked.length = 0;
      await read();
      if (options.plans) for (const { query, params } of [...asked]) say(await planOf(sql, query, params));
    }
  } finally {
    await sql.end();
    await server.stop();
    await removeRunDirectory(directory);
  }
};

const measure = async (name: string, runs: number, work: () => Promise<unknown>): Promise<void> => {
  const times: number[] = [];
  for (let run = 0; run < runs; run++) {
    const began = performance.now();
    await work();
    times.push(performance.now() - began);
  }
  times.sort((a, b) => a - b);
  const p95 = times[Math.ceil(runs * 0.95) - 1] ?? 0;
  say([name, `p50 ${median(times).toFixed(1)} ms`, `p95 ${p95.toFixed(1)} ms`].join("\t"));
};

const timed = async (name: string, work: () => Promise<unknown>): Promise<void> => {
  const began = performance.now();
  await work();
  say(`${name}\t${((performance.now() - began) / 1_000).toFixed(1)} s`);
};

const planOf = async (sql: Sql, query: string, params: readonly unknown[]): Promise<string> => {
  const rows = await sql.unsafe(
    `explain (analyze, buffers, costs off) ${query}`,
    params as postgres.ParameterOrJSON<never>[],
  );
  return rows.map((row) => `    ${row["QUERY PLAN"]}`).join("\n");
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);

await main();
