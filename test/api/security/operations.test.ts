import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { sql } from "drizzle-orm";
import { getIntrospectionQuery, getNamedType, isInputObjectType } from "graphql";
import { beforeAll, describe, expect, it } from "vitest";
import { post } from "../../support/clients/raw.ts";
import { rootFieldsOf } from "../../support/clients/root-fields.ts";
import { createUser, createUserAs } from "../../support/factories/tenants.ts";
import { newEmail, newPassword } from "../../support/factories/users.ts";
import { sharedTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
let dripping: ReturnType<typeof drip>;
beforeAll(async () => {
  app = await sharedTestApp();
  // They take some time while the other tests run.
  dripping = drip(app);
});

const times = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => make(i)).join(" ");
const nested = (levels: number, open: string, core: string): string =>
  `${open.repeat(levels)}${core}${"}".repeat(levels)}`;

describe("an expensive operation", () => {
  it.each([
    ["is deep", nested(11, "{ me ", "{ id }")],
    ["is deeper than any stack", "{ a ".repeat(15_000)],
    ["has a deep value", `mutation { validateToken(input: { token: ${"[".repeat(30_000)} }) { valid } }`],
    ["is circular", "{ me { sessions { nodes { user { sessions { nodes { id } } } } } } }"],
    [
      "has a cycle of fragments",
      "{ me { ...A } } fragment A on User { sessions { nodes { ...B } } } fragment B on Session { user { sessions { nodes { id } } } }",
    ],
    [
      "has a fragment that spreads itself",
      "{ me { ...A } } fragment A on User { sessions { nodes { user { ...A } } } }",
    ],
    [
      "has a cycle through inline fragments",
      "{ me { sessions { nodes { ... on Session { user { ... on User { sessions { nodes { id } } } } } } } } }",
    ],
    [
      "has a cycle through login",
      'mutation { login(input: { identifier: "a", password: "b" }) { ... on LoginSuccess { evictedSessions { user { sessions { nodes { id } } } } } } }',
    ],
    ["is wide", `{ me { ${times(1_000, () => "id")} } }`],
    ["is wide because of aliases", `{ ${times(16, (i) => `a${i}: me { id }`)} }`],
    [
      "is wide because of aliases in a fragment",
      `{ me { ...A } } fragment A on User { ${times(16, (i) => `a${i}: id`)} }`,
    ],
    [
      "has long lists",
      `query ($n: Int!) { users(first: $n) { ${times(14, (i) => `a${i}: nodes { sessions { nodes { id createdAt expiresAt device { label os browser } } } }`)} } }`,
    ],
    [
      "doubles with each fragment",
      `{ me { ...F0 } } ${times(60, (i) => `fragment F${i} on User { ...F${i + 1} ...F${i + 1} }`)} fragment F60 on User { id }`,
    ],
    ["has too many directives", `{ ${times(30, (i) => `me @include(if: true) { id @skip(if: false) } # ${i}\n`)} }`],
    ["repeats a directive", `{ me ${"@include(if: true)".repeat(150)} { id } }`],
    [
      "is a deep introspection query",
      `{ __schema { types ${nested(6, "{ fields { type ", "{ name }")}${"}".repeat(6)} } }`,
    ],
    ["declares a thousand variables", `query (${times(400, (i) => `$v${i}: String`)}) { me { id } }`],
    ["is a long name", `{ ${"a".repeat(60_000)} }`],
    ["is one long comment", `#${"a".repeat(60_000)}`],
  ])("is refused early if it %s", async (_, query) => {
    const alice = await createUser(app);
    const { status, errors } = await post(
      app,
      { query, variables: { n: 100 } },
      { authorization: `Bearer ${alice.client.accessToken}` },
    );
    expect(status).toBe(400);
    expect(errors.length).toBeGreaterThan(0);
    for (const { extensions } of errors) expect(extensions.code).toBe("BAD_REQUEST");
  });

  it("with deep variables is refused like any with variables of the wrong type", async () => {
    const deep = `${"[".repeat(30_000)}${"]".repeat(30_000)}`;
    const { status, errors } = await post(
      app,
      `{"query": "mutation ($t: String!) { validateToken(input: { token: $t }) { valid } }", "variables": {"t": ${deep}}}`,
    );
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
  });

  it("of a megabyte is not read completely", async () => {
    const { status, errors } = await post(app, { query: `{ me { ${"id ".repeat(350_000)} } }` });
    expect(status).toBe(413);
    expect(errors).toMatchObject([{ extensions: { code: "BAD_REQUEST", status: 413 } }]);
  });

  it("as a gzip bomb is refused, and nothing is decompressed", async () => {
    const bomb = gzipSync(Buffer.alloc(50_000_000, " "));
    const { status } = await post(app, new Uint8Array(bomb), { "content-encoding": "gzip" });
    expect(status).toBe(415);
  });

  it.each([0, 1, 2, 500])("in a batch of %i is refused", async (length) => {
    const { status, errors } = await post(
      app,
      Array.from({ length }, () => ({ query: "{ __typename }" })),
    );
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ extensions: { code: "BAD_REQUEST" } }]);
  });
});

describe("an operation of a real client", () => {
  const DEVICE = "device { label browser os type trusted } location { label city countryCode }";
  const SESSION = `id ipAddress authenticatedWith createdAt lastActivityAt expiresAt current endedAt endReason ${DEVICE}`;
  const USER = `id email emailVerified username name locale status isOperator hasPassword lastLoginAt createdAt
    tenant { id name status policy { registration maxSessions passwordMinLength secondFactor } }
    sessions { nodes { ${SESSION} } }`;

  it("is accepted: everything about the caller's account", async () => {
    const { client } = await createUser(app);
    await client.ask(
      `query Account { me { ${USER} } sessions { ${SESSION} user { id email } } securityEvents { nodes { id type occurredAt ${DEVICE} ... on LoginSucceededEvent { sessionId methods newDevice } ... on SessionEndedEvent { sessionId endReason } } pageInfo { hasNextPage endCursor } } }`,
    );
  });

  it("is accepted: an admin's console with a full page", async () => {
    const { client } = await createUserAs(app, "ADMIN");
    const query = `query Console($first: Int!) { users(first: $first) { edges { cursor node { __typename ${USER} } } pageInfo { hasNextPage endCursor } } }`;
    await client.ask(query, { first: 100 });
    await client.ask(
      `{ allSessions(first: 100) { nodes { ${SESSION} user { id email tenant { name } } } } loginAttempts(first: 100) { nodes { id identifier outcome risk { score level signals { kind points } } user { id email } ${DEVICE} } } }`,
    );
  });

  it("is accepted: the introspection query of tools, in development", async () => {
    const { status, errors } = await post(app, {
      query: getIntrospectionQuery({
        descriptions: true,
        specifiedByUrl: true,
        directiveIsRepeatable: true,
        schemaDescription: true,
        inputValueDeprecation: true,
        oneOf: true,
      }),
    });
    expect(errors).toEqual([]);
    expect(status).toBe(200);
  });
});

describe("a credential", () => {
  const attemptsOn = async (identifier: string): Promise<number> =>
    (
      await app.app.db.execute(
        sql`select from login_attempts where identifier = ${app.app.unknownIdentifiers.digest(identifier)}`,
      )
    ).length;

  const guess = (identifier: string) =>
    `login(input: { identifier: "${identifier}", password: "${newPassword()}" }) { __typename }`;

  const CARRIERS: [string, (field: () => string) => string][] = [
    ["two aliases", (field) => `mutation { a: ${field()} b: ${field()} }`],
    ["a field twice", (field) => `mutation { ${field()} ${field()} }`],
    ["a fragment", (field) => `mutation { a: ${field()} ...F } fragment F on Mutation { b: ${field()} }`],
    [
      "fragments in fragments",
      (field) =>
        `mutation { ...F } fragment F on Mutation { a: ${field()} ...G } fragment G on Mutation { b: ${field()} }`,
    ],
    ["inline fragments", (field) => `mutation { ... { a: ${field()} } ... on Mutation { b: ${field()} } }`],
    [
      "fragments within inline fragments",
      (field) =>
        `mutation { ... { ... on Mutation { ...F } } a: ${field()} } fragment F on Mutation { ... { b: ${field()} } }`,
    ],
    [
      "directives",
      (field) => `mutation ($yes: Boolean = true) { a: ${field()} ... @include(if: $yes) { b: ${field()} } }`,
    ],
    ["directives that leave it out", (field) => `mutation { a: ${field()} ... @skip(if: true) { b: ${field()} } }`],
    [
      "another kind of credential",
      (field) => `mutation { a: ${field()} b: verifyEmail(input: { token: "x" }) { __typename } }`,
    ],
    [
      "the second operation of a document",
      (field) => `mutation A { a: ${field()} } mutation B { a: ${field()} b: ${field()} }`,
    ],
  ];

  it.each(CARRIERS)("is verified once per operation: not by %s", async (_, carry) => {
    const identifier = newEmail();
    const query = carry(() => guess(identifier));
    const { status, errors } = await post(app, { query, operationName: query.includes("mutation B") ? "B" : null });
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ extensions: { code: "BAD_REQUEST" } }]);
    expect(await attemptsOn(identifier)).toBe(0);
  });

  it("is verified once if a document has several operations, because only the named one runs", async () => {
    const identifier = newEmail();
    const query = times(10, (i) => `mutation M${i} { ${guess(identifier)} }`);
    expect((await post(app, { query })).status).toBe(400);
    expect(await attemptsOn(identifier)).toBe(0);
    await post(app, { query, operationName: "M7" });
    expect(await attemptsOn(identifier)).toBe(1);
  });

  it("is not verified in a batch", async () => {
    const identifier = newEmail();
    await post(
      app,
      Array.from({ length: 10 }, () => ({ query: `mutation { ${guess(identifier)} }` })),
    );
    expect(await attemptsOn(identifier)).toBe(0);
  });

  it("is marked as one: every mutation that takes a password, code, token or challenge declares that it verifies it", () => {
    /** The field is a new password, or another system's, and proves nothing here; or the challenge is chosen by the caller. */
    const unweighed = ["register", "onboardTenant", "updateSapConnection", "startSocialLogin"];
    const weighing = rootFieldsOf(app.app.schema)
      .filter(({ kind, name }) => kind === "mutation" && !unweighed.includes(name))
      .filter(({ field }) =>
        field.args
          .flatMap((arg) => {
            const type = getNamedType(arg.type);
            return isInputObjectType(type) ? Object.keys(type.getFields()) : [arg.name];
          })
          .some((name) => /password$|code$|token$|challenge/i.test(name) && !/^(newPassword|deviceToken)$/.test(name)),
      );
    expect(weighing.length).toBeGreaterThan(5);
    expect(weighing.filter(({ field }) => field.extensions.provesCredential !== true).map(({ name }) => name)).toEqual(
      [],
    );
  });
});

describe("a slow client", () => {
  it.each(["headers", "body"] as const)("is disconnected while it sends its %s", async (part) => {
    // The client would continue forever; the test shows that the connection ends.
    const answer = await dripping[part];
    expect(answer === "" || answer.startsWith("HTTP/1.1 408")).toBe(true);
  });
});

/** Sends an endless request a few bytes at a time; returns what was received when the server closed the connection. */
const drip = ({ url }: TestApp) => {
  const { hostname, port } = new URL(url);
  const open = async (head: string, drop: string): Promise<string> => {
    const socket: Socket = connect(Number(port), hostname);
    let answer = "";
    socket.on("data", (chunk) => {
      answer += chunk;
    });
    // The test writes to a connection that the server has closed on purpose.
    socket.on("error", () => {});
    socket.write(head);
    const dripper = setInterval(() => socket.write(drop), 500);
    // Not events.once, which rejects on the error.
    await new Promise((closed) => socket.once("close", closed));
    clearInterval(dripper);
    return answer;
  };
  return {
    headers: open("POST /graphql HTTP/1.1\r\nhost: localhost\r\n", "x-more: of it\r\n"),
    body: open(
      "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 60000\r\n\r\n{",
      " ",
    ),
  };
};
