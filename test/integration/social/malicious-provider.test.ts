import { createHmac, createPublicKey, generateKeyPairSync, sign } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { AuthorizationRequest, CallbackParams } from "#features/social/providers/provider";
import {
  type Claims,
  type MaliciousProvider,
  startMaliciousProvider,
} from "../../support/servers/malicious-provider.ts";
import { buildProviders, expectRefusal, type Fixtures, newVisit, openIdSettings } from "./provider-fixtures.ts";

let lying: MaliciousProvider;
let fixtures: Fixtures;

beforeAll(async () => {
  lying = await startMaliciousProvider();
});
afterAll(() => lying.stop());
beforeEach(() => {
  lying.reset();
  fixtures = buildProviders(openIdSettings(lying));
});

const authorizeAndReturn = async (visit: AuthorizationRequest): Promise<CallbackParams> =>
  lying.visit(await fixtures.provider.authorizationUrl(visit));

const logIn = async (visit = newVisit()) => fixtures.provider.identify(visit, await authorizeAndReturn(visit));

/** Secrets that must not be revealed, whatever fails. */
const secretsOf = (visit: AuthorizationRequest, { code }: CallbackParams) => [
  lying.clientSecret,
  code,
  visit.nonce,
  visit.pkceVerifier,
  visit.state,
  String(lying.person.email),
  "eyJ",
];

/** Logs in, and expects that no part of the response is accepted. */
const expectNotBelieved = async (why: string) => {
  const visit = newVisit();
  const callback = await authorizeAndReturn(visit);
  const refusal = fixtures.provider.identify(visit, callback);
  await expectRefusal(fixtures, refusal, "UPSTREAM_FAILED", secretsOf(visit, callback));
  expect(fixtures.logs).toEqual([expect.stringContaining(why)]);
  expect(JSON.parse(fixtures.logs[0] ?? "")).toMatchObject({ level: 40, provider: "acme" });
};

/** Logs in, and expects that the code is refused; `asked`: whether the provider received it. */
const expectCodeRefused = async (visit: AuthorizationRequest, callback: CallbackParams, asked = true) => {
  const before = lying.requests.length;
  await expectRefusal(fixtures, fixtures.provider.identify(visit, callback), "INVALID_TOKEN", secretsOf(visit, callback).filter(Boolean)); // biome-ignore format: one call
  expect(lying.requests.slice(before)).toEqual(asked ? ["POST /token"] : []);
};

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

/** A JWS of these claims, signed by this function. */
const jws = (header: Claims, claims: Claims, signature: (data: Buffer) => Buffer): string => {
  const data = `${base64url(header)}.${base64url(claims)}`;
  return `${data}.${signature(Buffer.from(data)).toString("base64url")}`;
};

const inSeconds = (seconds: number) => Math.floor(Date.now() / 1_000) + seconds;

const stranger = generateKeyPairSync("rsa", { modulusLength: 2_048 });
const signedByStranger = (data: Buffer) => sign("sha256", data, stranger.privateKey);
const signedWith = (key: string | Buffer) => (data: Buffer) => createHmac("sha256", key).update(data).digest();

describe("an honest response", () => {
  it("is accepted", async () => {
    expect(await logIn()).toEqual({
      issuer: lying.issuer,
      subject: "subject-1",
      email: "ada@people.example",
      emailVerified: true,
      emailVouched: false,
      name: "Ada Lovelace",
    });
    expect(fixtures.logs).toEqual([]);
  });

  it("may have further audiences, if Portcullis requested it", async () => {
    lying.lie = (claims) => Object.assign(claims, { aud: ["another", lying.clientId], azp: lying.clientId });
    expect(await logIn()).toMatchObject({ subject: "subject-1" });
  });

  it("may come from a clock that is almost two minutes off", async () => {
    lying.lie = (claims) => Object.assign(claims, { iat: inSeconds(110), exp: inSeconds(-110), nbf: inSeconds(110) });
    expect(await logIn()).toMatchObject({ subject: "subject-1" });
  });
});

describe("an ID token is refused", () => {
  const set = (claims: Claims) => (token: Claims) => void Object.assign(token, claims);
  const without = (claim: string) => (token: Claims) => void delete token[claim];

  const LIES: readonly (readonly [string, (claims: Claims, header: Claims) => void, string])[] = [
    ["with the nonce of another authorization request", set({ nonce: "another" }), 'nonce'],
    ["without a nonce", without("nonce"), 'nonce'],
    ["for another client", set({ aud: "another" }), "audience"],
    ["for several other clients", set({ aud: ["another", "third"], azp: "another" }), "audience"],
    ["for no client", without("aud"), "audience"],
    ["for several clients, without an authorized party", set({ aud: ["portcullis", "another"] }), "audience"],
    ["for several clients, requested by another", set({ aud: ["portcullis", "another"], azp: "another" }), "azp"],
    ["for this client, but requested by another", set({ azp: "another" }), "another party"],
    ["for this client, but requested by a list", set({ azp: ["portcullis"] }), "another party"],
    ["of another issuer", set({ iss: "https://id.another.example" }), "issuer"],
    ["of an issuer with another spelling", (token) => set({ iss: `${String(token.iss)}/` })(token), "issuer"],
    ["without an issuer", without("iss"), "issuer"],
    ["that is expired", set({ exp: inSeconds(-180) }), "exp"],
    ["that never expires", without("exp"), "exp"],
    ["whose expiry is a string", set({ exp: String(inSeconds(600)) }), "exp"],
    ["from the far future", set({ iat: inSeconds(600) }), "issued in the future"],
    ["without an issue time", without("iat"), "iat"],
    ["that is not valid yet", set({ nbf: inSeconds(600) }), "nbf"],
    ["without a subject", without("sub"), "sub"],
    ["of an empty subject", set({ sub: "" }), "no subject"],
    ["of a number as the subject", set({ sub: 5 }), "sub"],
    ["of a subject that is too long", set({ sub: "s".repeat(256) }), "no subject"],
    ["of a subject that Postgres cannot store", set({ sub: "subject\u0000" }), "no subject"],
  ]; // biome-ignore format: a line for each

  it.each(LIES)("%s", async (_, lie, why) => {
    lying.lie = lie;
    await expectNotBelieved(why);
  });

  const FORGERIES: readonly (readonly [string, (claims: Claims) => string, string])[] = [
    ["signed with a foreign key, under the name of the provider's key", (claims) => jws({ alg: "RS256", kid: "first" }, claims, signedByStranger), "signature"],
    ["signed with a foreign key, without a name", (claims) => jws({ alg: "RS256" }, claims, signedByStranger), "signature"],
    ["signed with a foreign key, under its own name", (claims) => jws({ alg: "RS256", kid: "stranger" }, claims, signedByStranger), "no applicable keys"],
    ["that contains its own key", (claims) => jws({ alg: "RS256", kid: "first", jwk: stranger.publicKey.export({ format: "jwk" }) }, claims, signedByStranger), "signature"],
    ["without a signature (alg none)", (claims) => jws({ alg: "none" }, claims, () => Buffer.alloc(0)), "alg"],
    ["signed with the client's secret", (claims) => jws({ alg: "HS256", kid: "first" }, claims, signedWith(lying.clientSecret)), "alg"],
    ["signed with the public key as a secret", (claims) => jws({ alg: "HS256", kid: "first" }, claims, signedWith(publicPem())), "alg"],
    ["signed with an algorithm that was not announced", (claims) => jws({ alg: "PS256", kid: "first" }, claims, signedByStranger), "alg"],
    ["whose signature was cut off", (claims) => jws({ alg: "RS256", kid: "first" }, claims, () => Buffer.alloc(0)), "signature"],
    ["with an unsupported critical header", (claims) => jws({ alg: "RS256", kid: "first", crit: ["b64"], b64: false }, claims, signedByStranger), "crit"],
    ["that is encrypted", () => "a.b.c.d.e", "JWE"],
    ["that is not a JWT", () => "token", "JWT"],
    ["whose header is not JSON", () => "a.b.c", "JWT"],
  ]; // biome-ignore format: a line for each

  const publicPem = () => {
    const key = createPublicKey({ key: lying.publicKey() as never, format: "jwk" });
    return key.export({ type: "spki", format: "pem" }).toString();
  };

  it.each(FORGERIES)("%s", async (_, forge, why) => {
    lying.forge = forge;
    await expectNotBelieved(why);
  });

  it.each(["none", "HS256"])("that is signed with %s, even if discovery announces just that", async (alg) => {
    lying.metadata = { id_token_signing_alg_values_supported: [alg] };
    lying.forge = (claims) =>
      jws({ alg }, claims, alg === "none" ? () => Buffer.alloc(0) : signedWith(lying.clientSecret));
    await expectNotBelieved("JWS");
  });

  it("that names the location of its key, which is not called", async () => {
    const elsewhere = createServer((_, response) => void response.end());
    let connections = 0;
    elsewhere.on("connection", () => connections++);
    await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
    const { port } = elsewhere.address() as AddressInfo;
    const header = { alg: "RS256", kid: "first", jku: `http://127.0.0.1:${port}/`, x5u: `http://127.0.0.1:${port}/` };
    lying.forge = (claims) => jws(header, claims, signedByStranger);
    await expectNotBelieved("signature");
    expect(connections).toBe(0);
    await new Promise((resolve) => elsewhere.close(resolve));
  });

  it("that is missing", async () => {
    lying.tokens = { id_token: undefined };
    await expectNotBelieved("id_token");
  });

  it("that was changed after it was signed", async () => {
    let honest = "";
    lying.tokens = {
      get id_token() {
        return honest;
      },
    };
    lying.forge = (claims) => {
      const [header = "", , signature = ""] = jws({ alg: "RS256", kid: "first" }, claims, signedByStranger).split(".");
      honest = `${header}.${base64url({ ...claims, sub: "subject-2" })}.${signature}`;
      return honest;
    };
    await expectNotBelieved("signature");
  });

  it("and is used for no further request", async () => {
    lying.userinfo = { sub: "subject-1", email: "ada@people.example", email_verified: true };
    lying.lie = (claims) => void Object.assign(claims, { email: undefined, nonce: "another" });
    await expectNotBelieved("nonce");
    expect(lying.requests).not.toContain("GET /userinfo");
  });
});

describe("an ID token signed with the client secret (HS256)", () => {
  const configured = () => buildProviders({ ...openIdSettings(lying), idTokenAlgorithm: "HS256" });
  const signedBySecret = (claims: Claims) => jws({ alg: "HS256" }, claims, signedWith(lying.clientSecret));

  it("is accepted from a provider that is configured for it, including its UserInfo", async () => {
    fixtures = configured();
    lying.forge = signedBySecret;
    lying.person = { sub: "subject-1", email: "ada@people.example" };
    lying.userinfo = { sub: "subject-1", email: "ada@people.example", email_verified: true };
    expect(await logIn()).toMatchObject({ subject: "subject-1", emailVerified: true });
  });

  it("is refused from any other provider", async () => {
    lying.forge = signedBySecret;
    await expectNotBelieved("alg");
  });

  it.each([
    ["with another secret", (claims: Claims) => jws({ alg: "HS256" }, claims, signedWith("another".repeat(8)))],
    ["with an empty secret", (claims: Claims) => jws({ alg: "HS256" }, claims, signedWith(""))],
    ["with nothing", (claims: Claims) => jws({ alg: "HS256" }, claims, () => Buffer.alloc(0))],
    [
      "and changed since",
      (claims: Claims) => {
        const [header = "", , signature = ""] = signedBySecret(claims).split(".");
        return [header, base64url({ ...claims, sub: "subject-2" }), signature].join(".");
      },
    ],
  ] as const)("is refused from that provider, too, if it is signed %s", async (_, forge) => {
    // biome-ignore format: a line for each
    fixtures = configured();
    lying.forge = forge;
    await expectNotBelieved("signature is wrong");
  });

  it.each(["RS256", "none"])("may have no other algorithm there: %s", async (alg) => {
    fixtures = configured();
    lying.forge = (claims) =>
      jws({ alg, kid: "first" }, claims, alg === "none" ? () => Buffer.alloc(0) : signedByStranger);
    await expectNotBelieved("JWT");
  });
});

describe("an issuer whose spelling in the settings differs from the provider's", () => {
  const withSlash = () => buildProviders({ ...openIdSettings(lying), issuer: `${lying.issuer}/realm/` });
  beforeEach(() => {
    fixtures = withSlash();
    lying.metadata = { issuer: `${lying.issuer}/realm` };
    lying.instead.set("/realm/.well-known/openid-configuration", (_, response) =>
      response
        .setHeader("content-type", "application/json")
        .end(JSON.stringify({ issuer: `${lying.issuer}/realm`, authorization_endpoint: `${lying.issuer}/authorize` })),
    );
  });

  it("is reported when the program starts, before the first login", async () => {
    await fixtures.providers.check();
    expect(fixtures.logs).toEqual([expect.stringContaining("the issuer in SOCIAL_PROVIDERS")]);
    expect(JSON.parse(fixtures.logs[0] ?? "")).toMatchObject({ level: 40, provider: "acme" });
  });

  it("is refused as an error in the settings, and works as soon as the provider's spelling matches", async () => {
    const refusal = fixtures.provider.authorizationUrl(newVisit());
    await expect(refusal).rejects.toMatchObject({ code: "BAD_REQUEST", reason: "PROVIDER_NOT_CONFIGURED" });
    await expect(refusal).rejects.toThrow(/issuer in the settings/);
    lying.instead.set("/realm/.well-known/openid-configuration", (_, response) =>
      response
        .setHeader("content-type", "application/json")
        .end(JSON.stringify({ issuer: `${lying.issuer}/realm/`, authorization_endpoint: `${lying.issuer}/authorize` })),
    );
    expect((await fixtures.provider.authorizationUrl(newVisit())).pathname).toBe("/authorize");
  });
});

describe("the validity period of an ID token", () => {
  it("is checked with Portcullis's clock: expired if that clock is ahead", async () => {
    fixtures.clock.advance(2 * 3_600_000);
    await expectNotBelieved("exp");
  });

  it("is checked with Portcullis's clock: issued in the future if that clock is behind", async () => {
    fixtures.clock.advance(-3_600_000);
    lying.lie = (claims) => void delete claims.nbf;
    await expectNotBelieved("issued in the future");
  });

  it("is checked with Portcullis's clock: valid if the provider's clock agrees with it", async () => {
    fixtures.clock.advance(86_400_000);
    lying.lie = (claims) => Object.assign(claims, { iat: inSeconds(86_400), exp: inSeconds(90_000) });
    expect(await logIn()).toMatchObject({ subject: "subject-1" });
  });
});

describe("a code is refused", () => {
  it("if it is unknown to the provider", async () => {
    const visit = newVisit();
    const { iss } = await authorizeAndReturn(visit);
    await expectCodeRefused(visit, { code: "made-up-4711", iss });
  });

  it("if it was used before", async () => {
    const visit = newVisit();
    const callback = await authorizeAndReturn(visit);
    await fixtures.provider.identify(visit, callback);
    await expectCodeRefused(visit, callback);
  });

  it("if it belongs to another authorization request, because its verifier does not match", async () => {
    const [mine, theirs] = [newVisit(), newVisit()];
    const [, stolen] = [await authorizeAndReturn(mine), await authorizeAndReturn(theirs)];
    await expectCodeRefused(mine, stolen);
  });

  it("if it was issued for another verifier", async () => {
    const visit = newVisit();
    const callback = await authorizeAndReturn(visit);
    await expectCodeRefused({ ...visit, pkceVerifier: newVisit().pkceVerifier }, callback);
  });

  it("if it is empty or too long, without a request to the provider", async () => {
    const visit = newVisit();
    const { iss } = await authorizeAndReturn(visit);
    await expectCodeRefused(visit, { code: "", iss }, false);
    await expectCodeRefused(visit, { code: "x".repeat(5_000), iss }, false);
  });

  it.each(["\u0000", "\ud800", "😀", "a b&c=d", "ä", "__proto__"])("if it is malformed: %j", async (code) => {
    const visit = newVisit();
    await authorizeAndReturn(visit);
    await expectRefusal(fixtures, fixtures.provider.identify(visit, { code, iss: null }), "INVALID_TOKEN", [
      visit.nonce,
    ]);
  });

  it("if its nonce is of another authorization request, also if the provider does not check verifiers", async () => {
    const [mine, theirs] = [newVisit({ pkceVerifier: "v".repeat(43) }), newVisit({ pkceVerifier: "v".repeat(43) })];
    const stolen = await authorizeAndReturn(theirs);
    await expectRefusal(fixtures, fixtures.provider.identify(mine, stolen), "UPSTREAM_FAILED", secretsOf(mine, stolen));
  });
});

describe("the issuer in the callback (RFC 9207)", () => {
  const announced = { authorization_response_iss_parameter_supported: true };

  it("is the provider's", async () => {
    Object.assign(lying, { metadata: announced, callbackIssuer: lying.issuer });
    expect(await logIn()).toMatchObject({ subject: "subject-1" });
  });

  it("is required if the provider announces it", async () => {
    lying.metadata = announced;
    const visit = newVisit();
    await expectCodeRefused(visit, await authorizeAndReturn(visit), false);
  });

  it.each([announced, {}])("is refused if it is another one, against mix-up attacks (%j)", async (metadata) => {
    lying.metadata = metadata;
    for (const callbackIssuer of ["https://id.another.example", `${lying.issuer}/`, ""]) {
      lying.callbackIssuer = callbackIssuer;
      const visit = newVisit();
      await expectCodeRefused(visit, await authorizeAndReturn(visit), false);
    }
  });
});

describe("a token endpoint that refuses", () => {
  const answer = (status: number, body: unknown) =>
    lying.instead.set("/token", (_, response) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)),
    );

  it.each(["invalid_grant", "invalid_request"])("the code (%s): the login has to start again", async (error) => {
    const visit = newVisit();
    const callback = await authorizeAndReturn(visit);
    answer(400, { error, error_description: `code ${callback.code}` });
    await expectCodeRefused(visit, callback);
    expect(fixtures.logs).toEqual([expect.stringContaining(error)]);
  });

  it.each([
    [401, "invalid_client", "invalid_client"],
    [400, "unauthorized_client", "unauthorized_client"],
    [400, "eyJ-of-its-own", "an error of its own"],
    [500, "invalid_grant", "OAUTH_RESPONSE_IS_NOT_CONFORM"],
  ])("the client (%i %s): it is logged for the operator", async (status, error, why) => {
    answer(status, { error, error_description: lying.clientSecret });
    await expectNotBelieved(why);
  });

  it("with an error that is not a string", async () => {
    answer(400, { error: { toString: lying.clientSecret } });
    await expectNotBelieved("OAUTH");
  });

  it("with a token of another type, or without one", async () => {
    lying.tokens = { token_type: "mac" };
    await expectNotBelieved("token_type");
    lying.tokens = { access_token: undefined };
    fixtures.logs.length = 0;
    await expectNotBelieved("access_token");
  });
});

describe("a claim about the user", () => {
  const profileOf = async (person: Claims) => {
    lying.person = { sub: "subject-1", ...person };
    const { email, emailVerified, name } = await logIn();
    return { email, emailVerified, name };
  };
  const nothing = { email: null, emailVerified: false, name: null };

  it("verifies the address if the boolean is written as a string", async () => {
    expect(await profileOf({ email: "ada@people.example", email_verified: "true" })).toMatchObject({
      emailVerified: true,
    });
  });

  it("vouches for the address only if the settings name its domain, whatever else the provider claims", async () => {
    const claims = {
      vouches: true,
      email_vouched: true,
      hd: "people.example",
      vouchesFor: ["*"],
      email_verified: true,
    };
    const said = async (vouchesFor: readonly string[], person: Claims) => {
      fixtures = buildProviders({ ...openIdSettings(lying), vouchesFor });
      lying.person = { sub: "subject-1", ...claims, ...person };
      return (await logIn()).emailVouched;
    };
    const email = "ada@people.example";
    expect(await said([], { email })).toBe(false);
    expect(await said(["other.example"], { email })).toBe(false);
    expect(await said(["people.example"], { email })).toBe(true);
    expect(await said(["people.example"], { email: "ada@sub.people.example" })).toBe(false);
    expect(await said(["people.example", "*"], { email, email_verified: false })).toBe(false);
  });

  it.each([undefined, false, null, "false", "TRUE", "yes", 1, {}, [[true]]])(
    "does not verify the address if it is %j",
    async (said) => {
      expect(await profileOf({ email: "ada@people.example", email_verified: said })).toEqual({
        email: "ada@people.example",
        emailVerified: false,
        name: null,
      });
    },
  );

  it.each([
    undefined, "", 5, [["ada@people.example"]], "ada", "ada@", "ada@people.example\r\nBcc: all@people.example", "ada@people.example, eve@evil.example",
    "Ada <ada@people.example>", "ada@pe\u043eple.example", `${"a".repeat(65)}@people.example`, ".ada@people.example",
  ])("is not used as an address that Portcullis would not accept from a user: %j", async (email) => {
    expect(await profileOf({ email, email_verified: true })).toEqual(nothing);
  }); // biome-ignore format: one list

  it("is used as a name, trimmed", async () => {
    expect(await profileOf({ name: "  Ada Łucja 李 😀 " })).toEqual({ ...nothing, name: "Ada Łucja 李 😀" });
  });

  it.each(["", "  ", 5, "n".repeat(201), "Ada\nLovelace", "Ada\u0000", "Win at https://evil.example", [["Ada"]]])(
    "is not used as a name that Portcullis would not accept from a user: %j",
    async (name) => {
      expect(await profileOf({ name })).toEqual(nothing);
    },
  );
});

describe("the UserInfo endpoint", () => {
  const bare = { sub: "subject-1" };

  it("is called if the ID token contains no address, and adds what is missing", async () => {
    lying.person = { ...bare, name: "Ada" };
    lying.userinfo = { ...bare, email: "ada@people.example", email_verified: true, name: "Another" };
    expect(await logIn()).toMatchObject({ email: "ada@people.example", emailVerified: true, name: "Ada" });
  });

  it("verifies no address other than the ID token's", async () => {
    lying.person = { ...bare, email: "victim@people.example" };
    lying.userinfo = { ...bare, email: "eve@evil.example", email_verified: true };
    expect(await logIn()).toMatchObject({ email: "victim@people.example", emailVerified: false });
  });

  it("decides whether an address is verified if the ID token does not say so", async () => {
    lying.person = { ...bare, email: "ada@people.example" };
    for (const [said, verified] of [
      [{ email: "Ada@people.example", email_verified: true }, true],
      [{ email_verified: "true" }, true],
      [{ email: "ada@people.example", email_verified: false }, false],
      [{}, false],
    ] as const) {
      lying.userinfo = { ...bare, ...said };
      expect(await logIn(), JSON.stringify(said)).toMatchObject({
        email: "ada@people.example",
        emailVerified: verified,
      });
    }
  });

  it("is not called if the ID token says that the address is not verified", async () => {
    lying.person = { ...bare, email: "ada@people.example", email_verified: false };
    lying.userinfo = { ...bare, email: "ada@people.example", email_verified: true };
    expect(await logIn()).toMatchObject({ emailVerified: false });
    expect(lying.requests).not.toContain("GET /userinfo");
  });

  it("verifies no address in the name of another subject", async () => {
    lying.person = { ...bare, email: "victim@people.example" };
    lying.userinfo = { sub: "subject-2", email: "victim@people.example", email_verified: true };
    await expectNotBelieved("sub");
  });

  it("may sign its response", async () => {
    lying.person = bare;
    lying.userinfo = bare;
    const signed = await lying.sign({ ...bare, email: "ada@people.example", email_verified: true });
    lying.instead.set("/userinfo", (_, response) => response.setHeader("content-type", "application/jwt").end(signed));
    expect(await logIn()).toMatchObject({ email: "ada@people.example", emailVerified: true });
  });

  it("is refused if its response is signed with a foreign key, unsigned, or signed with the client secret", async () => {
    lying.person = bare;
    lying.userinfo = bare;
    const claims = { iss: lying.issuer, aud: lying.clientId, ...bare, email: "v@people.example", email_verified: true };
    for (const [header, by] of [
      [{ alg: "RS256", kid: "first" }, signedByStranger],
      [{ alg: "none" }, () => Buffer.alloc(0)],
      [{ alg: "HS256" }, signedWith(lying.clientSecret)],
    ] as const) {
      lying.instead.set("/userinfo", (_, response) =>
        response.setHeader("content-type", "application/jwt").end(jws(header, claims, by)),
      );
      await expect(logIn()).rejects.toMatchObject({ code: "UPSTREAM_FAILED" });
    }
  });

  it("verifies no address that the ID token does not contain", async () => {
    lying.person = { ...bare, email_verified: true };
    lying.userinfo = { ...bare, email: "victim@people.example" };
    expect(await logIn()).toMatchObject({ email: "victim@people.example", emailVerified: false });
  });

  it.each([
    [{ sub: "subject-2" }, "sub"],
    [{ sub: undefined }, "sub"],
  ])("is refused if it names another subject: %j", async (other, why) => {
    lying.person = bare;
    lying.userinfo = { ...bare, ...other, email: "victim@people.example", email_verified: true };
    await expectNotBelieved(why);
  });

  it("is refused if it returns an error, or is not JSON", async () => {
    lying.person = bare;
    lying.userinfo = bare;
    lying.instead.set("/userinfo", (_, response) => response.writeHead(401, { "www-authenticate": "Bearer" }).end());
    await expectNotBelieved("OAUTH");
    fixtures.logs.length = 0;
    lying.instead.set("/userinfo", (_, response) => response.end("<html>"));
    await expectNotBelieved("OAUTH");
  });
});
