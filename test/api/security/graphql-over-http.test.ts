import { serverAudits } from "graphql-http";
import { beforeAll, describe, expect, it } from "vitest";
import { get, post } from "../../support/clients/raw.ts";
import { sharedTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
beforeAll(async () => {
  app = await sharedTestApp();
});

/**
 * Apollo Server deviates from the specification's SHOULD here: it responds with 400, not 200, to an operation that was never
 * executed, whatever the client accepts. This is intended, because proxies and monitoring then see the failure.
 */
const APOLLO_ANSWERS_400 = [
  "SHOULD use 200 status code on document parsing failure when accepting application/json",
  "SHOULD use 200 status code on document validation failure when accepting application/json",
  "SHOULD use a status code of 200 on variable coercion failure when accepting application/json",
];

describe("GraphQL over HTTP", () => {
  it("passes the specification's audit", async () => {
    const audits = serverAudits({ url: `${app.url}/graphql` });
    const results = await Promise.all(audits.map((audit) => audit.fn()));
    const named = (status: string) => results.filter((result) => result.status === status).map(({ name }) => name);
    expect(named("error")).toEqual([]);
    expect(named("warn").toSorted()).toEqual(APOLLO_ANSWERS_400.toSorted());
    expect(named("ok").length).toBeGreaterThan(40);
  });

  it("responds with application/graphql-response+json to a client that accepts it", async () => {
    const answer = await post(app, { query: "{ __typename }" }, { accept: "application/graphql-response+json" });
    expect(answer.headers.get("content-type")).toContain("application/graphql-response+json");
  });

  it("refuses a request whose client could not read the response", async () => {
    expect((await post(app, { query: "{ __typename }" }, { accept: "text/html" })).status).toBe(406);
  });

  it.each([
    ["no JSON", "{ nonsense"],
    ["nothing", ""],
    ["a text", '"{ __typename }"'],
    ["a number", "7"],
    ["null", "null"],
    ["no operation", "{}"],
    ["an operation that is not text", '{"query": {"kind": "Document"}}'],
    ["variables that are a text", '{"query": "{ __typename }", "variables": "{}"}'],
    ["variables that are a list", '{"query": "{ __typename }", "variables": []}'],
    ["an operation name that is a number", '{"query": "{ __typename }", "operationName": 7}'],
    ["an unknown operation name", '{"query": "query A { __typename }", "operationName": "B"}'],
    ["a prototype", '{"query": "{ __typename }", "__proto__": {"a": 1}}'],
    ["variables with a prototype", '{"query": "{ __typename }", "variables": {"__proto__": {"a": 1}}}'],
    ["a constructor's prototype", '{"query": "{ __typename }", "variables": {"constructor": {"prototype": {"a": 1}}}}'],
  ])("responds with BAD_REQUEST to %s", async (_, body) => {
    const { status, errors } = await post(app, body);
    expect(status).toBe(400);
    expect(errors).toMatchObject([{ extensions: { code: "BAD_REQUEST", status: 400 } }]);
    expect(({} as { a?: number }).a).toBeUndefined();
  });

  it.each([
    "mutation { logout { endedSessionId } }",
    "{ __typename }",
    "subscription { securityEventOccurred { id } }",
    "",
  ])("responds with 405 to GET of %j, and names the remedy", async (query) => {
    for (const extra of [{}, { "apollo-require-preflight": "1" }, { accept: "application/json" }]) {
      const { status, headers, errors } = await get(app, { query }, extra as Record<string, string>);
      expect(status).toBe(405);
      expect(headers.get("allow")).toBe("POST");
      expect(headers.get("cache-control")).toBe("no-store");
      expect(errors).toMatchObject([
        {
          message: expect.stringContaining("`preferGetMethod: false`"),
          extensions: { code: "BAD_REQUEST", status: 405 },
        },
      ]);
    }
  });

  it.each(["HEAD", "PUT", "PATCH", "DELETE"])("responds with 405 to %s", async (method) => {
    const response = await fetch(`${app.url}/graphql`, { method });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("POST");
  });

  it("responds to an address that cannot be decoded in the same form, without quoting it", async () => {
    const response = await fetch(`${app.url}/%zz-canary`);
    expect(response.status).toBe(400);
    const text = await response.text();
    expect(JSON.parse(text)).toMatchObject({ errors: [{ extensions: { code: "BAD_REQUEST", status: 400 } }] });
    expect(text).not.toContain("canary");
  });

  it("lets caches store no response, refused or not", async () => {
    const answers = [
      await post(app, { query: "{ __typename }" }),
      await post(app, { query: "{ me { id } }" }),
      await post(app, { query: "{" }),
      await post(app, "nonsense"),
      await post(app, "{}", { "content-type": "text/plain" }),
      await post(app, "{}", { "content-encoding": "gzip" }),
      await post(app, "#".repeat(100_000)),
      await get(app, { query: "{ __typename }" }, { "apollo-require-preflight": "1" }),
    ];
    for (const { headers } of answers) {
      expect(headers.get("cache-control")).toBe("no-store");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
  });
});
