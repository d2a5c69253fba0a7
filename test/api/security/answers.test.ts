import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { present } from "../../support/clients/narrow.ts";
import { post } from "../../support/clients/raw.ts";
import { createUser, createUserAs } from "../../support/factories/tenants.ts";
import { newEmail, newPassword } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const times = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join(" ");

describe("an operation with many errors", () => {
  it.each([
    ["10 unknown directives", `{ __typename ${times(10, (i) => `@unknown${i}`)} }`],
    ["200 levels", `${"{ a ".repeat(200)}${"}".repeat(200)}`],
    ["300 unknown fields", `{ ${times(300, (i) => `field${i}`)} }`],
    ["101 aliases of __typename", `{ ${times(101, (i) => `a${i}: __typename`)} }`],
    [
      "101 aliases of __typename in a fragment",
      `{ ...F } fragment F on Query { ${times(101, (i) => `a${i}: __typename`)} }`,
    ],
    ["100 unused fragments", `{ __typename } ${times(100, (i) => `fragment F${i} on Query { __typename }`)}`],
    ["100 unknown variables", `{ ${times(100, (i) => `validateToken(token: $v${i}) { valid }`)} }`],
  ])("such as %s gets only the first few", async (_, query) => {
    const logged = app.logs.length;
    const { status, errors, text } = await post(app, { query });
    expect(status).toBe(400);
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.length).toBeLessThanOrEqual(5);
    expect(text.length).toBeLessThan(4_000);
    const lines = app.logs.slice(logged).filter((line) => line.includes("/graphql") || line.includes("reqId"));
    expect(lines.join("").length).toBeLessThan(1_000);
  });

  it("that fails unexpectedly in many places gets the first twenty, and is logged three times", async () => {
    const { client, id } = await createUser(app);
    await app.app.db.execute(
      sql`insert into sessions select (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid()))).* from sessions s, generate_series(1, 60) where s.user_id = ${id}`,
    );
    await app.app.db.execute(sql`alter table tenants rename to mislaid`);
    const logged = app.logs.length;
    try {
      const { errors } = await client.send("{ sessions { user { tenant { name } } } }");
      expect(errors.length).toBeGreaterThan(0);
      expect(errors.length).toBeLessThanOrEqual(20);
    } finally {
      await app.app.db.execute(sql`alter table mislaid rename to tenants`);
    }
    const lines = app.logs.slice(logged).filter((line) => line.includes('"level":50'));
    expect(lines.length).toBeLessThanOrEqual(3);
  });
});

describe("timings of resolvers", () => {
  it.each(["ftv1", "ftv2"])(
    "are not returned, whatever the value of apollo-federation-include-trace: %s",
    async (value) => {
      const { text } = await post(app, { query: "{ __typename }" }, { "apollo-federation-include-trace": value });
      expect(JSON.parse(text)).toEqual({ data: { __typename: "Query" } });
    },
  );
});

describe("a response", () => {
  it("of more than 2 MB is refused", async () => {
    const { client, id } = await createUser(app);
    const label = (characters: number) =>
      app.app.db.execute(
        sql`update sessions set device = jsonb_set(device, '{label}', to_jsonb(repeat('é', ${characters}::int))) where user_id = ${id}`,
      );
    const query = "{ sessions { device { label } } }";
    await label(1_048_000);
    expect(present((await client.ask(query)).sessions[0]).device.label).toHaveLength(1_048_000);
    await label(1_049_000);
    const { status, data, errors } = await client.send(query);
    expect({ status, data }).toEqual({ status: 400, data: null });
    expect(errors).toMatchObject([{ message: expect.stringContaining("2 MB"), extensions: { code: "BAD_REQUEST" } }]);
  });

  it("pages the sessions of a user, 10 by default, and its cost counts them", async () => {
    const admin = await createUserAs(app, "ADMIN");
    const { id } = await createUser(app);
    await app.app.db.execute(
      sql`insert into sessions select (jsonb_populate_record(s, jsonb_build_object('id', gen_random_uuid()))).* from sessions s, generate_series(1, 150) where s.user_id = ${id}`,
    );
    const count = async (args: string) => {
      const { user } = await admin.client.ask<string>(
        `query ($id: ID!) { user(id: $id) { sessions${args} { nodes { id } } } }`,
        {
          id,
        },
      );
      return user.sessions.nodes.length;
    };
    expect(await count("")).toBe(10);
    expect(await count("(first: 100)")).toBe(100);
    for (const first of [0, 101, -1])
      expect(await admin.client.refused(`{ me { sessions(first: ${first}) { nodes { id } } } }`)).toMatchObject({
        code: "BAD_USER_INPUT",
        fields: [{ path: "first" }],
      });
    const fields = "id ipAddress createdAt lastActivityAt expiresAt endedAt endReason current";
    const costly = `{ users(first: 100) { nodes { id sessions(first: 100) { nodes { ${fields} } } } } }`;
    expect(await admin.client.refused(costly)).toMatchObject({ code: "BAD_REQUEST" });
    await admin.client.ask(costly.replace("sessions(first: 100)", "sessions(first: 10)"));
    // The limit is that of the schema, however many end.
    const { revokeUserSessions } = await admin.client.ask(
      "mutation ($id: ID!) { revokeUserSessions(input: { userId: $id }) { endedSessions { id } } }",
      { id },
    );
    expect(revokeUserSessions.endedSessions).toHaveLength(100);
    expect(await count("")).toBe(0);
  });
});

describe("an invalid input", () => {
  it.each([
    [
      "an enum",
      'mutation { login(input: { identifier: "a", password: "b", transport: COOKIES }) { __typename } }',
      ["input.transport"],
    ],
    ["a scalar", 'mutation { register(input: { email: "nope", password: "x" }) { next } }', ["input.email"]],
    [
      "an address of a page",
      'mutation { startSocialLogin(input: { provider: "a", redirectUri: "nope" }) { __typename } }',
      ["input.redirectUri"],
    ],
    [
      "a text",
      "mutation { login(input: { identifier: 7, password: true }) { __typename } }",
      ["input.identifier", "input.password"],
    ],
    ["a missing field", 'mutation { login(input: { identifier: "a" }) { __typename } }', ["input.password"]],
    [
      "an unknown field",
      'mutation { login(input: { identifier: "a", password: "b", passwort: "c" }) { __typename } }',
      ["input.passwort"],
    ],
    ["a missing argument", "mutation { login { __typename } }", ["input"]],
    ["null", "mutation { login(input: null) { __typename } }", ["input"]],
    [
      "an item of a list",
      "{ securityEvents(filter: { types: [LOGIN_SUCCEEDED, NOTHING] }) { nodes { id } } }",
      ["filter.types[1]"],
    ],
    [
      "several fields",
      'mutation { register(input: { email: "nope", password: 7, username: false, wish: 1 }) { next } }',
      ["input.email", "input.password", "input.username", "input.wish"],
    ],
    ["a default", 'query ($n: Int = "x") { users(first: $n) { nodes { id } } }', ["n"]],
  ])("written inline, such as %s, reports each field", async (_, query, paths) => {
    const { status, errors } = await post(app, { query });
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ message: "The input is not valid.", extensions: { code: "BAD_USER_INPUT" } }]);
    const fields = errors[0]?.extensions.fields ?? [];
    expect(fields.map(({ path }) => path).toSorted()).toEqual(paths);
    for (const { message } of fields) expect(message).toMatch(/^(Use|A value|Field)/);
  });

  it("reports the same fields inline as in variables", async () => {
    const input = { email: "nope", password: 7, transport: "COOKIES", username: [] };
    const asVariables = await post(app, {
      query: "mutation ($input: RegisterInput!) { register(input: $input) { next } }",
      variables: { input },
    });
    const inline = await post(app, {
      query: 'mutation { register(input: { email: "nope", password: 7, transport: COOKIES, username: [] }) { next } }',
    });
    const pathsOf = ({ errors }: typeof inline) =>
      errors.map(({ extensions }) => extensions.fields?.map(({ path }) => path).toSorted());
    expect(pathsOf(inline)).toHaveLength(1);
    expect(pathsOf(inline)).toEqual(pathsOf(asVariables));
  });

  it("has no effect", async () => {
    const email = newEmail();
    await post(app, {
      query: `mutation { register(input: { email: "${email}", password: "${newPassword()}", wish: 1 }) { next } }`,
    });
    expect(await app.app.db.execute(sql`select 1 from users where email = ${email}`)).toHaveLength(0);
  });
});

describe("common mistakes of clients", () => {
  it.each(["", null, undefined])("an operationName of %j counts as absent", async (operationName) => {
    expect((await post(app, { query: "{ __typename }", operationName })).text).toBe(
      '{"data":{"__typename":"Query"}}\n',
    );
    const two = await post(app, { query: "query A { __typename } query B { __typename }", operationName });
    expect(two).toMatchObject({ status: 400, errors: [{ extensions: { code: "BAD_REQUEST" } }] });
  });

  it.each(["gzip, chunked", "chunked, chunked", "identity, chunked", "x"])(
    "a body with the transfer coding %s is refused",
    async (coding) => {
      const body = '{"query":"{ __typename }"}';
      const { sendText } = await import("../../support/clients/raw.ts");
      const { status } = await sendText(
        app,
        `POST /graphql HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: ${coding}\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
      );
      expect([400, 415]).toContain(status);
    },
  );

  it.each([
    ["a variable", "subscription ($b: Boolean!) { securityEventOccurred @include(if: $b) { id } }", { b: true }],
    ["a literal", "subscription { securityEventOccurred @skip(if: false) { id } }", {}],
    ["an absent variable", "subscription ($b: Boolean!) { securityEventOccurred @skip(if: $b) { id } }", {}],
    ["an undeclared variable", "subscription { securityEventOccurred @skip(if: $b) { id } }", {}],
    [
      "an inline fragment",
      "subscription ($b: Boolean!) { ... @include(if: $b) { securityEventOccurred { id } } }",
      { b: true },
    ],
    [
      "a fragment",
      "subscription ($b: Boolean!) { ...F } fragment F on Subscription { securityEventOccurred @include(if: $b) { id } }",
      { b: true },
    ],
    ["no condition", "subscription { securityEventOccurred { id } }", {}],
  ])("a subscription with %s is BAD_REQUEST", async (_, query, variables) => {
    const logged = app.logs.length;
    const { status, errors } = await post(app, { query, variables });
    expect(status).toBe(400);
    expect(errors).toMatchObject([
      { message: expect.stringContaining("WebSocket"), extensions: { code: "BAD_REQUEST" } },
    ]);
    expect(app.logs.slice(logged).join("")).not.toContain('"level":50');
  });

  it("a query about subscriptions is treated as a query", async () => {
    const query = '{ __type(name: "subscription") { name } subscription: __typename }';
    expect((await post(app, { query })).status).toBe(200);
  });
});
