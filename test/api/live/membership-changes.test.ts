import { afterAll, afterEach, beforeAll, expect, it, vi } from "vitest";
import type { GraphQLClient } from "../../support/clients/graphql.ts";
import { connect, eventually, type Followed, followEvents, type LiveClient } from "../../support/clients/live.ts";
import {
  entering,
  join,
  REACTIVATE_MEMBER,
  REMOVE_MEMBER,
  SUSPEND_MEMBER,
} from "../../support/factories/memberships.ts";
import { SET_MEMBER_ROLES } from "../../support/factories/roles.ts";
import { createTenantWithUsers } from "../../support/factories/tenants.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { describeIf } from "../../support/servers/index.ts";

const CHANGES = `subscription {
  membershipChanged { kind membershipId tenantId membership { id status isHome tenant { id } roles { name permissions } } }
}`;
const CREATE_ROLE = "mutation ($input: CreateRoleInput!) { createRole(input: $input) { role { id } } }";
const UPDATE_ROLE = "mutation ($input: UpdateRoleInput!) { updateRole(input: $input) { role { id } } }";
const OWN = "{ me { id } tenant { id } }";
const MEMBERS = "{ tenant { members(first: 1) { nodes { id } } } }";

const changesIn = ({ results }: Followed) => results.map(({ data, errors }) => errors[0] ?? data.membershipChanged);

/** On two replicas, with these settings for how they learn of each other's changes. */
const suite = (settings: Readonly<Record<string, string>>) => () => {
  let app: TestApp;
  let replica: TestApp;
  const opened: LiveClient[] = [];

  beforeAll(async () => {
    // Disable their polls, so that only the pub/sub message can close a socket here.
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    try {
      app = await startTestApp({ settings });
      replica = await startTestApp({ settings, replicaOf: app });
    } finally {
      vi.useRealTimers();
    }
  });
  afterEach(() => Promise.all(opened.splice(0).map((live) => live.stop())));
  afterAll(async () => {
    await replica?.stop();
    await app?.stop();
  });

  const open = async (on: TestApp, client: GraphQLClient): Promise<LiveClient> => {
    const live = await connect(on, { client });
    opened.push(live);
    return live;
  };

  /** A user with a home and two other tenants, A and B; sockets on both replicas, of which those for B follow the memberships. */
  const threeTenants = async () => {
    const [home, a, b] = [
      await createTenantWithUsers(app, "Home"),
      await createTenantWithUsers(app, "A"),
      await createTenantWithUsers(app, "B"),
    ];
    const { bob } = home;
    const [inA] = [await join(a.admin, bob), await join(b.admin, bob)];
    const [clientA, clientB] = [await entering(bob, a.tenant.id, replica), await entering(bob, b.tenant.id, replica)];
    const socketsOfA = [await open(replica, clientA), await open(app, clientA)];
    const socketsOfB = [await open(replica, clientB), await open(app, clientB)] as const;
    const followed = [
      await followEvents(replica, socketsOfB[0], CHANGES),
      await followEvents(app, socketsOfB[1], CHANGES),
    ];
    /** Waits until both have received this many changes. */
    const heard = async (count: number) => {
      for (const one of followed) await eventually(() => one.results.length >= count, `change ${count}`);
      return followed.map((one) => changesIn(one).slice(count - 1));
    };
    return { a, b, bob, inA, clientA, clientB, socketsOfA, socketsOfB, heard };
  };

  it.each([
    ["removed", REMOVE_MEMBER, "REMOVED"],
    ["suspended", SUSPEND_MEMBER, "CHANGED"],
  ] as const)(
    "a membership that is %s ends its tokens and sockets on both replicas; the sockets of another tenant receive the change and stay open",
    async (_, end, kind) => {
      const { a, b, bob, inA, clientA, clientB, socketsOfA, socketsOfB, heard } = await threeTenants();
      expect(await clientA.ask(OWN)).toEqual({ me: { id: bob.id }, tenant: { id: a.tenant.id } });
      await a.admin.client.ask(end, { id: inA.id });
      // The first requests after the response, on both replicas.
      const onApp = app.client();
      onApp.accessToken = clientA.accessToken;
      for (const client of [clientA, onApp])
        expect(await client.refused(OWN)).toMatchObject({ code: "UNAUTHENTICATED" });
      for (const socket of socketsOfA)
        expect(await socket.wait()).toMatchObject({ code: 4401, reason: "Membership ended" });
      const membership = kind === "REMOVED" ? null : expect.objectContaining({ id: inA.id, status: "SUSPENDED" });
      const change = { kind, membershipId: inA.id, tenantId: a.tenant.id, membership };
      expect(await heard(1)).toEqual([[change], [change]]);
      expect(await clientB.ask(OWN)).toEqual({ me: { id: bob.id }, tenant: { id: b.tenant.id } });
      expect(socketsOfB.map(({ closed }) => closed)).toEqual([null, null]);
    },
  );

  it("a user receives the memberships that are added and reactivated, and none of other users", async () => {
    const { a, bob, inA, heard } = await threeTenants();
    const admin = await open(replica, a.admin.client);
    const ofAdmin = await followEvents(replica, admin, CHANGES);
    await a.admin.client.ask(SUSPEND_MEMBER, { id: inA.id });
    await heard(1);
    await a.admin.client.ask(REACTIVATE_MEMBER, { id: inA.id });
    const reactivated = { kind: "CHANGED", membershipId: inA.id, membership: { status: "ACTIVE", isHome: false } };
    expect(await heard(2)).toMatchObject([[reactivated], [reactivated]]);
    const c = await createTenantWithUsers(app, "C");
    const inC = await join(c.admin, bob);
    const added = { kind: "ADDED", membershipId: inC.id, tenantId: c.tenant.id, membership: { id: inC.id } };
    expect(await heard(3)).toMatchObject([[added], [added]]);
    expect(ofAdmin.results).toEqual([]);
    expect(admin.closed).toBeNull();
  });

  it("a change of a member's roles, or of a role's permissions, closes the tenant's sockets with 4403, and a new token has the change", async () => {
    const { a, bob, inA, clientA, socketsOfA, socketsOfB, heard } = await threeTenants();
    const { createRole } = await a.admin.client.ask(CREATE_ROLE, {
      input: { name: "Lister", permissions: ["members:read"] },
    });
    expect(await clientA.refused(MEMBERS)).toMatchObject({ code: "FORBIDDEN" });
    const roleId = createRole.role.id;
    await a.admin.client.ask(SET_MEMBER_ROLES, { input: { membershipId: inA.id, roleIds: [roleId] } });
    for (const socket of socketsOfA) expect(await socket.wait()).toMatchObject({ code: 4403 });
    expect(await clientA.refused(OWN)).toMatchObject({ code: "UNAUTHENTICATED" });
    const lister = { kind: "CHANGED", membershipId: inA.id, membership: { roles: [{}, { name: "Lister" }] } };
    expect(await heard(1)).toMatchObject([[lister], [lister]]);
    const client = await entering(bob, a.tenant.id, replica);
    expect((await client.ask(MEMBERS)).tenant.members?.nodes).toHaveLength(1);

    const socket = await open(replica, client);
    await a.admin.client.ask(UPDATE_ROLE, { input: { roleId, permissions: [] } });
    expect(await socket.wait()).toMatchObject({ code: 4403 });
    expect(await client.refused(MEMBERS)).toMatchObject({ code: "UNAUTHENTICATED" });
    const without = { kind: "CHANGED", membershipId: inA.id, membership: { roles: [{}, { permissions: [] }] } };
    expect(await heard(2)).toMatchObject([[without], [without]]);
    expect(socketsOfB.map(({ closed }) => closed)).toEqual([null, null]);
  });
};

describeIf("redis", "membershipChanged, and the sockets of a tenant, over Redis", (url) => suite({ REDIS_URL: url })());
