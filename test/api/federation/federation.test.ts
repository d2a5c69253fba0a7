import { readFile } from "node:fs/promises";
import { composeServices } from "@apollo/composition";
import { PostgresJsPreparedQuery } from "drizzle-orm/postgres-js";
import { buildSchema, type GraphQLObjectType, type GraphQLUnionType, isObjectType, parse } from "graphql";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { GraphQLClient } from "../../support/clients/graphql.ts";
import { post } from "../../support/clients/raw.ts";
import { beginChallenge } from "../../support/factories/challenges.ts";
import { ANONYMOUS } from "../../support/factories/stored-users.ts";
import { addUser, createMember, createTenant, createTenantWithUsers } from "../../support/factories/tenants.ts";
import type { SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { ORDERS } from "./orders.graphql.ts";

let app: TestApp;
let subgraph: string;
beforeAll(async () => {
  const schemaFile = await readFile(new URL("../../../schema.graphql", import.meta.url), "utf8");
  // Composers do not know the directive yet (docs/federation.md).
  subgraph = schemaFile.replaceAll(" @oneOf", "");
  app = await startTestApp();
});
afterAll(() => app.stop());
afterEach(() => vi.restoreAllMocks());

const SDL = "{ _service { sdl } }";
const ENTITIES = /* GraphQL */ `
  query ($of: [_Any!]!) {
    _entities(representations: $of) {
      __typename
      ... on User { id email }
      ... on Session { id endReason }
      ... on Tenant { id name }
    }
  }
`;

interface Reference {
  readonly __typename: string;
  readonly id: unknown;
}

const user = (id: unknown): Reference => ({ __typename: "User", id });

const found = async (client: GraphQLClient, ...of: readonly object[]) => (await client.ask(ENTITIES, { of }))._entities;

describe("a supergraph", () => {
  const compose = (...subgraphs: readonly string[]) =>
    composeServices(
      subgraphs.map((sdl, n) => ({ name: `subgraph-${n}`, url: `https://${n}.example.com`, typeDefs: parse(sdl) })),
    );

  it("is composed of schema.graphql and another team's subgraph, which adds fields to User", () => {
    const { errors, hints, supergraphSdl } = compose(subgraph, ORDERS);
    expect(errors).toBeUndefined();
    // Enums that only errors and directives use, for code generators; no field has them.
    expect(hints?.filter(({ definition: { code } }) => code !== "UNUSED_ENUM_TYPE")).toEqual([]);
    const supergraph = buildSchema(supergraphSdl ?? "", { assumeValid: true });
    const fields = (supergraph.getType("User") as GraphQLObjectType).getFields();
    expect(Object.keys(fields)).toEqual(expect.arrayContaining(["email", "sessions", "orders", "invoicesTo"]));
    expect(Object.keys(supergraph.getQueryType()?.getFields() ?? {})).not.toContain("_entities");
  });

  it("is composed of schema.graphql and the guide's example", async () => {
    const guide = await readFile(new URL("../../../docs/federation.md", import.meta.url), "utf8");
    const [, example = ""] = /^```sdl\n([\s\S]*?)^```/m.exec(guide) ?? [];
    expect(example).toContain("extend type User");
    expect(compose(subgraph, example).errors).toBeUndefined();
  });

  it("is composed of the running server's SDL, too, which equals schema.graphql", async () => {
    const { _service } = await app.client().ask(SDL);
    expect(_service.sdl).toBe(subgraph);
    expect(compose(_service.sdl, ORDERS).errors).toBeUndefined();
  });

  it("does not get the schema if introspection is off", async () => {
    const closed = await startTestApp({ settings: { INTROSPECTION: "false" }, replicaOf: app });
    try {
      const { data, errors } = await closed.client().send(SDL);
      expect(errors).toMatchObject([{ extensions: { code: "FORBIDDEN", status: 403 } }]);
      expect(data).toBeNull();
      // The same as for an introspection query.
      expect((await closed.client().refused("{ __schema { queryType { name } } }")).code).toBe("BAD_REQUEST");
    } finally {
      await closed.stop();
    }
  });

  it("has every type with a key as an entity, and no other type", () => {
    const { schema } = app.app;
    const keyed = Object.values(schema.getTypeMap())
      .filter(isObjectType)
      .filter(({ astNode }) => astNode?.directives?.some(({ name }) => name.value === "key"));
    const entities = (schema.getType("_Entity") as GraphQLUnionType).getTypes();
    expect(entities.map(({ name }) => name).toSorted()).toEqual(keyed.map(({ name }) => name).toSorted());
    expect(entities.length).toBeGreaterThan(2);
  });
});

describe("an entity behind a representation", () => {
  /** One object of each entity type, as an authorized viewer sees it; with users who may see them, and users who may not. */
  const scene = async () => {
    const { tenant, admin, bob } = await createTenantWithUsers(app);
    const colleague = await createMember(app, tenant);
    const { admin: stranger } = await createTenantWithUsers(app);
    const operator = await createMember(app, await createTenant(app), "OPERATOR");
    const things = [
      { __typename: "User", id: bob.id, email: bob.email },
      { __typename: "Session", id: bob.sessionId, endReason: null },
      { __typename: "Tenant", id: tenant.id, name: tenant.name },
    ];
    return { tenant, admin, bob, colleague, stranger, operator, things };
  };
  const keysOf = (things: readonly Reference[]) => things.map(({ __typename, id }) => ({ __typename, id }));

  it("is returned to its owner, to admins of the tenant and to operators", async () => {
    const { admin, bob, operator, things } = await scene();
    for (const { client } of [bob, admin, operator]) expect(await found(client, ...keysOf(things))).toEqual(things);
    // If this fails, a type has become an entity: add an object of it to `things`.
    const { schema } = app.app;
    const names = (schema.getType("_Entity") as GraphQLUnionType).getTypes().map(({ name }) => name);
    expect(names.toSorted()).toEqual(things.map(({ __typename }) => __typename).toSorted());
  });

  it("is null for all other users: of the same tenant, or of another one, including its admin", async () => {
    const { colleague, stranger, things } = await scene();
    expect(await found(colleague.client, ...keysOf(things))).toEqual([null, null, things[2]]);
    expect(await found(stranger.client, ...keysOf(things))).toEqual([null, null, null]);
  });

  it("is the same as what node returns, for every viewer and every type", async () => {
    const { things, ...people } = await scene();
    for (const { client } of [people.admin, people.bob, people.colleague, people.stranger, people.operator])
      for (const [n, { id }] of things.entries()) {
        const { node } = await client.ask("query ($id: ID!) { node(id: $id) { __typename id } }", { id });
        const [entity] = await found(client, ...keysOf(things.slice(n, n + 1)));
        expect(entity === null).toBe(node === null);
      }
  });

  it.each([
    "a caller without a token",
    "a login that waits for its second factor",
    "who has logged out",
    "who was suspended",
  ])("is not returned to %s", async (who) => {
    const { admin, bob, things } = await scene();
    const client = app.client();
    if (who.startsWith("a login")) client.accessToken = (await beginChallenge(app, bob)).token;
    if (who.startsWith("who")) client.accessToken = bob.client.accessToken;
    if (who.endsWith("logged out")) await bob.client.ask("mutation { logout { endedSessionId } }");
    if (who.endsWith("suspended"))
      await admin.client.ask("mutation ($id: ID!) { suspendUser(input: { userId: $id }) { user { id } } }", {
        id: bob.id,
      });
    const { data, errors } = await client.send(ENTITIES, { of: keysOf(things) });
    expect(errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED", status: 401 } }]);
    expect(data).toBeNull();
  });

  it("shows the same fields as elsewhere to the same viewer: an admin's own session is current, another user's is not", async () => {
    const { admin, bob } = await scene();
    const query = /* GraphQL */ `
      query ($of: [_Any!]!) {
        _entities(representations: $of) { ... on Session { current user { id mfa { enabled } tenant { name } } } }
      }
    `;
    const of = [bob, admin].map(({ sessionId: id }) => ({ __typename: "Session", id }));
    const seen = (id: string, current: boolean) => ({
      current,
      user: { id, mfa: { enabled: false }, tenant: { name: "Acme" } },
    });
    expect((await admin.client.ask(query, { of }))._entities).toEqual([seen(bob.id, false), seen(admin.id, true)]);
  });

  it("is returned in the requested order, as often as requested, with null for missing objects", async () => {
    const { admin, bob, things } = await scene();
    const [person, session, tenant] = things;
    const of = [ANONYMOUS, admin.sessionId, "", "no id", "../me", 7, "x".repeat(10_000)].map(user);
    expect(await found(admin.client, ...of)).toEqual(of.map(() => null));
    expect(
      await found(
        admin.client,
        { __typename: "Session", id: bob.sessionId },
        user(ANONYMOUS),
        user(bob.id),
        { __typename: "Tenant", id: tenant?.id },
        user(bob.id.toUpperCase()),
        // The id of a session is not the id of a user.
        user(bob.sessionId),
      ),
    ).toEqual([session, null, person, tenant, person, null]);
  });

  it("needs only the key: other fields that a router sends are ignored", async () => {
    const { bob, things } = await scene();
    const told = { ...user(bob.id), email: "mallory@example.com", roles: ["OPERATOR"], tenantId: ANONYMOUS };
    expect(await found(bob.client, told)).toEqual([things[0]]);
  });

  it("may be written inline in the operation, also with variables in it", async () => {
    const { bob } = await scene();
    const query = `query ($id: ID!) {
      _entities(representations: [{ __typename: "User", id: $id }, { __typename: "User", id: "${bob.id}" }]) { ... on User { email } }
    }`;
    const of = { email: bob.email };
    expect((await bob.client.ask(query, { id: bob.id }))._entities).toEqual([of, of]);
  });
});

describe("a representation that matches no entity", () => {
  const bad = (text: string): [string, unknown] => [text, JSON.parse(text)];

  it.each([
    bad('"User"'),
    bad("7"),
    bad("null"),
    bad("true"),
    bad("[]"),
    bad('[{ "__typename": "User", "id": "x" }]'),
    bad("{}"),
    bad('{ "id": "x" }'),
    bad('{ "__typename": "User" }'),
    bad('{ "__typename": "User", "id": null }'),
    bad('{ "__typename": "User", "id": {} }'),
    bad('{ "__typename": "User", "id": ["x"] }'),
    bad('{ "__typename": "User", "id": 1.5 }'),
    bad('{ "__typename": "user", "id": "x" }'),
    bad('{ "__typename": ["User"], "id": "x" }'),
    bad('{ "__typename": "Passkey", "id": "x" }'),
    bad('{ "__typename": "Order", "id": "x" }'),
    bad('{ "__typename": "Node", "id": "x" }'),
    bad('{ "__typename": "__proto__", "id": "x" }'),
    bad('{ "__typename": "constructor", "id": "x" }'),
    bad('{ "__typename": "User", "id": "a\\u0000b" }'),
  ])("is refused as bad input, with all representations beside it: %s", async (_, representation) => {
    const { bob } = await createTenantWithUsers(app);
    const { data, errors, status } = await bob.client.send(ENTITIES, { of: [user(bob.id), representation] });
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT", status: 400 } }]);
    expect(status).toBeLessThan(500);
    expect(data).toBeNull();
  });

  it("is identified by its path and never quoted", async () => {
    const { bob } = await createTenantWithUsers(app);
    const of = [user(bob.id), { __typename: "Canary", id: "x" }, user({ canary: "canary" })];
    const { fields } = await bob.client.refused(ENTITIES, { of });
    expect(fields?.map(({ path }) => path)).toEqual(["representations.1.__typename", "representations.2.id"]);
    const { text } = await post(
      app,
      { query: ENTITIES, variables: { of: ["canary"] } },
      { authorization: `Bearer ${bob.client.accessToken}` },
    );
    expect(text).toContain("BAD_USER_INPUT");
    expect(text + JSON.stringify(fields)).not.toMatch(/canary/i);
  });

  it.each([
    ["another prototype", '{ "__proto__": { "__typename": "User", "id": "x" } }', "BAD_REQUEST"],
    ["objects five thousand deep", `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`, "BAD_USER_INPUT"],
    [
      "lists five thousand deep",
      `{"__typename":"User","id":${"[".repeat(5_000)}${"]".repeat(5_000)}}`,
      "BAD_USER_INPUT",
    ],
  ])("is refused if it contains %s, in a body that no client library would send", async (_, representation, code) => {
    const { bob } = await createTenantWithUsers(app);
    const body = `{"query":${JSON.stringify(ENTITIES)},"variables":{"of":[${representation}]}}`;
    const { errors, text } = await post(app, body, { authorization: `Bearer ${bob.client.accessToken}` });
    expect(errors).toMatchObject([{ extensions: { code, status: 400 } }]);
    expect(JSON.parse(text).data ?? null).toBeNull();
  });

  it("is refused in an operation's text, too", async () => {
    const { bob } = await createTenantWithUsers(app);
    for (const literal of ['"User"', "[]", "null", '{ id: "x" }', '{ __proto__: { __typename: "User", id: "x" } }']) {
      const query = `{ _entities(representations: [${literal}]) { __typename } }`;
      expect(await bob.client.refused(query), literal).toMatchObject({ status: 400 });
    }
  });
});

describe("many representations", () => {
  it("are limited to a hundred", async () => {
    const { bob } = await createTenantWithUsers(app);
    const of = (length: number) => Array.from({ length }, () => user(bob.id));
    expect(await found(bob.client, ...of(100))).toHaveLength(100);
    expect(await bob.client.refused(ENTITIES, { of: of(101) })).toMatchObject({
      code: "BAD_USER_INPUT",
      fields: [{ path: "representations", message: expect.any(String) }],
    });
  });

  it("take one query for each type, like two of them, and so do their nested fields", async () => {
    const { tenant, admin } = await createTenantWithUsers(app);
    const people = await Promise.all(Array.from({ length: 60 }, () => addUser(app, tenant)));
    const sessions = await Promise.all(Array.from({ length: 3 }, () => createMember(app, tenant)));
    const asked = vi.spyOn(PostgresJsPreparedQuery.prototype, "execute");
    const costOf = async (query: string, of: readonly object[]): Promise<number> => {
      asked.mockClear();
      const { _entities } = await admin.client.ask(query, { of });
      expect(_entities).not.toContain(null);
      return asked.mock.calls.length;
    };
    const deep = /* GraphQL */ `
      query ($of: [_Any!]!) {
        _entities(representations: $of) { ... on User { id tenant { name } mfa { totpEnabled } sessions { nodes { id device { label } } } } }
      }
    `;
    const users = people.map(({ id }) => user(id));
    for (const query of [ENTITIES, deep]) {
      const [few, many] = [await costOf(query, users.slice(0, 2)), await costOf(query, users)];
      expect(many).toBe(few);
    }
    const one = await costOf(ENTITIES, users);
    const ofAllKinds = [
      ...users,
      ...sessions.map(({ sessionId: id }: SignedInUser) => ({ __typename: "Session", id })),
      { __typename: "Tenant", id: tenant.id },
    ];
    expect(await costOf(ENTITIES, ofAllKinds)).toBe(one + 2);
  });

  it("count toward the limit on the response size, like the rows of any list", async () => {
    const { bob } = await createTenantWithUsers(app);
    const within = "securityEvents(first: 100) { nodes { id type createdAt location { label } device { label } } }";
    const query = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { ${within} } } }`;
    expect(await bob.client.refused(query, { of: [user(bob.id)] })).toMatchObject({ code: "BAD_REQUEST" });
  });
});
