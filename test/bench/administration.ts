import { join } from "node:path";
import { parseArgs } from "node:util";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { startEmbeddedPostgres } from "#dev/embedded-postgres";
import { UserDirectory } from "#features/administration/index";
import { UsersService } from "#features/users/index";
import { systemClock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { migrateDatabase } from "#platform/database/migrate";
import type { Page, PageRequest } from "#shared/paging";
import { encodeCursor } from "#shared/paging";
import { ALL_PERMISSIONS } from "#shared/permissions";
import type { Viewer } from "#shared/viewer";
import { createRunDirectory, removeRunDirectory } from "../support/servers/run-directory.ts";
import { median } from "./load.ts";

/**
 * Measures a page of `users` and `allSessions`, at any depth, with each filter, for the admin of a big tenant and for an operator:
 * `npx tsx test/bench/administration.ts`. With `--plans` it prints how Postgres finds each page; with `--only search` it runs only
 * the cases whose names contain that text.
 */
const { values: options } = parseArgs({
  options: {
    plans: { type: "boolean", default: false },
    only: { type: "string", default: "" },
    people: { type: "string", default: "100000" },
    runs: { type: "string", default: "40" },
  },
});

const PEOPLE = Number(options.people);
const SESSIONS_PER_USER = 5;
const SMALL_TENANTS = 200;
const RUNS = Number(options.runs);

type Sql = postgres.Sql;

/**
 * One tenant has four fifths of the users, and 200 others share the rest. Names are not in the order of the ids, except for half of the
 * oldest tenth, who share a prefix; three in a hundred users are not ACTIVE, and one in a thousand is an admin. Sessions started during
 * the last month: the older they are, the more of them have ended; a few have expired and wait for the sweep; one in twenty came from
 * the same address.
 */
const populate = async (sql: Sql): Promise<void> => {
  await sql`
    insert into tenants (id, slug, name, created_at)
    select uuidv7(), 'small-' || n, 'Small ' || n, now() from generate_series(1, ${SMALL_TENANTS}::int) as n`;
  await sql`
    with homes as (select id, row_number() over (order by slug <> 'default', id) - 1 as place from tenants),
    people as (
      select n, n < ${PEOPLE}::int / 10 and random() < 0.5 as early, case when random() < 0.8 then 0 else 1 + floor(random() * ${SMALL_TENANTS}::int)::int end as home,
        (array['anna','ben','clara','david','emma','felix','greta','hugo','ida','jonas','klara','lukas','mia','noah','olga',
          'paul','quentin','rosa','simon','tina','uwe','vera','wim','xenia','yusuf','zoe'])[1 + floor(random() * 26)::int] as first,
        substr(md5(random()::text), 1, 8) as last, random() as luck
      from generate_series(1, ${PEOPLE}::int) as n)
    insert into users (id, tenant_id, email, email_canonical, email_verified, username, username_canonical, name, status, roles, created_at)
    select uuidv7(interval '-1 second' * (${PEOPLE}::int - n)), homes.id, case when early then 'old.' else '' end || first || '.' || last || n || '@example.com',
      case when early then 'old.' else '' end || first || '.' || last || n || '@example.com', true, first || n, first || n, initcap(first) || ' ' || initcap(last),
      case when luck < 0.01 then 'SUSPENDED' when luck < 0.02 then 'INVITED' when luck < 0.03 then 'PENDING_VERIFICATION' else 'ACTIVE' end,
      case when n % 1000 = 1 then '{USER,ADMIN}'::text[] when n % 20000 = 2 then '{USER,OPERATOR}'::text[] else '{USER}'::text[] end, now()
    from people join homes on homes.place = people.home`;
  await sql`
    with begun as (
      select users.id as user_id, users.tenant_id, interval '30 days' * random() as age, random() as luck, n
      from users, generate_series(1, ${SESSIONS_PER_USER}::int) as n)
    insert into sessions (id, tenant_id, user_id, device, ip_address, authenticated_with, authenticated_at, created_at,
      last_activity_at, refresh_nonce, refreshed_at, expires_at, ends_at, ended_at, end_reason)
    select uuidv7(-age), tenant_id, user_id, ${JSON.stringify({ label: "Firefox on Linux", browser: "Firefox", os: "Linux", type: "DESKTOP" })}::text::jsonb,
      case when random() < 0.05 then '192.0.2.1' else '10.' || floor(random() * 100)::int || '.' || floor(random() * 250)::int || '.1' end,
      '{PASSWORD}', now() - age, now() - age, now() - age * random(), sha256(user_id::text::bytea), now() - age * random(),
      now() + interval '1 minute' + interval '7 days' * random() - case when random() < 0.001 then interval '10 days' else interval '0' end, now() - age + interval '30 days',
      case when luck * interval '40 days' < age then now() - age * luck end, case when luck * interval '40 days' < age then 'LOGGED_OUT' end
    from begun`;
  await sql`vacuum analyze`;
};

interface Case {
  readonly name: string;
  page(viewer: Viewer, request: PageRequest): Promise<Page<{ readonly id: string }>>;
  /** The table and the condition that find a cursor in the middle and one at the end. */
  readonly ids: string;
}

const main = async (): Promise<void> => {
  const directory = await createRunDirectory();
  const log = { info: () => undefined };
  const server = await startEmbeddedPostgres({ dataDir: join(directory, "data"), database: "bench", log });
  const sql = postgres(server.url, { max: 1, onnotice: () => undefined });
  const asked: { query: string; params: unknown[] }[] = [];
  try {
    await migrateDatabase(server.url);
    await populate(sql);
    const logger = { logQuery: (query: string, params: unknown[]) => void asked.push({ query, params }) };
    const db = drizzle(sql, { logger }) as Db;
    const users = new UsersService({ db });
    const service = new UserDirectory({ db, clock: systemClock, users });
    const cases = casesOf(service, await someUser(sql));

    say(`${PEOPLE} users, ${PEOPLE * SESSIONS_PER_USER} sessions; ${RUNS} pages of 50 each; milliseconds`);
    say(["case", "scope", "depth", "rows", "p50", "p95"].join("\t"));
    for (const { name, page, ids } of cases.filter(({ name }) => name.includes(options.only)))
      for (const viewer of await viewersOf(sql)) {
        const scope = viewer.roles.includes("OPERATOR") ? "ALL" : "tenant";
        for (const [depth, after] of await depthsOf(sql, ids, viewer)) {
          const request = { first: 50, after };
          const { rows } = await page(viewer, request);
          const times: number[] = [];
          for (let run = 0; run < RUNS; run++) {
            const began = performance.now();
            await page(viewer, request);
            times.push(performance.now() - began);
          }
          times.sort((a, b) => a - b);
          const p95 = times[Math.ceil(RUNS * 0.95) - 1] ?? 0;
          say([name, scope, depth, rows.length, median(times).toFixed(1), p95.toFixed(1)].join("\t"));
          asked.length = 0;
          await page(viewer, request);
          if (options.plans) for (const { query, params } of [...asked]) say(await planOf(sql, query, params));
        }
      }
  } finally {
    await sql.end();
    await server.stop();
    await removeRunDirectory(directory);
  }
};

const casesOf = (service: UserDirectory, userId: string): Case[] => [
  ...[
    { filter: {}, ids: "true" },
    { filter: { status: "ACTIVE" }, ids: "status = 'ACTIVE'" },
    { filter: { status: "SUSPENDED" }, ids: "status = 'SUSPENDED'" },
    { filter: { status: "PENDING_APPROVAL" }, ids: "false" },
    { filter: { role: "USER" }, ids: "true" },
    { filter: { role: "ADMIN" }, ids: "roles @> '{ADMIN}'" },
    { filter: { role: "OPERATOR" }, ids: "roles @> '{OPERATOR}'" },
    { filter: { search: "a" }, ids: "email like 'a%'" },
    { filter: { search: "anna" }, ids: "email like 'anna%'" },
    { filter: { search: "anna.0" }, ids: "email like 'anna.0%'" },
    { filter: { search: "anna1234" }, ids: "username like 'anna1234%'" },
    { filter: { search: "old" }, ids: "email like 'old%'" },
    { filter: { search: "nobody" }, ids: "false" },
    {
      filter: { search: "anna", status: "SUSPENDED", role: "USER" },
      ids: "email like 'anna%' and status = 'SUSPENDED'",
    },
  ].map(
    ({ filter, ids }): Case => ({
      name: `users ${JSON.stringify(filter)}`,
      page: (viewer, request) => service.users(viewer, filter as Parameters<UserDirectory["users"]>[1], request),
      ids: `users where ${ids}`,
    }),
  ),
  ...[
    { filter: {}, ids: "true" },
    { filter: { active: true }, ids: "ended_at is null and expires_at > now()" },
    { filter: { active: false }, ids: "(ended_at is not null or expires_at <= now())" },
    { filter: { ipAddress: "192.0.2.1" }, ids: "ip_address = '192.0.2.1'" },
    { filter: { ipAddress: "10.7.7.1" }, ids: "ip_address = '10.7.7.1'" },
    { filter: { ipAddress: "10.200.7.1" }, ids: "false" },
    { filter: { ipAddress: "192.0.2.1", active: true }, ids: "ip_address = '192.0.2.1' and ended_at is null" },
    { filter: { userId }, ids: `user_id = '${userId}'` },
  ].map(
    ({ filter, ids }): Case => ({
      name: `allSessions ${JSON.stringify(filter)}`,
      page: (viewer, request) => service.sessions(viewer, filter, request),
      ids: `sessions where ${ids}`,
    }),
  ),
];

/** An admin of the big tenant, and an operator. */
const viewersOf = async (sql: Sql): Promise<Viewer[]> => {
  const [home] = await sql`select id from tenants where slug = 'default'`;
  const viewer = { userId: home?.id, tenantId: home?.id, homeTenantId: home?.id, sessionId: home?.id };
  const plain = { elevatedUntil: null, elevationEpoch: 0, enrolmentOnly: false };
  return [
    { ...viewer, ...plain, roles: ["MEMBER", "ADMIN"], permissions: ALL_PERMISSIONS, isOperator: false },
    { ...viewer, ...plain, roles: ["MEMBER"], permissions: [], isOperator: true },
  ];
};

const someUser = async (sql: Sql): Promise<string> =>
  (await sql`select users.id from users join tenants on tenants.id = tenant_id where slug = 'default' limit 1`)[0]?.id;

/** The first page, one in the middle of the list, and the last one, after which nothing is found. */
const depthsOf = async (sql: Sql, ids: string, { tenantId, roles }: Viewer): Promise<[string, string | null][]> => {
  const scope = roles.includes("OPERATOR") ? "" : `and tenant_id = '${tenantId}'`;
  const [row] = await sql.unsafe(`
    with found as (select id, row_number() over (order by id desc) as place, count(*) over () as total from ${ids} ${scope})
    select (select id from found where place = greatest(1, total / 2)) as middle, (select id from found where place = greatest(1, total - 25)) as last`);
  return [
    ["first", null],
    ...(["middle", "last"] as const).flatMap((depth): [string, string][] =>
      row?.[depth] ? [[depth, encodeCursor(row[depth])]] : [],
    ),
  ];
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
