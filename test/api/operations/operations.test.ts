import { networkInterfaces } from "node:os";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { LOGIN, newPassword, signUp } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { findFreePort } from "../../support/servers/ports.ts";
import { WAIT } from "../../support/timeouts.ts";

describe("operational endpoints", () => {
  let app: TestApp;
  const get = (path: string, headers: Record<string, string> = {}) => fetch(`${app.url}${path}`, { headers });
  beforeAll(async () => {
    app = await startTestApp({ settings: { METRICS_TOKEN: "a-token-for-metrics" } });
  });
  afterAll(() => app.stop());

  it("report that the process is alive, and ready", async () => {
    expect(await (await get("/livez")).json()).toEqual({ status: "up" });
    const ready = await get("/readyz");
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({
      status: "ready",
      postgres: "up",
      redis: "disabled",
      nats: "disabled",
      places: "up",
    });
  });

  it("return the public keys, cacheable by others, and nothing private", async () => {
    const response = await get("/.well-known/jwks.json");
    expect(response.headers.get("cache-control")).toBe("public, max-age=300, stale-while-revalidate=60");
    expect(response.headers.get("content-type")).toContain("application/jwk-set+json");
    const { keys } = (await response.json()) as { keys: Record<string, string>[] };
    expect(keys).toHaveLength(1);
    expect(keys[0]).toMatchObject({ kty: "OKP", crv: "Ed25519", alg: "EdDSA", use: "sig" });
    expect(keys[0]).not.toHaveProperty("d");
  });

  it("return the issuer, with the URL of its keys, for gateways", async () => {
    const response = await get("/.well-known/openid-configuration", { origin: "https://gateway.example" });
    expect(response.status).toBe(200);
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
    expect(response.headers.get("cache-control")).toBe("public, max-age=300");
    const document = (await response.json()) as Record<string, unknown>;
    // The metadata does not list what this server does not do.
    expect(document).toEqual({
      issuer: "http://portcullis.test",
      jwks_uri: "http://portcullis.test/.well-known/jwks.json",
      response_types_supported: [],
    });
    const { client } = await signUp(app);
    const [, payload = ""] = String(client.accessToken).split(".");
    expect(JSON.parse(Buffer.from(payload, "base64url").toString()).iss).toBe(document.issuer);
  });

  it("lead to the page on which passwords are changed, if it is configured", async () => {
    expect((await get("/.well-known/change-password")).status).toBe(404);
    const page = "https://app.example.com/account/password";
    const other = await startTestApp({ settings: { CHANGE_PASSWORD_URL: page } });
    try {
      const response = await fetch(`${other.url}/.well-known/change-password`, { redirect: "manual" });
      expect([response.status, response.headers.get("location")]).toEqual([302, page]);
      expect(
        (await fetch(`${other.url}/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200`))
          .status,
      ).toBe(404);
    } finally {
      await other.stop();
    }
  });

  it("return the metrics, for a caller with the token", async () => {
    const readMetrics = async () => (await get("/metrics", { authorization: "Bearer a-token-for-metrics" })).text();
    const countSuccesses = async () =>
      Number(/portcullis_logins_total\{outcome="SUCCESS"\} (\d+)/.exec(await readMetrics())?.[1] ?? 0);
    // Verifying an address also logs the user in, so the count includes each earlier sign-up.
    const before = await countSuccesses();
    const { email } = await signUp(app);
    await app.client().refused(LOGIN, { input: { identifier: email, password: newPassword() } });
    expect((await get("/metrics")).status).toBe(401);
    for (const wrong of ["a-token-for-nothing", "a-token-for-metric\u00e9", ""])
      expect((await get("/metrics", { authorization: `Bearer ${wrong}` })).status, wrong).toBe(401);
    expect(await countSuccesses()).toBe(before + 1);
    const metrics = await readMetrics();
    expect(metrics).toMatch(/portcullis_logins_total\{outcome="FAILED"\} 1\b/);
    expect(metrics).toMatch(
      /portcullis_graphql_field_seconds_count\{field="Mutation.login",code="INVALID_CREDENTIALS"\} 1\b/,
    );
    expect(metrics).toMatch(/portcullis_password_hash_seconds_count\{phase="running"\} [1-9]/);
    expect(metrics).toMatch(/portcullis_http_request_seconds_count\{route="\/graphql",status="200"\} [1-9]/);
    expect(metrics).toMatch(/portcullis_password_hasher_works\{module="argon2"\} 1\b/);
    expect(metrics).toMatch(/portcullis_password_hasher_works\{module="bcrypt"\} 1\b/);
    expect(metrics).not.toContain(email);
  });

  it("include the request's id in the response and in the log, without query string and body", async () => {
    const response = await get("/verify-email?token=canary-in-the-query", { "x-request-id": "abc-123" });
    expect(response.headers.get("x-request-id")).toBe("abc-123");
    const line = await vi.waitUntil(() => app.logs.find((text) => text.includes("abc-123")));
    expect(JSON.parse(line)).toMatchObject({ reqId: "abc-123", method: "GET", route: "/verify-email", status: 200 });
    expect(app.logs.join()).not.toContain("canary-in-the-query");
  });

  it("include it with an unexpected error in the log, too", async () => {
    const { email, password } = await signUp(app);
    await app.app.db.execute("alter table login_attempts rename to mislaid");
    try {
      const client = app.client({ "x-request-id": "unforeseen-1" });
      expect(await client.refused(LOGIN, { input: { identifier: email, password } })).toMatchObject({
        code: "INTERNAL_SERVER_ERROR",
      });
    } finally {
      await app.app.db.execute("alter table mislaid rename to login_attempts");
    }
    const lines = app.logs.filter((line) => line.includes("a resolver failed")).map((line) => JSON.parse(line));
    expect(lines).toEqual([
      expect.objectContaining({
        level: 50,
        reqId: "unforeseen-1",
        err: expect.objectContaining({ type: "PostgresError" }),
      }),
    ]);
  });

  it("replace a request id that could forge a log line", async () => {
    const response = await get("/livez", { "x-request-id": `x"} {"level":60` });
    expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe("readiness while the database cannot write", () => {
  it("is 503 as long as writes fail, even if reads succeed, and recovers by itself", async () => {
    const app = await startTestApp();
    const ready = async () => {
      const response = await fetch(`${app.url}/readyz`);
      return { code: response.status, ...((await response.json()) as { postgres: string }) };
    };
    try {
      const { accessToken } = (await signUp(app)).client;
      // The error of Postgres for a full disk (53100), raised where the probe writes.
      await app.app.db.execute(`create function fail() returns trigger language plpgsql as $$
        begin raise exception 'could not extend file: No space left on device' using errcode = '53100'; end $$`);
      await app.app.db.execute("create trigger full_disk before insert on write_probes execute function fail()");
      await expect.poll(ready, WAIT).toMatchObject({ code: 503, postgres: "down" });
      expect(app.logs.join()).toContain("the database cannot write");
      const client = app.client({ authorization: `Bearer ${accessToken}` });
      expect(await client.ask("{ me { id } }")).toMatchObject({ me: { id: expect.any(String) } });

      await app.app.db.execute("drop trigger full_disk on write_probes");
      await expect.poll(ready, WAIT).toMatchObject({ code: 200, postgres: "up" });
    } finally {
      await app.stop();
    }
  });
});

describe("/metrics in production", () => {
  const PRODUCTION = {
    NODE_ENV: "production",
    PUBLIC_URL: "https://portcullis.test",
    SMTP_URL: "smtp://127.0.0.1:1",
    MAIL_FROM: "no-reply@portcullis.test",
    CORS_ORIGINS: "https://app.portcullis.test",
    SECRET_KEYS: `test:${Buffer.alloc(32, 7).toString("base64")}`,
  };
  let app: TestApp;
  /**
   * An address of this machine other than the loopback address, as another machine would see it; null in a sandbox without
   * network.
   */
  const outside = Object.values(networkInterfaces())
    .flat()
    .find((each) => each?.family === "IPv4" && !each.internal)?.address;
  beforeAll(async () => {
    app = await startTestApp({ settings: { ...PRODUCTION, HOST: "0.0.0.0" } });
  });
  afterAll(() => app?.stop());

  it("without a token are available to this machine only, and not to clients of a proxy on it", async () => {
    const { port } = new URL(app.url);
    const get = (headers: Record<string, string> = {}, host = "127.0.0.1") =>
      fetch(`http://${host}:${port}/metrics`, { headers });
    expect((await get()).status).toBe(200);
    for (const header of ["x-forwarded-for", "forwarded", "x-real-ip", "via"]) {
      const response = await get({ [header]: "127.0.0.1" });
      expect({ header, status: response.status, body: await response.text() }).toEqual({
        header,
        status: 401,
        body: "",
      });
    }
    if (outside) expect((await get({}, outside)).status).toBe(401);
  });
});

describe("an idle connection", () => {
  it("stays open for the configured time", async () => {
    const app = await startTestApp({ settings: { KEEP_ALIVE_SECONDS: "91" } });
    try {
      const response = await fetch(`${app.url}/livez`, { headers: { connection: "keep-alive" } });
      expect(response.headers.get("keep-alive")).toBe("timeout=91");
    } finally {
      await app.stop();
    }
  });
});

describe("readiness without Redis", () => {
  it("reports that Redis is unavailable, and is still ready", async () => {
    const app = await startTestApp({ settings: { REDIS_URL: `redis://127.0.0.1:${await findFreePort()}` } });
    try {
      const response = await fetch(`${app.url}/readyz`);
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({
        status: "ready",
        postgres: "up",
        redis: "down",
        nats: "disabled",
        places: "up",
      });
      await signUp(app);
    } finally {
      await app.stop();
    }
  });
});
