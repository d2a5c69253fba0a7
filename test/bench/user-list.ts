import { readFile, writeFile } from "node:fs/promises";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { startEmbeddedPostgres } from "#dev/embedded-postgres";
import { UserDirectory } from "#features/administration/index";
import { UsersService } from "#features/users/index";
import { systemClock } from "#platform/clock";
import type { Db } from "#platform/database/database";
import { migrateDatabase } from "#platform/database/migrate";
import type { PageRequest } from "#shared/paging";
import { ALL_PERMISSIONS } from "#shared/permissions";
import type { Viewer } from "#shared/viewer";
import { createRunDirectory, removeRunDirectory } from "../support/servers/run-directory.ts";
import { median, percentile } from "./load.ts";
import { describeMachine } from "./machine.ts";

const RESULTS = fileURLToPath(new URL("RESULTS.md", import.meta.url));
const HEADING = "## User list";
const BATCH = 100_000;
const SMALL_TENANTS = 200;

type Sql = postgres.Sql;
type Criteria = Parameters<UserDirectory["users"]>[1];
type Order = NonNullable<Parameters<UserDirectory["users"]>[3]>;

export interface UserListOptions {
  readonly users: number;
  /** Calls of each case. */
  readonly runs: number;
  /** Replaces the section in RESULTS.md. */
  readonly publish: boolean;
  /** A database filled by an earlier run; default: a new one, which is removed afterwards. */
  readonly url?: string | undefined;
}

/**
 * Four fifths of the users are in one tenant, the rest in 200 others. 26 first names and ten last names have a random part; one user in
 * twenty, all of the oldest tenth, is named `old.…`; the word `zeitgeist` is in three names, `needle` in one of a thousand.
 */
const populate = async (sql: Sql, users: number): Promise<void> => {
  await sql`set synchronous_commit = off`;
  // Without the triggers, which insert one membership for each user.
  await sql`
    insert into tenants (id, slug, name, created_at)
    select uuidv7(), 'small-' || n, 'Small ' || n, now() from generate_series(1, ${SMALL_TENANTS}::int) as n`;
  await sql`set session_replication_role = replica`;
  // Built afterwards, as the migration builds them on a table with rows, because filling them row by row takes several times as long.
  const indexes = await sql`
    select indexname as name, indexdef as definition from pg_indexes where tablename = 'users' and indexdef not like '%UNIQUE%'`;
  for (const { name } of indexes) await sql`drop index ${sql(name)}`;
  for (let from = 1; from <= users; from += BATCH)
    await sql`
      with homes as (select id, row_number() over (order by slug <> 'default', id) - 1 as place from tenants),
      people as (
        select n, n < ${users}::int / 10 and random() < 0.5 as early,
          case when random() < 0.8 then 0 else 1 + floor(random() * ${SMALL_TENANTS}::int)::int end as home,
          (array['anna','ben','clara','david','emma','felix','greta','hugo','ida','jonas','klara','lukas','mia','noah','olga',
            'paul','quentin','rosa','simon','tina','uwe','vera','wim','xenia','yusuf','zoe'])[1 + floor(random() * 26)::int] as first,
          (array['smith','miller','fischer','weber','garcia','rossi','nowak','dubois','jansen','silva'])[1 + floor(random() * 10)::int]
            || substr(md5(random()::text), 1, 4) as last,
          random() as luck, random() as luck2
        from generate_series(${from}::int, ${Math.min(users, from + BATCH - 1)}::int) as n),
      named as (
        select *, case when early then 'old.' else '' end || first || '.' || last || n || '@' || case
            when luck2 < 0.6 then 'example.com' when luck2 < 0.9 then 'mail.example.org' else 'company-' || n % 1000 || '.example' end as email,
          initcap(first) || ' ' || initcap(last) || case when n in (7, 500000, 900000) then ' Zeitgeist' when n % 1000 = 3 then ' Needle' else '' end as name,
          case when luck2 < 0.3 then first || n end as username
        from people)
      insert into users (id, tenant_id, email, email_canonical, email_verified, username, username_canonical, name, status, roles, created_at, last_login_at)
      select uuidv7(interval '-1 second' * (${users}::int - n)), homes.id, email, email, true, username, username, name,
        case when luck < 0.01 then 'SUSPENDED' else 'ACTIVE' end, case when n % 1000 = 1 then '{USER,ADMIN}'::text[] else '{USER}'::text[] end, now(),
        case when luck2 > 0.2 then now() - random() * interval '300 days' end
      from named join homes on homes.place = named.home`;
  await sql`insert into memberships (id, tenant_id, user_id, joined_at) select uuidv7(), tenant_id, id, created_at from users`;
  await sql`
    insert into membership_roles (membership_id, role_id)
    select memberships.id, roles.id from memberships join users on users.id = user_id
    join roles on roles.tenant_id = memberships.tenant_id and (built_in = 'MEMBER' or users.roles @> array[built_in])`;
  await sql`
    insert into totp_secrets (user_id, tenant_id, secret, enabled_at) select id, tenant_id, 'x', now() from users where random() < 0.1`;
  await sql`set session_replication_role = origin`;
  for (const { name, definition } of indexes) {
    const began = performance.now();
    await sql.unsafe(definition);
    say(`${name} is built: ${Math.round((performance.now() - began) / 1_000)} s`);
  }
  await sql`vacuum analyze`;
};

interface Case {
  readonly name: string;
  readonly filter: Criteria;
  readonly order?: Order;
  /** The page; default: the first one. */
  readonly page?: PageRequest;
}

const casesOf = (roleId: string): Case[] => [
  { name: "frequent: `example` (90 %)", filter: { search: "example" } },
  { name: "frequent: `smith` (10 %)", filter: { search: "SMITH" } },
  { name: "frequent: `anna` (4 %)", filter: { search: "anna" } },
  { name: "frequent, all among the oldest: `old.` (5 %)", filter: { search: "old." } },
  { name: "medium: `ith4` (0.6 %)", filter: { search: "ith4" } },
  { name: "medium: `needle` (0.1 %)", filter: { search: "needle" } },
  { name: "rare: `zeitgeist` (3 users)", filter: { search: "zeitgeist" } },
  { name: "rare: a whole number in an address, `654321@`", filter: { search: "654321@" } },
  { name: "absent: `nobody`", filter: { search: "nobody" } },
  { name: "absent, of frequent trigrams: `smith anna`", filter: { search: "smith anna" } },
  { name: "short, by beginning: `an`", filter: { search: "an" } },
  { name: "short and absent: `qx`", filter: { search: "qx" } },
  { name: "`anna`, by e-mail", filter: { search: "anna" }, order: { field: "EMAIL", direction: "ASC" } },
  { name: "`zeitgeist`, by e-mail", filter: { search: "zeitgeist" }, order: { field: "EMAIL", direction: "ASC" } },
  { name: "no filter", filter: {} },
  { name: "no filter, by e-mail", filter: {}, order: { field: "EMAIL", direction: "ASC" } },
  {
    name: "no filter, by username, the last page",
    filter: {},
    order: { field: "USERNAME", direction: "ASC" },
    page: { last: 50 },
  },
  { name: "no filter, by last login (no index)", filter: {}, order: { field: "LAST_LOGIN_AT", direction: "DESC" } },
  { name: "domain with 0.01 %", filter: { emailDomain: "company-7.example" } },
  { name: "domain with 60 %", filter: { emailDomain: "example.com" } },
  { name: "role ADMIN (0.1 %)", filter: { roleId } },
  { name: "factor TOTP (10 %)", filter: { factor: "TOTP" } },
  { name: "factor NONE (90 %)", filter: { factor: "NONE" } },
  { name: "factor PASSKEY (no user)", filter: { factor: "PASSKEY" } },
  { name: "last login on one day", filter: { lastLoginAt: lastDay() } },
  { name: "`smith`, SUSPENDED, TOTP (0.01 %)", filter: { search: "smith", status: "SUSPENDED", factor: "TOTP" } },
];

const lastDay = () => ({ from: new Date(Date.now() - 100 * 86_400_000), to: new Date(Date.now() - 99 * 86_400_000) });

interface Result {
  readonly name: string;
  readonly scope: string;
  readonly rows: number;
  readonly p50: number;
  readonly p95: number;
  /** CPU time of this process and of Postgres together, p95 in ms. */
  readonly cpu: number;
  /** The topmost nodes of each statement's plan. */
  readonly plans: readonly string[];
}

/** Measures `users(…)` on a database of this size, for an admin of the big tenant, one of a small one, and an operator. */
export const measureUserList = async ({ users, runs, publish, url }: UserListOptions): Promise<void> => {
  const directory = await createRunDirectory();
  const log = { info: () => undefined };
  const server = url ? null : await startEmbeddedPostgres({ dataDir: join(directory, "data"), database: "bench", log });
  const sql = postgres(url ?? server?.url ?? "", { max: 1, onnotice: () => undefined });
  try {
    if (server) {
      await migrateDatabase(server.url);
      say(`filling the database: ${users} users`);
      await populate(sql, users);
    }
    const results = await measure(sql, runs);
    const text = section(users, runs, results);
    process.stdout.write(`${text}\n`);
    if (publish) await replaceSection(text);
  } finally {
    await sql.end();
    await server?.stop();
    await removeRunDirectory(directory);
  }
};

const measure = async (sql: Sql, runs: number): Promise<Result[]> => {
  const asked: { query: string; params: unknown[] }[] = [];
  const logger = { logQuery: (query: string, params: unknown[]) => void asked.push({ query, params }) };
  const db = drizzle(sql, { logger }) as Db;
  const service = new UserDirectory({ db, clock: systemClock, users: new UsersService({ db }) });
  const [backend] = await sql`select pg_backend_pid() as pid`;
  // All work happens in one process, whose CPU time can be read.
  await sql`set max_parallel_workers_per_gather = 0`;
  const results: Result[] = [];
  for (const [scope, viewer] of await viewersOf(sql)) {
    const [role] = await sql`select id from roles where tenant_id = ${viewer.tenantId} and built_in = 'ADMIN'`;
    for (const { name, filter, order, page = { first: 50 } } of casesOf(role?.id)) {
      const call = () => service.users(viewer, filter, page, order);
      await call();
      asked.length = 0;
      const { rows } = await call();
      const plans: string[] = [];
      for (const { query, params } of [...asked]) plans.push(await planOf(sql, query, params));
      const times: number[] = [];
      const cpuTimes: number[] = [];
      for (let run = 0; run < runs; run++) {
        const [began, cpuBefore] = [performance.now(), await cpuOf(backend?.pid)];
        await call();
        times.push(performance.now() - began);
        cpuTimes.push((await cpuOf(backend?.pid)) - cpuBefore);
      }
      const p95 = (values: number[]) =>
        percentile(
          values.toSorted((a, b) => a - b),
          0.95,
        );
      const result = { name, scope, rows: rows.length, p50: median(times), p95: p95(times), cpu: p95(cpuTimes), plans };
      say(
        [scope, name, result.rows, ...[result.p50, result.p95, result.cpu].map((ms) => ms.toFixed(1)), ...plans].join(
          "\t",
        ),
      );
      results.push(result);
    }
  }
  return results;
};

/** CPU time in ms that this process and the Postgres process have used so far. */
const cpuOf = async (pid: number): Promise<number> => {
  const { user, system } = process.cpuUsage();
  const [onCpu = "0"] = (await readFile(`/proc/${pid}/schedstat`, "utf8")).split(" ");
  return (user + system) / 1_000 + Number(onCpu) / 1_000_000;
};

/** An admin of the big tenant, one of a small tenant, and an operator. */
const viewersOf = async (sql: Sql): Promise<[string, Viewer][]> => {
  const admin = async (slug: string): Promise<Viewer> => {
    const [home] = await sql`select id from tenants where slug = ${slug}`;
    const ids = { userId: home?.id, tenantId: home?.id, homeTenantId: home?.id, sessionId: home?.id };
    const plain = { elevatedUntil: null, elevationEpoch: 0, enrolmentOnly: false, isOperator: false };
    return { ...ids, ...plain, roles: ["MEMBER", "ADMIN"], permissions: ALL_PERMISSIONS };
  };
  const big = await admin("default");
  return [
    ["tenant of 80 %", big],
    ["tenant of 0.1 %", await admin("small-7")],
    ["all tenants", { ...big, roles: ["MEMBER"], permissions: [], isOperator: true }],
  ];
};

/** The nodes that read the table and that sort, from the inside out, with the rows that they returned. */
const planOf = async (sql: Sql, query: string, params: readonly unknown[]): Promise<string> => {
  const rows = await sql.unsafe(
    `explain (analyze, costs off, timing off) ${query}`,
    params as postgres.ParameterOrJSON<never>[],
  );
  const nodes = rows.flatMap(({ "QUERY PLAN": line }) => {
    const [, node, found] = /^\s*(?:->\s+)?(\w[^(]*?)\s+\(actual rows=([\d.]+)/.exec(String(line)) ?? [];
    return node && !/^(Limit|Subquery Scan|Gather)/.test(node)
      ? [`${node.replace(/ on users( users_\d)?$/, "")}: ${Math.round(Number(found))}`]
      : [];
  });
  return nodes.reverse().join(" → ");
};

const section = (users: number, runs: number, results: readonly Result[]): string => {
  const search = results.filter(({ name }) => /frequent|medium|rare|absent/.test(name));
  const slowest = search.reduce((a, b) => (a.p95 > b.p95 ? a : b));
  const met = search.filter(({ p95 }) => p95 < 50).length;
  const cpuMet = search.filter(({ cpu }) => cpu < 50).length;
  const load = loadavg()[0]?.toFixed(1);
  return `${HEADING}

Written by \`npm run bench -- --user-list\` on ${new Date().toISOString().slice(0, 16).replace("T", " ")} UTC. ${describeMachine()}.
${users.toLocaleString("en")} users; a call is \`UserDirectory.users\` with a page of 50 (the query behind \`users(filter, orderBy)\`), one after the other, ${runs} for each line, with a warm database.
The load average at the end was ${load} on ${cpus().length} cores: *p50* and *p95* include waiting for a core. *CPU* is the p95 of the CPU time that the caller and
Postgres used for one call: an estimate for an idle machine, on which it was not measured. Without parallel workers.

The target p95 of a search is below 50 ms. Of the ${search.length} lines with a frequent, medium, rare or absent text, ${met} meet it as measured and ${cpuMet} in CPU time.
Above 50 ms in CPU time: ${
    search
      .filter(({ cpu }) => cpu >= 50)
      .map(({ name, scope }) => `${name} in ${scope}`)
      .join("; ") || "none"
  }.
Slowest: ${slowest.name}, ${slowest.scope}: ${slowest.p95.toFixed(1)} ms, ${slowest.cpu.toFixed(1)} ms of CPU.

| scope | case | rows | p50 ms | p95 ms | CPU ms | plan: nodes with the rows they returned |
| --- | --- | ---: | ---: | ---: | ---: | --- |
${results.map(({ scope, name, rows, p50, p95, cpu, plans }) => `| ${scope} | ${name} | ${rows} | ${p50.toFixed(1)} | ${p95.toFixed(1)} | ${cpu.toFixed(1)} | ${plans.map((plan, index) => (plans.length > 1 ? `${index + 1}) ${plan}` : plan)).join("; ")} |`).join("\n")}
`;
};

/** At the end of the part that `npm run bench` keeps. */
const replaceSection = async (text: string): Promise<void> => {
  const previous = await readFile(RESULTS, "utf8");
  const start = previous.indexOf(`\n${HEADING}\n`);
  const rest = start < 0 ? "" : previous.slice(start + 1 + HEADING.length);
  const next = rest.indexOf("\n## ");
  const before = start < 0 ? previous.trimEnd() : previous.slice(0, start).trimEnd();
  await writeFile(RESULTS, `${before}\n\n${text}${next < 0 ? "" : rest.slice(next)}`);
};

const say = (what: string): void => void process.stderr.write(`${what}\n`);
