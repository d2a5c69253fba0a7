import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { get, post } from "../../support/clients/raw.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { LOGIN, logIn } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

const FRONTEND = "https://app.example.com";
const CONSOLE = "https://admin.example.com:8443";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: { CORS_ORIGINS: `${FRONTEND}, ${CONSOLE}` } });
});
afterAll(() => app.stop());

const REFRESH = "mutation { refreshToken { tokens { accessToken refreshToken } } }";

/** A user whose browser keeps the refresh token in its cookie. */
const browser = async () => {
  const alice = await createUser(app);
  const client = app.client();
  await logIn(client, alice.email, alice.password, { transport: "COOKIE" });
  return { ...alice, client, cookie: [...client.cookies].map((pair) => pair.join("=")).join("; ") };
};

describe("a page of another site", () => {
  // What a form, an image or `fetch` in no-cors mode can send without a preflight.
  it.each([
    "text/plain",
    "text/plain;charset=UTF-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
  ])("cannot post %s", async (type) => {
    const { client, cookie } = await browser();
    const { status, errors } = await post(app, JSON.stringify({ query: REFRESH }), { "content-type": type, cookie });
    expect([400, 415]).toContain(status);
    expect(errors).toMatchObject([{ extensions: { code: "BAD_REQUEST" } }]);
    await client.ask(REFRESH);
  });

  it("cannot post without a content type", async () => {
    const { cookie } = await browser();
    const { status } = await post(app, new TextEncoder().encode(JSON.stringify({ query: REFRESH })), {
      "content-type": "",
      cookie,
    });
    expect([400, 415]).toContain(status);
  });

  it("cannot run a mutation by GET, nor read the result of a query", async () => {
    const { cookie } = await browser();
    expect((await get(app, { query: REFRESH }, { cookie })).status).toBe(405);
    expect((await get(app, { query: REFRESH }, { cookie, "apollo-require-preflight": "1" })).status).toBe(405);
    const { status, headers, text } = await get(app, { query: "{ authSettings { registration } }" }, { cookie });
    expect(status).toBe(405);
    expect(headers.get("allow")).toBe("POST");
    expect(text).toContain("`preferGetMethod: false`");
    expect(text).not.toContain("OPEN");
  });

  const strangers = [
    "null",
    "https://evil.test",
    "http://app.example.com",
    "https://app.example.com:444",
    "https://app.example.com.evil.test",
    "https://evil-app.example.com",
    "https://appXexample.com",
    "https://sub.app.example.com",
    "https://app.example.com@evil.test",
    "https://APP.example.com",
    "file://",
    "http://localhost:3000",
    "https://studio.apollographql.com",
  ];

  it.each(strangers)("from %s may not read the response", async (origin) => {
    const { headers } = await post(app, { query: "{ __typename }" }, { origin });
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect(headers.get("vary")).toMatch(/origin/i);
  });

  it.each(strangers)("from %s is refused by its preflight, with the name of the setting", async (origin) => {
    const answer = await preflight(origin);
    const { status, headers } = answer;
    expect(headers.get("access-control-allow-origin")).toBeNull();
    expect(status).toBe(403);
    expect(await answer.json()).toMatchObject({
      errors: [{ message: expect.stringContaining("CORS_ORIGINS"), extensions: { code: "FORBIDDEN" } }],
    });
  });
});

describe("an allowed page", () => {
  it.each([FRONTEND, CONSOLE])("at %s may call with credentials", async (origin) => {
    const asked = await preflight(origin);
    expect(asked.status).toBe(204);
    expect(asked.headers.get("access-control-allow-origin")).toBe(origin);
    expect(asked.headers.get("access-control-allow-credentials")).toBe("true");
    expect(asked.headers.get("access-control-allow-headers")).toMatch(/authorization.*content-type/);
    expect(asked.headers.get("vary")).toMatch(/origin/i);
    const { headers } = await post(app, { query: "{ __typename }" }, { origin });
    expect(headers.get("access-control-allow-origin")).toBe(origin);
    expect(headers.get("access-control-allow-credentials")).toBe("true");
    expect(headers.get("access-control-expose-headers")).toContain("retry-after");
  });

  it("may send any headers for tracing", async () => {
    const wanted = "sentry-trace,baggage,traceparent,tracestate,x-datadog-trace-id,x-datadog-parent-id,x-anything";
    const { status, headers } = await preflight(FRONTEND, wanted);
    expect(status).toBe(204);
    expect(headers.get("access-control-allow-headers")).toBe(wanted);
    expect(headers.get("vary")).toMatch(/access-control-request-headers/i);
  });

  it("may also read why it was refused", async () => {
    const { headers } = await post(app, "nonsense", { origin: FRONTEND });
    expect(headers.get("access-control-allow-origin")).toBe(FRONTEND);
  });
});

describe("cookies", () => {
  it("are bound to the host, to HTTPS, to our pages, and not readable by scripts", async () => {
    const alice = await createUser(app);
    const input = { identifier: alice.email, password: alice.password, transport: "COOKIE" };
    const { headers, text } = await post(app, { query: LOGIN, variables: { input } });
    const cookies = headers.getSetCookie();
    expect(cookies).toHaveLength(2);
    for (const cookie of cookies) {
      expect(cookie).toMatch(/^__Host-portcullis_(refresh|device)=/);
      const attributes = cookie
        .split(";")
        .slice(1)
        .map((attribute) => attribute.trim().split("=")[0]);
      expect(attributes.toSorted()).toEqual(["Expires", "HttpOnly", "Path", "SameSite", "Secure"]);
      expect(cookie).toContain("; Path=/;");
      expect(cookie).toContain("SameSite=Strict");
      expect(text).not.toContain(cookie.split(/[=;]/)[1]);
    }
  });

  it("are cleared with the same attributes as they were set, when the session ends", async () => {
    const { client } = await browser();
    const { headers } = await client.send("mutation { logout { endedSessionId } }");
    expect(headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^__Host-portcullis_refresh=;.*Path=\/;.*Expires=Thu, 01 Jan 1970.*HttpOnly; Secure; SameSite=Strict/,
      ),
    ]);
  });

  it("are not set for a client that requests its tokens in the body", async () => {
    const alice = await createUser(app);
    const input = { identifier: alice.email, password: alice.password };
    expect((await post(app, { query: LOGIN, variables: { input } })).headers.getSetCookie()).toEqual([]);
  });

  it("do not authenticate: an access token is sent by scripts only", async () => {
    const { cookie } = await browser();
    const { errors } = await post(app, { query: "{ me { id } }" }, { cookie });
    expect(errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED" } }]);
  });
});

const preflight = (origin: string, headers = "authorization,content-type"): Promise<Response> =>
  fetch(`${app.url}/graphql`, {
    method: "OPTIONS",
    headers: {
      origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": headers,
    },
  });
