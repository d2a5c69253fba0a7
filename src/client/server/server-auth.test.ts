import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { ServerAuth } from "./server-auth.ts";
import { mayWaitForOthers, SharedRefreshes } from "./shared-refreshes.ts";

const MINUTE = 60_000;
const ISSUER = "https://id.example.com";
const CLAIMS = {
  sid: "s1",
  tid: "t1",
  roles: ["MEMBER"],
  scope: "orders:read orders:refund",
  email: "ada@example.com",
};

let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let keySet: object;
beforeAll(async () => {
  keys = await generateKeyPair("EdDSA");
  keySet = { keys: [{ ...(await exportJWK(keys.publicKey)), kid: "k1", alg: "EdDSA", use: "sig" }] };
});
afterEach(() => {
  vi.useRealTimers();
});

/** An API that has only the key set; other requests are recorded. */
const open = (options: { readonly isDown?: boolean } = {}) => {
  const asked: { readonly url: string; readonly headers: Headers }[] = [];
  const auth = new ServerAuth(
    {
      url: `${ISSUER}/graphql`,
      fetch: async (url, init) => {
        asked.push({ url: String(url), headers: new Headers(init?.headers) });
        if (options.isDown) throw new TypeError("fetch failed");
        return String(url).endsWith("jwks.json") ? Response.json(keySet) : Response.json({ data: { me: null } });
      },
    },
    Date.now,
  );
  return { auth, asked };
};

const sign = (claims: JWTPayload, header: { readonly typ?: string; readonly kid?: string } = {}) =>
  new SignJWT({ ...CLAIMS, ...claims })
    .setProtectedHeader({ alg: "EdDSA", kid: "k1", typ: "at+jwt", ...header })
    .setIssuer(claims.iss ?? ISSUER)
    .setAudience(claims.aud ?? "portcullis")
    .setSubject("u1")
    .setIssuedAt(Math.floor(Date.now() / 1_000))
    .setExpirationTime(claims.exp ?? Math.floor(Date.now() / 1_000) + 900)
    .sign(keys.privateKey);

describe("a token", () => {
  it("is verified offline: the user, the session, the tenant and the permissions", async () => {
    const { auth, asked } = open();
    expect(await auth.session(new Headers({ authorization: `bearer ${await sign({})}` }))).toMatchObject({
      userId: "u1",
      sessionId: "s1",
      tenantId: "t1",
      roles: ["MEMBER"],
      permissions: ["orders:read", "orders:refund"],
      email: "ada@example.com",
      username: null,
    });
    expect(asked.map(({ url }) => url)).toEqual([`${ISSUER}/.well-known/jwks.json`]);
  });

  it.each<[string, JWTPayload, object?]>([
    ["of another issuer", { iss: "https://evil.example" }],
    ["for another audience", { aud: "billing" }],
    ["that has expired", { exp: Math.floor(Date.now() / 1_000) - 1 }],
    ["that is elevated", { elevated_until: Math.floor(Date.now() / 1_000) + 600 }],
    ["that only permits an enrolment", { enrolment_only: true }],
    ["of another type", {}, { typ: "JWT" }],
    ["of an unknown key", {}, { kid: "k2" }],
  ])("%s is refused", async (_, claims, header) => {
    const { auth } = open();
    const token = await sign(claims, header);
    expect(await auth.verify(token)).toBeNull();
    expect(await auth.session(new Headers({ authorization: `Bearer ${token}` }))).toBeNull();
  });

  it("signed with another key or algorithm, or not at all, is refused", async () => {
    const { auth } = open();
    const { privateKey } = await generateKeyPair("ES256");
    const [, payload] = (await sign({})).split(".");
    const unsigned = `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url")}.${payload}.`;
    const other = await new SignJWT(CLAIMS)
      .setProtectedHeader({ alg: "ES256", kid: "k1", typ: "at+jwt" })
      .sign(privateKey);
    const stranger = await generateKeyPair("EdDSA");
    const forged = await new SignJWT({
      ...CLAIMS,
      iss: ISSUER,
      aud: "portcullis",
      sub: "u1",
      iat: 1,
      exp: 9_999_999_999,
    })
      .setProtectedHeader({ alg: "EdDSA", kid: "k1", typ: "at+jwt" })
      .sign(stranger.privateKey);
    for (const token of [unsigned, other, forged, "", "a.b.c", "opaque"]) expect(await auth.verify(token)).toBeNull();
  });
});

it("reads the key set again after five minutes, and not before", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const { auth, asked } = open();
  for (const wait of [0, 5 * MINUTE - 1_000, 2_000]) {
    vi.setSystemTime(Date.now() + wait);
    await auth.verify(await sign({}));
  }
  expect(asked).toHaveLength(2);
});

it("does not mistake an unavailable key set for an invalid token", async () => {
  const { auth } = open({ isDown: true });
  await expect(auth.verify(await sign({}))).rejects.toMatchObject({ name: "AuthFailure", code: "SERVICE_UNAVAILABLE" });
});

describe("forward", () => {
  const post = (headers: Record<string, string>, method = "POST") =>
    new Request("https://app.example.com/graphql", {
      method,
      headers: { "content-type": "application/json", host: "app.example.com", ...headers },
      ...(method === "POST" && { body: "{}", duplex: "half" }),
    });

  it.each([
    ["of another site", { "sec-fetch-site": "cross-site" }],
    ["of another origin of the site", { "sec-fetch-site": "same-site" }],
    ["of another site, in an old browser", { origin: "https://evil.example" }],
  ])("refuses requests of pages %s, and sends nothing", async (_, headers) => {
    const { auth, asked } = open();
    expect((await auth.forward(post(headers))).status).toBe(403);
    expect(asked).toEqual([]);
  });

  it.each([
    ["its own pages", { "sec-fetch-site": "same-origin" }],
    ["its own pages, in an old browser", { origin: "https://app.example.com" }],
    [
      "its own pages behind a proxy",
      { origin: "https://app.example.com", host: "10.0.0.1", "x-forwarded-host": "app.example.com" },
    ],
    ["other programs", {}],
  ])("forwards requests of %s", async (_, headers) => {
    const { auth, asked } = open();
    const response = await auth.forward(post(headers));
    expect([response.status, response.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(asked).toHaveLength(1);
  });

  it("accepts POST only", async () => {
    const { auth, asked } = open();
    const response = await auth.forward(post({}, "GET"));
    expect([response.status, response.headers.get("allow"), asked]).toEqual([405, "POST", []]);
  });

  it("sends the user's address, browser and API cookies, and no other header of the page", async () => {
    const { auth, asked } = open();
    await auth.forward(
      post({
        cookie: "cart=3; __Host-portcullis_device=d1",
        "user-agent": "Browser/1.0",
        "x-forwarded-for": "192.0.2.1, 203.0.113.5",
        authorization: "Bearer a.b.c",
        "x-secret": "1",
      }),
    );
    expect(Object.fromEntries(asked[0]?.headers ?? [])).toEqual({
      authorization: "Bearer a.b.c",
      "content-type": "application/json",
      cookie: "__Host-portcullis_device=d1",
      "user-agent": "Browser/1.0",
      "x-forwarded-for": "203.0.113.5",
    });
  });
});

describe("handle", () => {
  /** A request whose access token has expired. */
  const expired = (url: string, more: object = {}) => ({
    url,
    headers: new Headers({ cookie: "__Host-portcullis_refresh=r1" }),
    ...more,
  });
  const renewing = () =>
    new ServerAuth(
      {
        url: `${ISSUER}/graphql`,
        fetch: async () =>
          Response.json(
            { data: { refreshToken: { tokens: { accessToken: "a.b.c", expiresIn: 900 } } } },
            { headers: { "set-cookie": "__Host-portcullis_refresh=r2; Path=/; Max-Age=60" } },
          ),
      },
      Date.now,
    );

  it.each([
    ["https://app.example.com/a?b=c", "/a?b=c"],
    ["http://10.0.0.1:3000//evil.example/x", "/evil.example/x"],
    ["http://10.0.0.1:3000/\\evil.example", "/evil.example"],
  ])("redirects %s to %s, never to another host", async (url, location) => {
    const response = await renewing().handle(expired(url), () => new Response("page"));
    expect([response.status, response.headers.get("location")]).toEqual([307, location]);
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    expect(response.headers.getSetCookie()).toHaveLength(3);
  });

  it("redirects to an absolute address in Next.js, which refuses relative ones", async () => {
    const request = expired("http://localhost:3000//evil.example", { nextUrl: {} });
    const response = await renewing().handle(request, () => new Response("page"));
    expect(response.headers.get("location")).toBe("http://localhost:3000/evil.example");
  });

  it("renders a page without cookies, or with an Authorization header, without a request", async () => {
    const { auth, asked } = open();
    for (const headers of [new Headers({ cookie: "theme=dark" }), new Headers()])
      expect(await (await auth.handle({ url: "https://a.test/", headers }, () => new Response("page"))).text()).toBe(
        "page",
      );
    expect(asked).toEqual([]);
  });
});

describe("a refresh", () => {
  it("is repeated by the next request if it failed", async () => {
    const refreshes = new SharedRefreshes<string>({ now: Date.now, mayWait: true });
    await expect(refreshes.run("r1", () => Promise.reject(new Error("lost")))).rejects.toThrow("lost");
    expect(await refreshes.run("r1", async () => "renewed")).toBe("renewed");
  });

  it("is forgotten after ten seconds", async () => {
    let now = 0;
    const refreshes = new SharedRefreshes<number>({ now: () => now, mayWait: true });
    const outcomes: number[] = [];
    for (const at of [0, 9_999, 10_000]) {
      now = at;
      outcomes.push(await refreshes.run("r1", async () => at));
    }
    expect(outcomes).toEqual([0, 0, 10_000]);
  });

  it("is not waited for in runtimes that cancel such requests", async () => {
    const refreshes = new SharedRefreshes<number>({ now: Date.now, mayWait: false });
    let asked = 0;
    await Promise.all([1, 2].map(() => refreshes.run("r1", async () => asked++)));
    expect([asked, await refreshes.run("r1", async () => asked++)]).toEqual([2, 1]);
    expect(mayWaitForOthers()).toBe(true);
    vi.stubGlobal("WebSocketPair", class {});
    expect(mayWaitForOthers()).toBe(false);
    vi.unstubAllGlobals();
  });
});
