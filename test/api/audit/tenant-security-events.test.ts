import { sql } from "drizzle-orm";
import { beforeAll, describe, expect, it } from "vitest";
import { listSecurityEvents, type SecurityEventType, securityEvents as table } from "#features/audit/index";
import { firstIdAt } from "#platform/ids";
import { after, DAY, HOUR } from "#shared/durations";
import type { SecurityEventId, TenantId, UserId } from "#shared/ids";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { ANONYMOUS } from "../../support/factories/stored-users.ts";
import { createMember, createTenant, createTenantWithUsers } from "../../support/factories/tenants.ts";
import { sharedTestApp, type TestApp } from "../../support/servers/app.ts";

const EVENTS = /* GraphQL */ `
  query ($filter: SecurityEventFilter! = {}, $first: Int, $after: String, $last: Int, $before: String) {
    tenant {
      securityEvents(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
        nodes { id type level occurredAt user { id } }
        totalCount
        totalCountIsExact
        pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      }
    }
  }
`;
const TYPES = [
  "LOGIN_SUCCEEDED",
  "SESSION_ENDED",
  "NEW_DEVICE",
  "PASSWORD_CHANGED",
  "LOGIN_FAILED",
  "TOKEN_REUSED",
] as const;

let app: TestApp;
beforeAll(async () => {
  app = await sharedTestApp();
});

interface Recorded {
  readonly id: SecurityEventId;
  readonly type: SecurityEventType;
  readonly userId: UserId;
  readonly occurredAt: Date;
}

/** The given number of events of these users, one an hour, the oldest first; TOKEN_REUSED only once in fifty. */
const record = async (tenantId: TenantId, userIds: readonly UserId[], count: number): Promise<Recorded[]> => {
  const since = after(app.app.clock.now(), -count * HOUR);
  const rows = Array.from({ length: count }, (_, number) => {
    const occurredAt = after(since, number * HOUR);
    const id =
      `${firstIdAt<SecurityEventId>(occurredAt).slice(0, 19)}${crypto.randomUUID().slice(19)}` as SecurityEventId;
    const type = number % 50 === 7 ? "TOKEN_REUSED" : (TYPES[number % 5] ?? "NEW_DEVICE");
    return { id, occurredAt, tenantId, type, userId: userIds[number % userIds.length] ?? (ANONYMOUS as UserId) };
  });
  await app.app.db
    .insert(table)
    .values(rows.map((row) => ({ ...row, ipAddress: null, device: null, location: null, details: {} })));
  return rows;
};

const company = async (count: number) => {
  const { admin, bob, tenant } = await createTenantWithUsers(app);
  const [adminId, bobId] = [admin.id as UserId, bob.id as UserId];
  // Logging in through the services records nothing.
  const recorded = await record(tenant.id, [adminId, bobId], count);
  return { admin, bob, tenant, recorded };
};

type Client = Awaited<ReturnType<typeof createMember>>["client"];

const page = async (client: Client, variables: UntypedData = {}): Promise<UntypedData> =>
  (await client.ask(EVENTS, variables)).tenant.securityEvents;

/** All pages of a list, from the newest or from the oldest event. */
const readAll = async (client: Client, filter: UntypedData, size: number, backward = false): Promise<UntypedData[]> => {
  const all: UntypedData[] = [];
  for (let cursor: string | null = null, more = true; more; ) {
    const { nodes, pageInfo }: UntypedData = await page(
      client,
      backward ? { filter, last: size, before: cursor } : { filter, first: size, after: cursor },
    );
    if (backward) all.unshift(...nodes);
    else all.push(...nodes);
    more = backward ? pageInfo.hasPreviousPage : pageInfo.hasNextPage;
    cursor = backward ? pageInfo.startCursor : pageInfo.endCursor;
  }
  return all;
};

const idsOf = (events: readonly { readonly id: string }[]) => events.map(({ id }) => id);

describe("Tenant.securityEvents", () => {
  it("lists the events of all users of the tenant, and none of another tenant", async () => {
    const acme = await company(60);
    const other = await company(40);
    for (const { admin, recorded } of [acme, other]) {
      expect(idsOf(await readAll(admin.client, {}, 13))).toEqual(idsOf(recorded.toReversed()));
      expect(await page(admin.client, { first: 1 })).toMatchObject({
        totalCount: recorded.length,
        totalCountIsExact: true,
      });
    }
    const { nodes } = await page(acme.admin.client, { filter: { userId: other.bob.id } });
    expect(nodes).toEqual([]);
  });

  it("filters by types, levels, user and period, in both directions", async () => {
    const { admin, bob, recorded } = await company(200);
    const [from, to] = [recorded[40]?.occurredAt ?? new Date(0), recorded[150]?.occurredAt ?? new Date(0)];
    const warning = ["LOGIN_FAILED", "TOKEN_REUSED"];
    const inPeriod = ({ occurredAt }: Recorded) => occurredAt >= from && occurredAt < to;
    const cases: [UntypedData, (event: Recorded) => boolean][] = [
      [{ types: ["TOKEN_REUSED"] }, ({ type }) => type === "TOKEN_REUSED"],
      [
        { types: ["TOKEN_REUSED", "NEW_DEVICE", "TOKEN_REUSED"] },
        ({ type }) => type === "TOKEN_REUSED" || type === "NEW_DEVICE",
      ],
      [{ levels: ["WARNING"] }, ({ type }) => warning.includes(type)],
      [
        { levels: ["WARNING", "NOTICE"], types: ["LOGIN_FAILED", "SESSION_ENDED"] },
        ({ type }) => type === "LOGIN_FAILED",
      ],
      [{ levels: ["INFO"], types: ["LOGIN_FAILED"] }, () => false],
      [{ types: [] }, () => false],
      [{ userId: bob.id }, ({ userId }) => userId === bob.id],
      [{ userId: bob.id, levels: ["WARNING"] }, ({ userId, type }) => userId === bob.id && warning.includes(type)],
      [{ occurredAt: { from, to } }, inPeriod],
      [
        { occurredAt: { from, to }, types: ["NEW_DEVICE", "LOGIN_FAILED"] },
        (event) => inPeriod(event) && ["NEW_DEVICE", "LOGIN_FAILED"].includes(event.type),
      ],
      [{ userId: "not an id" }, () => false],
      [{ userId: ANONYMOUS }, () => false],
    ];
    for (const [filter, isWanted] of cases) {
      const expected = idsOf(recorded.filter(isWanted).toReversed());
      expect({ filter, ids: idsOf(await readAll(admin.client, filter, 11)) }).toEqual({ filter, ids: expected });
      expect({ filter, ids: idsOf(await readAll(admin.client, filter, 7, true)) }).toEqual({ filter, ids: expected });
      expect((await page(admin.client, { filter, first: 1 })).totalCount).toBe(expected.length);
    }
  });

  it("returns the level of each event", async () => {
    const { admin } = await company(60);
    const { nodes } = await page(admin.client, { filter: { types: ["TOKEN_REUSED", "NEW_DEVICE"] } });
    for (const { type, level } of nodes) expect(level).toBe(type === "TOKEN_REUSED" ? "WARNING" : "NOTICE");
  });

  it("is refused without audit:read, and to admins of another tenant; operators see every tenant", async () => {
    const { bob, tenant, recorded } = await company(3);
    expect(await bob.client.refused(EVENTS)).toMatchObject({ code: "FORBIDDEN", reason: "MISSING_PERMISSION" });
    const NODE = "query ($id: ID!) { node(id: $id) { ... on Tenant { securityEvents { nodes { id } } } } }";
    const stranger = await createMember(app, await createTenant(app), "ADMIN");
    expect(await stranger.client.ask(NODE, { id: tenant.id })).toEqual({ node: null });
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    const { node }: UntypedData = await operator.client.ask(NODE, { id: tenant.id });
    expect(idsOf(node.securityEvents.nodes)).toEqual(idsOf(recorded.toReversed()));
  });
});

describe("the plan of Tenant.securityEvents", () => {
  it("finds rare types by the index on tenant and type, and reads at most one page of rows for each type", async () => {
    const tenant = await createTenant(app);
    // Many events of one type, and only the oldest one of another type.
    await app.app.db.execute(sql`
      with made as materialized (select uuid_at(now() - n * interval '1 minute') as id, n from generate_series(1, 5000) as n)
      insert into security_events (id, occurred_at, tenant_id, type, details)
      select id, uuid_extract_timestamp(id), ${tenant.id}::uuid, case when n > 4998 then 'TOKEN_REUSED' else 'LOGIN_SUCCEEDED' end, '{}' from made`);
    await app.app.db.execute(sql`analyze security_events`);
    const slice = { limit: 51, below: null, above: null, backward: false };
    const explain = async (types: SecurityEventType[] | null) => {
      const occurredAt = { from: after(app.app.clock.now(), -20 * DAY) };
      const query = listSecurityEvents(app.app.db, { scope: tenant.id, userId: null, types, occurredAt }, slice);
      const rows = await app.app.db.execute<{ "QUERY PLAN": string }>(
        sql`explain (analyze, costs off, timing off, summary off) ${query as unknown as ReturnType<typeof sql>}`,
      );
      return rows.map((row) => row["QUERY PLAN"]).join("\n");
    };
    const rare = await explain(["TOKEN_REUSED", "LOGIN_DENIED"]);
    expect(rare).toMatch(/Index.* Scan.* using security_events_\w*tenant_id_type_id_idx/);
    expect(rare).not.toMatch(/Seq Scan|Rows Removed by Filter: \d{3}/);
    const all = await explain(null);
    expect(all).toMatch(/Index.* Scan.* using security_events_\w*tenant_id_id_idx/);
    expect(all).not.toMatch(/Seq Scan|Rows Removed by Filter: \d{3}/);
  });
});
