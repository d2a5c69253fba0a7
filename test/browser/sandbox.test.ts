import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { LOGIN, signUp } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { launchChromium, visit } from "../support/servers/chromium.ts";
import { describeIf } from "../support/servers/index.ts";
import { findFreePort } from "../support/servers/ports.ts";

const PRODUCTION = {
  NODE_ENV: "production",
  PUBLIC_URL: "https://id.example.com",
  MAIL_FROM: "Portcullis <no-reply@example.com>",
  SECRET_KEYS: `k1:${randomBytes(32).toString("base64")}`,
  CORS_ORIGINS: "https://app.example.com",
};

const REFRESH = "mutation { refreshToken { tokens { accessToken refreshToken } } }";

/** With `clientAwareness`, as the documentation of Apollo Client recommends. */
const APOLLO_CLIENT_HEADERS: Record<string, string> = {
  accept: "application/graphql-response+json,application/json;q=0.9",
  "content-type": "application/json",
  "apollographql-client-name": "web",
  "apollographql-client-version": "1.2.3",
};

const getPage = (app: TestApp, path = "/graphql") => fetch(app.url + path, { headers: { accept: "text/html" } });

describe("a production server", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ settings: PRODUCTION });
  });
  afterAll(() => app?.stop());

  it("has no Sandbox, no mailbox and no introspection", async () => {
    const answer = await getPage(app);
    expect(answer.status).toBe(405);
    expect(answer.headers.get("content-type")).toContain("application/json");
    for (const path of ["/dev/mailbox", "/dev/mailbox.json"]) expect((await getPage(app, path)).status).toBe(404);
    expect(await app.client().refused("{ __schema { queryType { name } } }")).toMatchObject({ code: "BAD_REQUEST" });
  });

  it.each([
    ["https://app.example.com", "https://app.example.com"],
    ["http://localhost:3000", null],
    ["https://app.example.com.evil.test", null],
    ["https://sandbox.embed.apollographql.com", null],
    ["null", null],
  ])("answers a preflight from %s with the origin %s", async (origin, allowed) => {
    const answer = await fetch(`${app.url}/graphql`, {
      method: "OPTIONS",
      headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type" },
    });
    expect(answer.headers.get("access-control-allow-origin")).toBe(allowed);
  });
});

describeIf("chromium", "a browser with a development server", (executablePath) => {
  let app: TestApp;
  let browser: Browser;
  let frontend: Server;
  let graphql: string;
  let frontendPort: number;

  beforeAll(async () => {
    const port = await findFreePort();
    graphql = `http://localhost:${port}/graphql`;
    frontend = createServer((_, response) => response.setHeader("content-type", "text/html").end("<!doctype html>"));
    [app, browser] = await Promise.all([
      startTestApp({ settings: { PORT: `${port}`, PUBLIC_URL: `http://localhost:${port}` } }),
      launchChromium(executablePath, ["evil.test", "localhost.evil.test"]),
      new Promise<void>((resolve) => frontend.listen(0, "127.0.0.1", resolve)),
    ]);
    frontendPort = (frontend.address() as AddressInfo).port;
  });
  afterAll(async () => {
    await browser?.close();
    frontend?.close();
    await app?.stop();
  });

  /** Calls the API from a page, as a frontend's script does. @returns the body, or the reason if the call fails */
  const ask = (page: Page, query: string, variables = {}, headers = APOLLO_CLIENT_HEADERS): Promise<Answer> =>
    page.evaluate(
      async ({ url, body, headers }) => {
        return fetch(url, { method: "POST", credentials: "include", headers, body }).then(
          (response) => response.json(),
          (error: unknown) => ({ failed: String(error) }),
        ) as Promise<Answer>;
      },
      { url: graphql, body: JSON.stringify({ query, variables }), headers },
    );

  it("loads Apollo Sandbox at /graphql, whose script may run and may call the API", async () => {
    const context = await browser.newContext();
    // The real Sandbox is on Apollo's servers; this stand-in shows that no header of Portcullis blocks it.
    await context.route(
      ({ hostname }) => hostname !== "localhost",
      (route) =>
        route.request().resourceType() === "script"
          ? route.fulfill({ contentType: "text/javascript", body: STAND_IN_FOR_SANDBOX })
          : route.fulfill({ body: "" }),
    );
    const page = await context.newPage();
    const pageErrors: string[] = [];
    page.on("console", (message) => message.type() === "error" && pageErrors.push(message.text()));
    await page.goto(graphql);
    await page.locator("#stand-in-ran").waitFor({ state: "attached" });
    expect(await ask(page, "{ __typename }")).toEqual({ data: { __typename: "Query" } });
    expect(pageErrors).toEqual([]);
    await context.close();
  });

  it("stores the refresh token of a frontend on another port, and hides it from scripts", async () => {
    const { email, password } = await signUp(app);
    const { page } = await visit(browser, `http://localhost:${frontendPort}`);
    const input = { identifier: email, password, transport: "COOKIE" };
    expect(await ask(page, LOGIN, { input })).toMatchObject({
      data: { login: { user: { email }, deviceToken: null, tokens: { refreshToken: null } } },
    });
    const bound = { httpOnly: true, secure: true, sameSite: "Strict", path: "/", domain: "localhost" };
    expect(await page.context().cookies()).toEqual([
      expect.objectContaining({ name: expect.stringMatching(/^__Host-portcullis_/), ...bound }),
      expect.objectContaining({ name: expect.stringMatching(/^__Host-portcullis_/), ...bound }),
    ]);
    expect(await page.evaluate("document.cookie")).toBe("");

    await page.reload();
    const before = await refreshCookie(page);
    expect(await ask(page, REFRESH)).toMatchObject({
      data: { refreshToken: { tokens: { accessToken: expect.any(String), refreshToken: null } } },
    });
    expect(await refreshCookie(page)).not.toBe(before);
    await page.context().close();
  });

  it.each(["evil.test", "localhost.evil.test"])("does not let a page of %s use the stored token", async (host) => {
    const { email, password } = await signUp(app);
    const { page } = await visit(browser, `http://localhost:${frontendPort}`);
    await ask(page, LOGIN, { input: { identifier: email, password, transport: "COOKIE" } });
    const before = await refreshCookie(page);

    const evil = await page.context().newPage();
    const console: string[] = [];
    evil.on("console", (message) => console.push(message.text()));
    await evil.goto(`http://${host}:${frontendPort}`);
    expect(await ask(evil, REFRESH)).toEqual({ failed: "TypeError: Failed to fetch" });
    expect(console.join()).toContain("blocked by CORS policy");
    // Without a preflight the request arrives, without cookies, and is refused because any form could send it.
    const logged = app.logs.length;
    expect(await ask(evil, REFRESH, {}, { "content-type": "text/plain" })).toEqual({
      failed: "TypeError: Failed to fetch",
    });
    expect(app.logs.slice(logged).join()).toMatch(/"route":"\/graphql","status":400/);

    expect(await refreshCookie(page)).toBe(before);
    expect(await ask(page, REFRESH)).toMatchObject({ data: { refreshToken: { tokens: { refreshToken: null } } } });
    await page.context().close();
  });
});

interface Answer {
  readonly data?: unknown;
  readonly errors?: unknown;
  readonly failed?: string;
}

const STAND_IN_FOR_SANDBOX =
  "document.documentElement.append(Object.assign(document.createElement('i'), { id: 'stand-in-ran' }))";

const refreshCookie = async (page: Page): Promise<string | undefined> =>
  (await page.context().cookies()).find(({ name }) => name === "__Host-portcullis_refresh")?.value;
