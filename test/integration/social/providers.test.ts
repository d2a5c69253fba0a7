import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AuthorizationRequest } from "#features/social/providers/provider";
import { Providers } from "#features/social/providers/providers";
import { readSocialSettings, type SocialSettings } from "#features/social/social-settings";
import { HOUR, MINUTE } from "#shared/durations";
import { DISCOVERY, type MaliciousProvider, startMaliciousProvider } from "../../support/servers/malicious-provider.ts";
import {
  buildProviders,
  expectRefusal,
  type Fixtures,
  newVisit,
  openIdSettings,
  outgoingHere,
  outgoingTo,
} from "./provider-fixtures.ts";

let server: MaliciousProvider;
let fixtures: Fixtures;

beforeAll(async () => {
  server = await startMaliciousProvider();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.reset();
  fixtures = buildProviders(openIdSettings(server));
});

const logIn = async (visit: AuthorizationRequest = newVisit()) =>
  fixtures.provider.identify(visit, await server.visit(await fixtures.provider.authorizationUrl(visit)));

const asked = (what: string) => server.requests.filter((request) => request === what).length;
const askedForMetadata = () => asked(`GET ${DISCOVERY}`);

/** Expects that no user is sent to the provider, and that only the log has the reason. */
const expectNoWayThere = async (why: string) => {
  await expectRefusal(fixtures, fixtures.provider.authorizationUrl(newVisit()), "UPSTREAM_FAILED", [
    server.clientSecret,
  ]);
  expect(fixtures.logs.at(-1)).toContain(why);
};

describe("the providers", () => {
  const settings = (entries: readonly object[]): SocialSettings["providers"] =>
    readSocialSettings({ providers: JSON.stringify(entries), redirectUris: ["https://a.example"], production: true })
      .settings.providers;
  const registered = { clientId: "portcullis", clientSecret: "secret" };

  it("are listed as in the settings, without a request to them", () => {
    const providers = new Providers({
      settings: settings([
        { id: "work", preset: "microsoft", name: "Work", ...registered },
        { id: "acme", name: "Acme", issuer: "https://id.acme.example", ...registered },
        { id: "github", preset: "github", ...registered },
      ]),
      httpClient: { request: () => expect.unreachable("The provider was called.") },
      clock: fixtures.clock,
      log: { info: () => undefined, warn: () => undefined },
    });
    expect(providers.list()).toEqual([
      { id: "work", name: "Work" },
      { id: "acme", name: "Acme" },
      { id: "github", name: "GitHub" },
    ]);
    expect(providers.get("acme")).toMatchObject({ id: "acme", name: "Acme" });
  });

  it.each(["another", "", "__proto__", "ACME"])("do not include one named %j", (id) => {
    expect(() => fixtures.providers.get(id)).toThrow(
      expect.objectContaining({ code: "BAD_REQUEST", reason: "PROVIDER_NOT_CONFIGURED" }),
    );
  });
});

describe("the authorization URL", () => {
  it("contains state, nonce and an S256 challenge, and no secret", async () => {
    const visit = newVisit();
    const url = await fixtures.provider.authorizationUrl(visit);
    expect(url.origin + url.pathname).toBe(`${server.issuer}/authorize`);
    expect(Object.fromEntries(url.searchParams)).toEqual({
      client_id: server.clientId,
      response_type: "code",
      redirect_uri: visit.redirectUri,
      scope: "openid email profile",
      state: visit.state,
      nonce: visit.nonce,
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
    });
    expect(url.href).not.toContain(visit.pkceVerifier);
    expect(url.href).not.toContain(server.clientSecret);
  });

  it("contains the challenge of RFC 7636, appendix B", async () => {
    const pkceVerifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const { searchParams } = await fixtures.provider.authorizationUrl(newVisit({ pkceVerifier }));
    expect(searchParams.get("code_challenge")).toBe("E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
  });

  it.each(["https://app.example", "https://APP.example/back?from=portcullis", "com.example.app:/back"])(
    "leads back to %s, which the token endpoint receives unchanged",
    async (redirectUri) => {
      await logIn(newVisit({ redirectUri }));
      expect(server.tokenRequests).toMatchObject([{ form: { redirect_uri: redirectUri } }]);
    },
  );
});

describe("the client authenticates", () => {
  const proofOf = async (settings: Parameters<typeof openIdSettings>[1], announced: unknown) => {
    server.metadata = { token_endpoint_auth_methods_supported: announced };
    fixtures = buildProviders(openIdSettings({ ...server, clientSecret: "s: /+%ü" }, settings));
    await logIn();
    const [request] = server.tokenRequests;
    return { authorization: request?.authorization, secret: request?.form.client_secret };
  };
  // RFC 6749, section 2.3.1: each half is form-encoded first.
  const basic = `Basic ${Buffer.from("portcullis:s%3A+%2F%2B%25%C3%BC").toString("base64")}`;

  it.each([[undefined], [["client_secret_basic"]], [["client_secret_post", "client_secret_basic"]]])(
    "in a header if discovery says %j",
    async (announced) => {
      expect(await proofOf({}, announced)).toEqual({ authorization: basic, secret: undefined });
    },
  );

  it("in the form if discovery does not offer the header", async () => {
    expect(await proofOf({}, ["client_secret_post"])).toEqual({ authorization: undefined, secret: "s: /+%ü" });
  });

  it("as the settings say, whatever discovery offers", async () => {
    expect(await proofOf({ authentication: "post" }, ["client_secret_basic"])).toMatchObject({ secret: "s: /+%ü" });
    server.tokenRequests.length = 0;
    expect(await proofOf({ authentication: "basic" }, ["client_secret_post"])).toMatchObject({ authorization: basic });
  });
});

describe("discovery", () => {
  it("is read once an hour for all users", async () => {
    for (let login = 0; login < 3; login++) await logIn();
    fixtures.clock.advance(HOUR - MINUTE);
    await fixtures.provider.authorizationUrl(newVisit());
    expect(askedForMetadata()).toBe(1);
    fixtures.clock.advance(MINUTE);
    await fixtures.provider.authorizationUrl(newVisit());
    expect(askedForMetadata()).toBe(2);
  });

  it("is read once for all users at the same moment", async () => {
    const urls = await Promise.all(Array.from({ length: 20 }, () => fixtures.provider.authorizationUrl(newVisit())));
    expect(new Set(urls.map(({ pathname }) => pathname))).toEqual(new Set(["/authorize"]));
    expect(askedForMetadata()).toBe(1);
  });

  it("that fails, fails for all users at that moment, and is retried for the next one", async () => {
    server.instead.set(DISCOVERY, (_, response) => response.writeHead(503).end());
    const results = await Promise.allSettled(
      Array.from({ length: 5 }, () => fixtures.provider.authorizationUrl(newVisit())),
    );
    expect(new Set(results.map(({ status }) => status))).toEqual(new Set(["rejected"]));
    expect(askedForMetadata()).toBe(1);
    server.instead.clear();
    await fixtures.provider.authorizationUrl(newVisit());
    expect(askedForMetadata()).toBe(2);
  });

  it("is read again if its content was unusable", async () => {
    server.metadata = { authorization_endpoint: "javascript:alert(1)" };
    await expectNoWayThere("only HTTP and HTTPS requests");
    server.metadata = {};
    expect((await fixtures.provider.authorizationUrl(newVisit())).pathname).toBe("/authorize");
  });

  it("may name another endpoint after an hour, which the next login uses", async () => {
    await logIn();
    server.metadata = { authorization_endpoint: `${server.issuer}/authorize?new=1` };
    fixtures.clock.advance(HOUR);
    expect((await fixtures.provider.authorizationUrl(newVisit())).searchParams.get("new")).toBe("1");
  });

  it("is requested below the issuer's URL, with or without a trailing slash, or with a path", async () => {
    fixtures = buildProviders(openIdSettings({ ...server, issuer: `${server.issuer}/` }));
    expect(await logIn()).toMatchObject({ issuer: server.issuer });
    server.metadata = { issuer: `${server.issuer}/realms/a` };
    fixtures = buildProviders(
      openIdSettings({ ...server, issuer: `${server.issuer}/realms/a` }),
      outgoingTo({ [`${server.issuer}/realms/a/`]: `${server.issuer}/`, [server.issuer]: server.issuer }),
    );
    expect((await fixtures.provider.authorizationUrl(newVisit())).pathname).toBe("/authorize");
  });

  it.each(["https://id.another.example", "http://127.0.0.1", "", 5, null, undefined])(
    "is refused if it names another issuer: %j",
    async (issuer) => {
      server.metadata = { issuer };
      await expectNoWayThere("OAUTH");
    },
  );

  it.each([
    ["a redirect", 302, { location: "/elsewhere" }, ""],
    ["an error", 500, {}, "{}"],
    ["nothing", 204, {}, ""],
    ["a page", 200, { "content-type": "text/html" }, "<html>"],
    ["truncated", 200, { "content-type": "application/json" }, '{"issuer":'],
    ["a list", 200, { "content-type": "application/json" }, "[]"],
    ["not decompressible", 200, { "content-encoding": "gzip" }, "{}"],
    ["sent with an invalid status", 999, {}, "{}"],
  ])("is refused if it is %s", async (_, status, headers, body) => {
    server.instead.set(DISCOVERY, (__, response) => response.writeHead(status, headers).end(body));
    await expectNoWayThere("response was rejected");
    expect(server.requests).toEqual([`GET ${DISCOVERY}`]);
  });

  it("is cut off if it does not end", async () => {
    let written = 0;
    server.instead.set(DISCOVERY, (_, response) => {
      response.setHeader("content-type", "application/json");
      const write = () => {
        while (!response.destroyed && response.write(" ".repeat(65_536))) written += 65_536;
      };
      response.on("drain", write);
      write();
    });
    await expectNoWayThere("TOO_LARGE");
    expect(written).toBeLessThan(32 * 1_024 * 1_024);
  });

  it("is refused if its nesting is too deep", async () => {
    server.instead.set(DISCOVERY, (_, response) =>
      response.setHeader("content-type", "application/json").end(`{"a":${"[".repeat(100_000)}${"]".repeat(100_000)}}`),
    );
    await expectNoWayThere("response was rejected");
  });
});

describe("an endpoint named by discovery", () => {
  /** An internal server that must not be called, at an address that the issuer does not have. */
  const listenInside = async () => {
    let connections = 0;
    const inside = createServer((_, response) => void response.end("{}"));
    inside.on("connection", () => connections++);
    await new Promise<void>((resolve) => inside.listen(0, "127.0.0.2", resolve));
    const { port } = inside.address() as AddressInfo;
    return {
      url: `http://127.0.0.2:${port}`,
      connections: () => connections,
      stop: () => new Promise((resolve) => inside.close(resolve)),
    };
  };

  it.each(["token_endpoint", "jwks_uri", "userinfo_endpoint"])(
    "is not called if it is internal: %s",
    async (endpoint) => {
      const inside = await listenInside();
      server.metadata = { [endpoint]: `${inside.url}/latest/meta-data` };
      server.person = { sub: "subject-1" };
      const visit = newVisit();
      const callback = await server.visit(await fixtures.provider.authorizationUrl(visit));
      const refusal = fixtures.provider.identify(visit, callback);
      await expectRefusal(fixtures, refusal, "UPSTREAM_FAILED", [
        server.clientSecret,
        callback.code,
        visit.pkceVerifier,
      ]);
      expect(fixtures.logs).toEqual([expect.stringContaining("ADDRESS_REFUSED")]);
      expect(inside.connections()).toBe(0);
      await inside.stop();
    },
  );

  it("may not be internal if the operator allows no internal address", async () => {
    const inside = await listenInside();
    fixtures = buildProviders(openIdSettings({ ...server, issuer: inside.url }));
    await expectNoWayThere("ADDRESS_REFUSED");
    expect(inside.connections()).toBe(0);
    await inside.stop();
  });

  it.each(["token_endpoint", "jwks_uri", "authorization_endpoint", "userinfo_endpoint"])(
    "must be https if the issuer is: %s",
    async (endpoint) => {
      const issuer = "https://id.acme.example";
      const settings = openIdSettings({ ...server, issuer });
      fixtures = buildProviders(settings, outgoingTo({ [issuer]: server.issuer, [server.issuer]: server.issuer }));
      const secure = Object.fromEntries(
        ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"].map((name) => [
          name,
          `${issuer}/${name.split("_")[0]}`,
        ]),
      );
      server.metadata = {
        ...secure,
        authorization_endpoint: `${issuer}/authorize`,
        issuer,
        [endpoint]: `${server.issuer}/x`,
      };
      server.lie = (claims) => void Object.assign(claims, { iss: issuer, email: undefined });
      const visit = newVisit();
      const come = async () => {
        const url = await fixtures.provider.authorizationUrl(visit);
        return fixtures.provider.identify(visit, await server.visit(new URL(url.href.replace(issuer, server.issuer))));
      };
      await expectRefusal(fixtures, come(), "UPSTREAM_FAILED", [server.clientSecret]);
      expect(fixtures.logs).toEqual([expect.stringContaining("only requests to HTTPS")]);
      expect(server.requests).not.toContain("GET /x");
      expect(server.requests).not.toContain("POST /x");
    },
  );

  it.each(["authorization_endpoint", "token_endpoint", "jwks_uri"])("is required: %s", async (endpoint) => {
    server.metadata = { [endpoint]: undefined };
    const visit = newVisit();
    const come = async () => {
      await fixtures.provider.authorizationUrl(visit);
      server.metadata = {};
      const url = await buildProviders(openIdSettings(server)).provider.authorizationUrl(visit);
      return fixtures.provider.identify(visit, await server.visit(url));
    };
    await expectRefusal(fixtures, come(), "UPSTREAM_FAILED", [server.clientSecret]);
  });
});

describe("a provider's keys", () => {
  it("are read once in five minutes", async () => {
    await logIn();
    await logIn();
    expect(asked("GET /jwks")).toBe(1);
    fixtures.clock.advance(5 * MINUTE);
    await logIn();
    expect(asked("GET /jwks")).toBe(2);
  });

  it("may change at any moment: the first token under a new name is accepted", async () => {
    await logIn();
    await server.changeKey("second");
    expect(await logIn()).toMatchObject({ subject: "subject-1" });
    expect(asked("GET /jwks")).toBe(2);
    await logIn();
    expect(asked("GET /jwks")).toBe(2);
  });

  it("that change under the same name are read again after the first token that does not verify", async () => {
    await server.changeKey("same");
    await logIn();
    await server.changeKey("same");
    await expectRefusal(fixtures, logIn(), "UPSTREAM_FAILED", ["eyJ"]);
    expect(await logIn()).toMatchObject({ subject: "subject-1" });
  });

  it("that are no longer published are not accepted", async () => {
    await logIn();
    const stale = server.publicKey();
    await server.changeKey("third");
    const visit = newVisit();
    const callback = await server.visit(await fixtures.provider.authorizationUrl(visit));
    server.lie = (_, header) => void Object.assign(header, { kid: stale.kid });
    fixtures.clock.advance(5 * MINUTE);
    await expectRefusal(fixtures, fixtures.provider.identify(visit, callback), "UPSTREAM_FAILED", ["eyJ"]);
    expect(fixtures.logs).toEqual([expect.stringContaining("no applicable keys")]);
  });

  it.each([
    ["an error", 500, ""],
    ["a page", 200, "<html>"],
    ["no keys", 200, '{"keys":[]}'],
    ["no list", 200, '{"keys":{}}'],
    ["invalid keys", 200, '{"keys":[1]}'],
  ])("are not replaced by %s", async (_, status, body) => {
    server.instead.set("/jwks", (__, response) =>
      response.writeHead(status, { "content-type": "application/json" }).end(body),
    );
    await expectRefusal(fixtures, logIn(), "UPSTREAM_FAILED", ["eyJ"]);
    server.instead.clear();
    expect(await logIn()).toMatchObject({ subject: "subject-1" });
  });
});

describe("Google", () => {
  const handleCallback = async (settings: object, claims: object) => {
    const issuer = "https://accounts.google.com";
    const { providers } = readSocialSettings({
      providers: JSON.stringify([
        { id: "google", preset: "google", clientId: server.clientId, clientSecret: "s", ...settings },
      ]),
      redirectUris: ["https://app.example"],
      production: true,
    }).settings;
    fixtures = buildProviders(providers[0] ?? openIdSettings(server), outgoingTo({ [issuer]: server.issuer }));
    server.metadata = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/jwks`,
    };
    server.lie = (token) => void Object.assign(token, { iss: issuer, ...claims });
    const visit = newVisit();
    const url = await fixtures.provider.authorizationUrl(visit);
    const callback = await server.visit(new URL(url.href.replace(issuer, server.issuer)));
    return fixtures.provider.identify(visit, callback);
  };

  it("is configured by its preset, and says which addresses are verified", async () => {
    expect(await handleCallback({}, {})).toMatchObject({ issuer: "https://accounts.google.com", emailVerified: true });
    expect(server.tokenRequests).toMatchObject([{ authorization: undefined, form: { client_secret: "s" } }]);
  });

  it.each([
    [{ email: "ada@gmail.com" }, true],
    [{ email: "ada@GMAIL.com" }, true],
    [{ email: "ada@gmail.com", email_verified: false }, false],
    [{ email: "ada@googlemail.com" }, false],
    [{ email: "ada@people.example" }, false],
    [{ email: "ada@people.example", hd: "people.example" }, true],
    [{ email: "ada@people.example", hd: "people.example", email_verified: false }, false],
    // A guest of an organization has an address elsewhere.
    [{ email: "ada@people.example", hd: "other.example" }, false],
    [{ email: "ada@people.example", hd: ["people.example"] }, false],
  ])("vouches for its own mailboxes and for those of the hosted domain: %j", async (claims, vouched) => {
    expect(await handleCallback({}, claims)).toMatchObject({ emailVouched: vouched });
  });

  it("vouches for the domains in the settings instead", async () => {
    const hosted = { email: "ada@people.example", hd: "people.example" };
    expect(await handleCallback({ vouchesFor: ["gmail.com"] }, hosted)).toMatchObject({ emailVouched: false });
    expect(await handleCallback({ vouchesFor: ["people.example"] }, { email: "ada@people.example" })).toMatchObject({
      emailVouched: true,
    });
    expect(await handleCallback({ vouchesFor: [] }, { email: "ada@gmail.com" })).toMatchObject({ emailVouched: false });
  });
});

describe("Microsoft", () => {
  const HOST = "https://login.microsoftonline.com";
  const TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47";
  const OTHER = "9188040d-6c67-4c5b-b112-36a304b66dad";

  /** The responses of Microsoft for `tenant`, whose discovery names `issuer`. */
  const stand = (tenant: string, issuer: string, settings: object = {}) => {
    const { providers } = readSocialSettings({
      providers: JSON.stringify([
        {
          id: "microsoft",
          preset: "microsoft",
          tenant,
          clientId: server.clientId,
          clientSecret: "secret",
          ...settings,
        },
      ]),
      redirectUris: ["https://app.example"],
      production: true,
    }).settings;
    const base = `${HOST}/${tenant}/v2.0`;
    server.metadata = {
      issuer,
      authorization_endpoint: `${base}/authorize`,
      token_endpoint: `${base}/token`,
      jwks_uri: `${base}/jwks`,
    };
    server.person = { sub: "pairwise", email: "ada@people.example", name: "Ada" };
    fixtures = buildProviders(providers[0] ?? openIdSettings(server), outgoingTo({ [base]: server.issuer }));
    return base;
  };

  const handleCallback = async (base: string, iss: string | null = null) => {
    const visit = newVisit();
    const url = await fixtures.provider.authorizationUrl(visit);
    const { code } = await server.visit(new URL(url.href.replace(base, server.issuer)));
    return fixtures.provider.identify(visit, { code, iss });
  };

  const tokenOf = (tid: string, iss = `${HOST}/${tid}/v2.0`, claims: object = {}) => {
    server.lie = (token) => void Object.assign(token, { iss, tid, ...claims });
  };

  it("identifies the users of each organization by that organization's issuer, if all are allowed", async () => {
    const base = stand("common", `${HOST}/{tenantid}/v2.0`);
    tokenOf(TENANT);
    expect(await handleCallback(base)).toMatchObject({ issuer: `${HOST}/${TENANT}/v2.0`, subject: "pairwise" });
  });

  it("is refused if the issuer does not match the token's organization", async () => {
    const base = stand("common", `${HOST}/{tenantid}/v2.0`);
    for (const iss of [`${HOST}/${OTHER}/v2.0`, `${HOST}/{tenantid}/v2.0`, "https://id.another.example"]) {
      tokenOf(TENANT, iss);
      await expectRefusal(fixtures, handleCallback(base), "UPSTREAM_FAILED", ["eyJ"]);
    }
  });

  it("admits the users of one organization if the settings name it", async () => {
    const base = stand(TENANT, `${HOST}/${TENANT}/v2.0`);
    tokenOf(TENANT);
    expect(await handleCallback(base)).toMatchObject({ issuer: `${HOST}/${TENANT}/v2.0` });
    tokenOf(OTHER);
    await expectRefusal(fixtures, handleCallback(base), "UPSTREAM_FAILED", ["eyJ"]);
  });

  it("may return the issuer of that organization, and no other's", async () => {
    const base = stand("common", `${HOST}/{tenantid}/v2.0`);
    tokenOf(TENANT);
    expect(await handleCallback(base, `${HOST}/${TENANT}/v2.0`)).toMatchObject({ subject: "pairwise" });
    for (const iss of ["https://id.another.example", `${HOST}//v2.0`, `${HOST}/../v2.0`, `${HOST}/${TENANT}/v2.0/`])
      await expectRefusal(fixtures, handleCallback(base, iss), "INVALID_TOKEN", ["eyJ"]);
  });

  it.each([
    [{}, false],
    [{ email_verified: true }, false],
    [{ xms_edov: false }, false],
    [{ xms_edov: "0" }, false],
    [{ xms_edov: 0 }, false],
    [{ xms_edov: ["1"] }, false],
    [{ xms_edov: true }, true],
    [{ xms_edov: 1 }, true],
    [{ xms_edov: "1" }, true],
    [{ xms_edov: "true" }, true],
  ])(
    "does not verify addresses that an organization's admin may have set (nOAuth), only those of verified domains: %j",
    async (claims, proved) => {
      const base = stand("common", `${HOST}/{tenantid}/v2.0`);
      tokenOf(TENANT, undefined, claims);
      expect(await handleCallback(base)).toMatchObject({ email: "ada@people.example", emailVerified: proved });
    },
  );

  it("vouches only for domains in the settings, because personal accounts verify addresses of any domain", async () => {
    const claims = { xms_edov: true };
    const vouched = async (settings: object) => {
      const base = stand("common", `${HOST}/{tenantid}/v2.0`, settings);
      tokenOf(TENANT, undefined, claims);
      return (await handleCallback(base)).emailVouched;
    };
    expect(await vouched({})).toBe(false);
    expect(await vouched({ vouchesFor: ["people.example"] })).toBe(true);
    claims.xms_edov = false;
    expect(await vouched({ vouchesFor: ["people.example"] })).toBe(false);
  });

  it("verifies no address if it is configured as any other issuer, either", async () => {
    const base = stand(TENANT, `${HOST}/${TENANT}/v2.0`);
    fixtures = buildProviders(openIdSettings({ ...server, issuer: base }), outgoingTo({ [base]: server.issuer }));
    tokenOf(TENANT, undefined, { email_verified: true });
    expect(await handleCallback(base)).toMatchObject({ emailVerified: false });
  });
});

it("a provider that vouches for every domain causes a warning at start; other providers do not", async () => {
  fixtures = buildProviders({ ...openIdSettings(server), vouchesFor: ["people.example"] });
  await fixtures.providers.check();
  expect(fixtures.logs).toEqual([]);
  fixtures = buildProviders({ ...openIdSettings(server), vouchesFor: ["*"] });
  await fixtures.providers.check();
  expect(fixtures.logs.map((line) => JSON.parse(line))).toMatchObject([
    { level: 40, provider: "acme", msg: "a provider vouches for every domain: it can open the account of any address" },
  ]);
});

it("providers are called only through the guarded HTTP client", async () => {
  const calls: string[] = [];
  fixtures = buildProviders(openIdSettings(server), {
    request: (request) => {
      calls.push(request.url.pathname);
      return outgoingHere.request(request);
    },
  });
  const { fetch } = globalThis;
  const visit = newVisit();
  const callback = await server.visit(await fixtures.provider.authorizationUrl(visit));
  globalThis.fetch = () => expect.unreachable("The global fetch was called.");
  try {
    await fixtures.provider.identify(visit, callback);
  } finally {
    globalThis.fetch = fetch;
  }
  expect(calls).toEqual([DISCOVERY, "/token", "/jwks"]);
});
