import { beforeAll, describe, expect, it } from "vitest";
import type { UserId } from "#shared/ids";
import { employLoggedIn } from "../../support/clients/confirmations.ts";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { present } from "../../support/clients/narrow.ts";
import { ANONYMOUS } from "../../support/factories/stored-users.ts";
import { createMember, createTenant } from "../../support/factories/tenants.ts";
import { logIn } from "../../support/factories/users.ts";
import { sharedTestApp, type TestApp } from "../../support/servers/app.ts";

const EVENTS = /* GraphQL */ `
  query ($userId: ID, $types: [SecurityEventType!], $first: Int! = 50, $after: String) {
    securityEvents(filter: { userId: $userId, types: $types }, first: $first, after: $after) {
      nodes { id type occurredAt ipAddress device { label } user { id email } ... on LoginSucceededEvent { methods newDevice } }
      pageInfo { hasNextPage endCursor }
    }
  }
`;

let app: TestApp;
beforeAll(async () => {
  app = await sharedTestApp();
});

/** An admin and a user of a tenant. Both have logged in, so their history contains that. */
const company = async () => {
  const tenant = await createTenant(app);
  return { admin: await employLoggedIn(app, tenant, "ADMIN"), bob: await employLoggedIn(app, tenant) };
};

describe("securityEvents", () => {
  it("are the caller's own, with the client's location", async () => {
    const { bob } = await company();
    const { securityEvents } = await bob.client.ask(EVENTS, { types: ["LOGIN_SUCCEEDED"] });
    expect(securityEvents.nodes).toEqual([
      expect.objectContaining({
        type: "LOGIN_SUCCEEDED",
        ipAddress: expect.any(String),
        device: { label: expect.any(String) },
        user: { id: bob.id, email: bob.email },
        methods: ["PASSWORD"],
      }),
    ]);
  });

  it("are refused to anonymous callers", async () => {
    expect(await app.client().refused(EVENTS)).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("are returned page by page, newest first, each of them once", async () => {
    const { bob } = await company();
    await logIn(bob.client, bob.email, bob.password);
    await bob.client.ask("mutation { logoutAll { endedSessionIds } }");
    await logIn(bob.client, bob.email, bob.password);
    const all = (await bob.client.ask(EVENTS)).securityEvents.nodes;
    expect(all.map(({ type }: UntypedData) => type)).toEqual([
      "NEW_DEVICE",
      "LOGIN_SUCCEEDED",
      "SESSION_ENDED",
      "SESSION_ENDED",
      "NEW_DEVICE",
      "LOGIN_SUCCEEDED",
      "NEW_DEVICE",
      "LOGIN_SUCCEEDED",
    ]);

    const paged: UntypedData[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const { securityEvents }: UntypedData = await bob.client.ask(EVENTS, { first: 3, after });
      paged.push(...securityEvents.nodes);
      ({ endCursor: after, hasNextPage: more } = securityEvents.pageInfo);
    }
    expect(paged).toEqual(all);
  });

  it("of others are refused to plain users, whether or not such users exist", async () => {
    const { admin, bob } = await company();
    for (const userId of [admin.id, ANONYMOUS, "not an id"])
      expect(await bob.client.refused(EVENTS, { userId })).toMatchObject({
        code: "FORBIDDEN",
        reason: "MISSING_PERMISSION",
      });
  });

  it("of a user of the tenant can be read by an admin, of another tenant's user are NOT_FOUND, and can all be read by an operator", async () => {
    const { admin, bob } = await company();
    const { admin: stranger } = await company();
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    for (const { client } of [admin, operator]) {
      const { securityEvents } = await client.ask(EVENTS, { userId: bob.id });
      expect(present(securityEvents.nodes[0]).user).toEqual({ id: bob.id, email: bob.email });
    }
    expect(await stranger.client.refused(EVENTS, { userId: bob.id })).toMatchObject({ code: "NOT_FOUND" });
  });

  it("with unexpected details are returned without them", async () => {
    const { admin, bob } = await company();
    const { id: userId, tenantId } = await app.app.users.get(bob.id as UserId);
    const oddities = [{}, { sessionId: 7, reason: "NEVER_HEARD_OF", methods: "PASSWORD", from: [1], by: {} }];
    for (const details of oddities)
      for (const type of ["LOGIN_SUCCEEDED", "SESSION_ENDED", "ROLES_CHANGED"] as const)
        await app.app.db.transaction((tx) => app.app.events.record(tx, { type, tenantId, userId, details }));
    const fields = `__typename id ... on LoginSucceededEvent { sessionId methods newDevice }
      ... on SessionEndedEvent { sessionId endReason allDevices } ... on RolesChangedEvent { byUserId rolesBefore rolesAfter }`;
    const { securityEvents } = await bob.client.ask(`{ securityEvents(first: 6) { nodes { ${fields} } } }`);
    const roles = { __typename: "RolesChangedEvent", byUserId: null, rolesBefore: [], rolesAfter: [] };
    const ended = { __typename: "SessionEndedEvent", sessionId: null, endReason: null, allDevices: false };
    const login = { __typename: "LoginSucceededEvent", sessionId: null, methods: [], newDevice: false };
    expect(securityEvents.nodes).toMatchObject([roles, ended, login, roles, ended, login]);
    // `node` returns each event with its own type to the callers who may see it.
    const id = securityEvents.nodes[0]?.id ?? "";
    const NODE = `query ($id: ID!) { node(id: $id) { __typename ... on SecurityEvent { type user { id } } } }`;
    for (const { client } of [bob, admin])
      expect(await client.ask(NODE, { id })).toEqual({
        node: { __typename: "RolesChangedEvent", type: "ROLES_CHANGED", user: { id: bob.id } },
      });
    const { admin: stranger } = await company();
    expect(await stranger.client.ask(NODE, { id })).toEqual({ node: null });
  });
});
