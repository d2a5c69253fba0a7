import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

/** One request for each kind of response: data, pages, assets, errors of the router, of GraphQL and of HTTP. */
const RESPONSES: readonly (readonly [string, string, RequestInit])[] = [
  ["a GraphQL response", "/graphql", post('{"query":"{__typename}"}')],
  ["an operation that is refused", "/graphql", post('{"query":"{nothing}"}')],
  ["a body that is not JSON", "/graphql", post("{")],
  ["an unknown path", "/nothing", {}],
  ["the key set", "/.well-known/jwks.json", {}],
  ["the liveness probe", "/livez", {}],
  ["the readiness probe", "/readyz", {}],
  ["the metrics", "/metrics", {}],
  ["a link page", "/verify-email", {}],
  ["the script of the link pages", "/link-pages/link-page.js", {}],
];

function post(body: string): RequestInit {
  return { method: "POST", headers: { "content-type": "application/json" }, body };
}

describe("security headers", () => {
  let app: TestApp;
  let plain: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ settings: { PUBLIC_URL: "https://id.example.test" } });
    plain = await startTestApp();
  });
  afterAll(() => Promise.all([app.stop(), plain.stop()]));

  it.each(RESPONSES)("are sent with %s", async (_: string, path: string, init: RequestInit) => {
    const { headers } = await fetch(new URL(path, app.url), init);
    expect(headers.get("strict-transport-security")).toBe("max-age=31536000; includeSubDomains");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("base-uri 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
  });

  it.each(RESPONSES)(
    "name the content type and its charset with %s",
    async (_: string, path: string, init: RequestInit) => {
      const response = await fetch(new URL(path, app.url), init);
      if ((await response.text()) === "") return;
      // JSON types have no charset parameter: they are always UTF-8 (RFC 8259, section 8.1).
      expect(response.headers.get("content-type")).toMatch(/charset=utf-8|^application\/jwk-set\+json$/);
    },
  );

  it("do not force TLS on an installation without it", async () => {
    const { headers } = await fetch(new URL("/livez", plain.url));
    expect(headers.get("strict-transport-security")).toBeNull();
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });
});
