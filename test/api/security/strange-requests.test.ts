import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, openRaw } from "../../support/clients/live.ts";
import { post, sendText } from "../../support/clients/raw.ts";
import { createUser } from "../../support/factories/tenants.ts";
import type { SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
let alice: SignedInUser;
beforeAll(async () => {
  app = await startTestApp({ settings: { SOCKETS_PER_ADDRESS: "1000" } });
  alice = await createUser(app);
});
afterAll(() => app.stop());

/** Runs of each property. */
const RUNS = { numRuns: 60 };

/** Asserts that no internal error was logged since then. */
const expectNoFaults = (logged: number) =>
  expect(app.logs.slice(logged).filter((line) => line.includes('"level":50'))).toEqual([]);

const QUERIES = [
  "{ __typename }",
  "mutation A($v: String!) { validateToken(input: { token: $v }) { valid } } query B { __typename }",
  "query ($first: Int = 1, $after: String) { me { id } securityEvents(first: $first, after: $after) { nodes { id } } }",
  "mutation ($input: LoginInput!) { login(input: $input) { __typename } }",
  "mutation ($input: LogoutInput) { logout(input: $input) { endedSessionId } }",
  "subscription ($b: Boolean!) { securityEventOccurred @include(if: $b) { id } }",
];

/** Values that programs send by mistake, and attackers on purpose. */
const strange = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(
    null,
    "",
    0,
    -1,
    1e308,
    true,
    [],
    {},
    [[]],
    "\u0000",
    "\ud800",
    "__proto__",
    "constructor",
    "toString",
  ),
  fc.string({ unit: "binary", maxLength: 200 }),
);

const names = fc.constantFrom("v", "first", "after", "input", "b", "__proto__", "constructor");
const variables = fc.oneof(strange, fc.dictionary(names, strange));

describe("over HTTP", () => {
  it("no body causes an internal error", async () => {
    const logged = app.logs.length;
    const bodies = fc.record(
      { query: fc.oneof(fc.constantFrom(...QUERIES), strange), operationName: strange, variables, extensions: strange },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(fc.oneof(bodies, strange), fc.boolean(), async (body, isSignedIn) => {
        const headers = isSignedIn ? { authorization: `Bearer ${alice.client.accessToken}` } : {};
        const { status, errors } = await post(app, JSON.stringify(body) ?? "", headers as Record<string, string>);
        expect(status).toBeLessThan(500);
        for (const { extensions } of errors) expect(extensions.code).not.toBe("INTERNAL_SERVER_ERROR");
      }),
      RUNS,
    );
    expectNoFaults(logged);
  });

  const body = '{"query":"{ __typename }"}';
  const requests: [string, string][] = [
    ["no Host", "GET /livez HTTP/1.1"],
    ["an old version without Host", "GET /livez HTTP/1.0"],
    ["an absolute address", "GET http://localhost/livez HTTP/1.1\r\nhost: localhost"],
    ["an absolute address of another host", "GET http://evil.test/dev/mailbox HTTP/1.1\r\nhost: localhost"],
    ["an asterisk", "OPTIONS * HTTP/1.1\r\nhost: localhost"],
    ["an unknown method", "BREW /graphql HTTP/1.1\r\nhost: localhost"],
    ["TRACE", "TRACE /graphql HTTP/1.1\r\nhost: localhost"],
    ["QUERY", "QUERY /graphql HTTP/1.1\r\nhost: localhost"],
    ["a path that cannot be decoded", "GET /%zz HTTP/1.1\r\nhost: localhost"],
    ["a path with NUL", "GET /dev/mailbox/%00 HTTP/1.1\r\nhost: localhost"],
    ["dots", "GET /dev/../../etc/passwd HTTP/1.1\r\nhost: localhost"],
    ["two slashes", "GET //evil.test/%2e%2e HTTP/1.1\r\nhost: localhost"],
    ["a long path", `GET /${"a".repeat(8_000)} HTTP/1.1\r\nhost: localhost`],
    ["two lengths", `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\ncontent-length: ${body.length}`],
    [
      "a length and chunks",
      "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-length: 3\r\ntransfer-encoding: chunked",
    ],
    ["an invalid length", "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-length: x"],
    ["a header without a name", "GET /livez HTTP/1.1\r\nhost: localhost\r\n: x"],
    ["a folded header", "GET /livez HTTP/1.1\r\nhost: localhost\r\nx: a\r\n b"],
    ["a header with NUL", "GET /livez HTTP/1.1\r\nhost: localhost\r\nx: \u0000"],
    [
      "an unknown expectation",
      "POST /graphql HTTP/1.1\r\nhost: localhost\r\nexpect: the-unexpected\r\ncontent-length: 0",
    ],
    ["a range", "GET /.well-known/jwks.json HTTP/1.1\r\nhost: localhost\r\nrange: bytes=0-1,5-"],
    ["odd types", "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: ;;;\r\ncontent-length: 0"],
    [
      "an unknown charset",
      "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json; charset=x\r\ncontent-length: 0",
    ],
    [
      "an odd Accept",
      "POST /graphql HTTP/1.1\r\nhost: localhost\r\naccept: ;q=x,,*\r\ncontent-type: application/json\r\ncontent-length: 0",
    ],
    [
      "odd cookies",
      "POST /graphql HTTP/1.1\r\nhost: localhost\r\ncookie: =;;%zz=%zz;__proto__=x\r\ncontent-type: application/json\r\ncontent-length: 0",
    ],
    [
      "an odd origin",
      "OPTIONS /graphql HTTP/1.1\r\nhost: localhost\r\norigin: ]:[\r\naccess-control-request-method: \r\naccess-control-request-headers: ,",
    ],
    ["odd addresses", "GET /livez HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: ,,999.1.1.1,[::"],
    ["an upgrade without a key", "GET /graphql HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket"],
    [
      "an upgrade of another version",
      "GET /graphql HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\nsec-websocket-version: 7\r\nsec-websocket-key: x",
    ],
    ["an upgrade by POST", "POST /graphql HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\ncontent-length: 0"],
  ];

  it.each(requests)("a request with %s gets a status below 500", async (_, head) => {
    const logged = app.logs.length;
    const connection = head.includes("upgrade:") ? "upgrade" : "close";
    const { status } = await sendText(app, `${head}\r\nconnection: ${connection}\r\n\r\n`);
    // Node closes some of them without a response.
    expect(status === 0 || (status >= 200 && status < 500)).toBe(true);
    expectNoFaults(logged);
  });
});

describe("over a WebSocket", () => {
  it("no message closes it with 4500, or causes an internal error", async () => {
    const logged = app.logs.length;
    const payload = fc.oneof(
      strange,
      fc.record(
        { query: fc.oneof(fc.constantFrom(...QUERIES), fc.string()), operationName: strange, variables },
        { requiredKeys: [] },
      ),
    );
    const type = fc.constantFrom(
      "connection_init",
      "subscribe",
      "complete",
      "ping",
      "pong",
      "next",
      "error",
      "x",
      7,
      null,
    );
    const id = fc.oneof(fc.constantFrom("a", "__proto__", "constructor", ""), strange);
    const message = fc.oneof(strange, fc.record({ type, id, payload }, { requiredKeys: ["type"] }));
    await fc.assert(
      fc.asyncProperty(
        fc.array(message, { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        async (messages, isSignedIn) => {
          const socket = await openRaw(app.url);
          socket.send({ type: "connection_init", payload: isSignedIn ? { token: alice.client.accessToken } : {} });
          await eventually(() => socket.messages.length > 0 || socket.closed, "the acknowledgement");
          for (const one of messages) socket.send(JSON.stringify(one));
          socket.send({ type: "ping", payload: { last: true } });
          const isLast = ({ type, payload }: { type: string; payload?: { last?: boolean } }) =>
            type === "pong" && payload?.last;
          await eventually(() => socket.closed || socket.messages.some(isLast), "the answer");
          expect(socket.closed?.code).not.toBe(4500);
          socket.socket.terminate();
        },
      ),
      RUNS,
    );
    expectNoFaults(logged);
  });

  it.each([
    null,
    [],
    "x",
    7,
    { headers: [] },
    { headers: "x" },
    { token: {} },
    { accessToken: ["x"] },
    { authorization: { a: 1 } },
  ])("connection_init with %j is accepted without authentication or refused", async (payload) => {
    const logged = app.logs.length;
    const socket = await openRaw(app.url);
    socket.send({ type: "connection_init", payload });
    await eventually(() => socket.messages.length > 0 || socket.closed, "an answer");
    if (socket.closed) expect([4400, 4403]).toContain(socket.closed.code);
    socket.socket.terminate();
    expectNoFaults(logged);
  });
});
