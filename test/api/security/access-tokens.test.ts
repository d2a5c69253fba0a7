import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  decodeJwt,
  decodeProtectedHeader,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  jwtVerify,
  SignJWT,
} from "jose";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MINUTE, SECOND } from "#shared/durations";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { post } from "../../support/clients/raw.ts";
import { createUser, createUserAs } from "../../support/factories/tenants.ts";
import { logIn, newPassword, register, tokenIn } from "../../support/factories/users.ts";
import { buildTestApp, startTestApp, type TestApp } from "../../support/servers/app.ts";

const VALIDATE =
  "mutation ($token: String!) { validateToken(input: { token: $token }) { valid reason claims { userId sessionId tenantId email username role roles permissions issuedAt expiresAt } } }";

const validate = async (app: TestApp, token: string): Promise<UntypedData> =>
  (await app.client().ask(VALIDATE, { token })).validateToken;

const jwks = async (app: TestApp): Promise<JWK[]> =>
  ((await (await fetch(`${app.url}/.well-known/jwks.json`)).json()) as { keys: JWK[] }).keys;

/** Refused by `validateToken` with this reason, and as a bearer token. */
const expectRefused = async (app: TestApp, token: string, reason: string): Promise<void> => {
  expect(await validate(app, token)).toEqual({ valid: false, reason, claims: null });
  const { errors } = await post(app, { query: "{ me { id } }" }, { authorization: `Bearer ${token}` });
  expect(errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED", status: 401 } }]);
};

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

describe("an access token", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  /** A genuine token, and what is needed to forge similar ones. */
  const genuine = async () => {
    const alice = await createUser(app);
    const token = String(alice.client.accessToken);
    const key = await app.app.signingKeys.current();
    const [header, payload] = [decodeProtectedHeader(token) as JWTHeaderParameters, decodeJwt(token)];
    const sign = (claims: JWTPayload, headers: Partial<JWTHeaderParameters> = {}, signingKey = key.privateKey) =>
      new SignJWT(claims).setProtectedHeader({ ...header, ...headers }).sign(signingKey);
    return { alice, token, key, header, payload, sign };
  };

  it("is valid, and contains user, session, tenant and expiry", async () => {
    const { alice, token, payload, header } = await genuine();
    expect(header).toMatchObject({ alg: "EdDSA", typ: "at+jwt", kid: expect.any(String) });
    expect(await validate(app, token)).toEqual({
      valid: true,
      reason: null,
      claims: {
        userId: alice.id,
        sessionId: alice.sessionId,
        tenantId: payload.tid,
        email: alice.email,
        username: null,
        role: "MEMBER",
        roles: ["MEMBER"],
        permissions: [],
        issuedAt: expect.any(String),
        expiresAt: expect.any(String),
      },
    });
  });

  it("is accepted if signed again with the same claims and key: the forgeries below differ in one thing each", async () => {
    const { payload, sign } = await genuine();
    expect(await validate(app, await sign(payload))).toMatchObject({ valid: true });
  });

  it.each(["none", "None", "NONE", "nOnE"])("without a signature is refused (alg %s)", async (alg) => {
    const { payload, header, token } = await genuine();
    const unsigned = `${part({ ...header, alg })}.${part(payload)}.`;
    await expectRefused(app, unsigned, "BAD_SIGNATURE");
    await expectRefused(app, unsigned + token.split(".")[2], "BAD_SIGNATURE");
  });

  it("signed with the public key as a shared secret is refused", async () => {
    const { payload, header, key } = await genuine();
    const [jwk] = await jwks(app);
    const spki = await exportSPKI(
      (await importJWK(jwk as JWK, "EdDSA", { extractable: true })) as Parameters<typeof exportSPKI>[0],
    );
    const secrets = [spki, spki.trim(), JSON.stringify(jwk), String(jwk?.x), Buffer.from(String(jwk?.x), "base64url")];
    for (const secret of secrets) {
      const bytes = typeof secret === "string" ? new TextEncoder().encode(secret) : new Uint8Array(secret);
      const forged = await new SignJWT(payload)
        .setProtectedHeader({ ...header, alg: "HS256", kid: key.kid })
        .sign(bytes);
      await expectRefused(app, forged, "BAD_SIGNATURE");
    }
  });

  it.each(["EdDSA", "ES256", "RS256"])(
    "signed with another party's %s key is refused, under our kid and under any other",
    async (alg) => {
      const { payload, key } = await genuine();
      const { privateKey } = await generateKeyPair(alg);
      for (const kid of [
        key.kid,
        "unknown",
        "",
        "../../../dev/null",
        "/dev/null",
        "' or '1'='1",
        "\0",
        "__proto__",
        "constructor",
        "x".repeat(500),
      ])
        await expectRefused(
          app,
          await new SignJWT(payload).setProtectedHeader({ alg, typ: "at+jwt", kid }).sign(privateKey),
          "BAD_SIGNATURE",
        );
      await expectRefused(
        app,
        await new SignJWT(payload).setProtectedHeader({ alg, typ: "at+jwt" }).sign(privateKey),
        "BAD_SIGNATURE",
      );
    },
  );

  it("that contains or references its own key is refused, and nothing is fetched", async () => {
    const { payload, key } = await genuine();
    const { privateKey, publicKey } = await generateKeyPair("EdDSA", { extractable: true });
    const jwk = await exportJWK(publicKey);
    let hits = 0;
    const server = createServer((_, response) => {
      hits += 1;
      response.end(JSON.stringify({ keys: [{ ...jwk, kid: "theirs", alg: "EdDSA", use: "sig" }] }));
    }).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
    try {
      for (const kid of ["theirs", url, key.kid])
        for (const extra of [{ jku: url }, { x5u: url }, { jwk }, { jku: url, jwk, x5u: url }, { x5c: ["MIIB"] }]) {
          const forged = new SignJWT({ ...payload, iss: String(payload.iss) });
          await expectRefused(
            app,
            await forged.setProtectedHeader({ alg: "EdDSA", typ: "at+jwt", kid, ...extra }).sign(privateKey),
            "BAD_SIGNATURE",
          );
        }
      expect(hits).toBe(0);
      // The server was running and would have responded.
      await fetch(url);
      expect(hits).toBe(1);
    } finally {
      server.close();
    }
  });

  it("with changed claims or header is refused", async () => {
    const { token, payload, header } = await genuine();
    const [head, body, signature] = token.split(".");
    await expectRefused(
      app,
      `${head}.${part({ ...payload, roles: ["USER", "OPERATOR"], role: "OPERATOR" })}.${signature}`,
      "BAD_SIGNATURE",
    );
    await expectRefused(app, `${part({ ...header, extra: 1 })}.${body}.${signature}`, "BAD_SIGNATURE");
    await expectRefused(app, `${head}.${body}.${part({})}`, "BAD_SIGNATURE");
    await expectRefused(app, `${head}.${body}.`, "BAD_SIGNATURE");
  });

  it("is accepted in one spelling only: another one of the same bytes is MALFORMED", async () => {
    const { token } = await genuine();
    const [head = "", body = "", signature = ""] = token.split(".");
    const bytes = Buffer.from(signature, "base64url");
    const endings = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"]
      .map((last) => signature.slice(0, -1) + last)
      .filter((other) => other !== signature && Buffer.from(other, "base64url").equals(bytes));
    expect(endings).toHaveLength(15);
    const classic = Buffer.from(signature, "base64url").toString("base64");
    const spellings = [
      ...endings.map((ending) => `${head}.${body}.${ending}`),
      ...[`${token}==`, `${token}=`, `${head}.${body} .${signature}`],
      ...[`${head}=.${body}.${signature}`, `${head}.${body}=.${signature}`, `${head}.${body}.${classic}`],
    ];
    for (const spelling of spellings) await expectRefused(app, spelling, "MALFORMED");
    // In a header this whitespace is not part of the token.
    for (const spelling of [` ${token}`, `${token} `, `${token}\n`])
      expect(await validate(app, spelling)).toEqual({ valid: false, reason: "MALFORMED", claims: null });
  });

  it.each<[string, Partial<JWTHeaderParameters>]>([
    ["a plain JWT", { typ: "JWT" }],
    ["a logout token", { typ: "logout+jwt" }],
    ["a token with unknown critical extensions", { crit: ["exp"] }],
  ])("must be of the right type: %s with our signature is refused", async (_, headers) => {
    const { payload, sign } = await genuine();
    const { crit, ...rest } = headers;
    const token = await sign(payload, rest);
    if (!crit) return expectRefused(app, token, "MALFORMED");
    const [, body, signature] = token.split(".");
    await expectRefused(app, `${part({ ...decodeProtectedHeader(token), crit })}.${body}.${signature}`, "MALFORMED");
  });

  it.each<[string, (payload: JWTPayload) => JWTPayload]>([
    ["for another audience", (payload) => ({ ...payload, aud: "billing" })],
    ["without an audience", ({ aud: _, ...payload }) => payload],
    ["of another issuer", (payload) => ({ ...payload, iss: "https://evil.test" })],
    ["of an issuer with our name in it", (payload) => ({ ...payload, iss: `${payload.iss}.evil.test` })],
    ["without an issuer", ({ iss: _, ...payload }) => payload],
    ["without an expiry", ({ exp: _, ...payload }) => payload],
    ["with an expiry that is not a time", (payload) => ({ ...payload, exp: "never" as never })],
    ["without a session", ({ sid: _, ...payload }) => payload],
    ["without a user", ({ sub: _, ...payload }) => payload],
    ["without a tenant", ({ tid: _, ...payload }) => payload],
  ])("%s is refused, although we signed it", async (_, change) => {
    const { payload, sign } = await genuine();
    await expectRefused(app, await sign(change(payload)), "MALFORMED");
  });

  it.each<[string, (payload: JWTPayload, other: JWTPayload) => JWTPayload]>([
    ["of another user's session", (payload, other) => ({ ...payload, sid: other.sid })],
    ["of another user in its own session", (payload, other) => ({ ...payload, sub: String(other.sub) })],
    ["of another tenant", (payload) => ({ ...payload, tid: "00000000-0000-7000-8000-000000000000" })],
    ["of a session that does not exist", (payload) => ({ ...payload, sid: "00000000-0000-7000-8000-000000000000" })],
    ["of a session with an invalid id", (payload) => ({ ...payload, sid: "'; drop table sessions" })],
    ["with a higher role", (payload) => ({ ...payload, roles: ["MEMBER", "ADMIN"], role: "ADMIN" })],
    ["of an operator", (payload) => ({ ...payload, role: "OPERATOR" })],
    ["with another permission", (payload) => ({ ...payload, scope: "members:manage" })],
    [
      "with the roles of the previous version",
      ({ scope: _, ...payload }) => ({ ...payload, roles: ["USER", "ADMIN"] }),
    ],
    ["without roles", ({ roles: _, ...payload }) => payload],
    ["with roles that are not a list", (payload) => ({ ...payload, roles: "OPERATOR" })],
  ])("%s is not accepted, although we signed it", async (_, change) => {
    const { payload, sign } = await genuine();
    const other = await genuine();
    const token = await sign(change(payload, other.payload));
    const { valid, reason } = await validate(app, token);
    expect(valid).toBe(false);
    expect(["REVOKED", "MALFORMED"]).toContain(reason);
    const { errors } = await post(app, { query: "{ me { id } }" }, { authorization: `Bearer ${token}` });
    expect(errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED" } }]);
  });

  it.each([
    "",
    " ",
    "x",
    "a.b",
    "a.b.c",
    "a.b.c.d.e",
    "....",
    "eyJhbGciOiJub25lIn0",
    "\u{1f600}.\u{1f600}.\u{1f600}",
    "null",
    "Bearer x",
    "x".repeat(5_000),
  ])("cannot be replaced by %j", async (text) => {
    expect(await validate(app, text)).toEqual({ valid: false, reason: "MALFORMED", claims: null });
  });

  it("expires on time, to the second, even if it was cached", async () => {
    const { token } = await genuine();
    expect(await validate(app, token)).toMatchObject({ valid: true });
    app.clock.advance(14 * MINUTE + 50 * SECOND);
    expect(await validate(app, token)).toMatchObject({ valid: true });
    app.clock.advance(11 * SECOND);
    await expectRefused(app, token, "EXPIRED");
  });

  it("that is not yet valid is refused, and setting the clock back does not revive an expired one", async () => {
    const { payload, sign } = await genuine();
    const future = Number(payload.iat) + 3_600;
    await expectRefused(app, await sign({ ...payload, nbf: future }), "MALFORMED");
    const { token } = await genuine();
    app.clock.advance(16 * MINUTE);
    await expectRefused(app, token, "EXPIRED");
  });

  it("is REVOKED once its session has ended", async () => {
    const { alice, token } = await genuine();
    await alice.client.ask("mutation { logout { endedSessionId } }");
    await expectRefused(app, token, "REVOKED");
  });

  it("is accepted in the Authorization header only", async () => {
    const { token } = await genuine();
    const ask = (headers: Record<string, string>) => post(app, { query: "{ me { id } }" }, headers);
    for (const headers of [
      { cookie: `access_token=${token}; __Host-portcullis_refresh=${token}` },
      { "x-access-token": token },
      { authorization: token },
      { authorization: `Basic ${token}` },
      { authorization: `Bearer ${token} ${token}` },
      { authorization: `Bearer ${token},Bearer ${token}` },
      { authorization: `Bearer\t${token}` },
    ])
      expect((await ask(headers)).errors).toMatchObject([{ extensions: { code: "UNAUTHENTICATED" } }]);
    expect((await ask({ authorization: `bearer ${token}` })).errors).toEqual([]);
  });
});

describe("tokens of one kind", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  it("are not accepted in place of another kind", async () => {
    const alice = await createUser(app);
    const email = `pending-${alice.email}`;
    const verifyToken = await register(app, { email, password: newPassword() });
    const { client } = alice;
    await client.ask(
      "mutation ($email: EmailAddress!) { requestPasswordReset(input: { email: $email }) { accepted } }",
      {
        email: alice.email,
      },
    );
    const resetMail = await app.mail.waitForMail({ to: alice.email, subject: /password/i });
    const resetToken = tokenIn(resetMail);
    const tokens = {
      access: String(client.accessToken),
      refresh: String(client.refreshToken),
      device: String(client.deviceToken),
      verify: verifyToken,
      reset: resetToken,
      session: alice.sessionId,
    };
    expect(new Set(Object.values(tokens)).size).toBe(6);
    const DOORS: Record<string, { right: keyof typeof tokens; refused: (token: string) => Promise<boolean> }> = {
      bearer: {
        right: "access",
        refused: async (token) =>
          (await post(app, { query: "{ me { id } }" }, { authorization: `Bearer ${token}` })).errors[0]?.extensions
            .code === "UNAUTHENTICATED",
      },
      validateToken: { right: "access", refused: async (token) => !(await validate(app, token)).valid },
      passwordResetToken: {
        right: "reset",
        refused: async (token) =>
          !(
            await app
              .client()
              .ask("mutation ($token: String!) { checkPasswordResetToken(input: { token: $token }) { valid } }", {
                token,
              })
          ).checkPasswordResetToken.valid,
      },
      refreshToken: {
        right: "refresh",
        refused: (token) =>
          isRefused(
            "mutation ($token: String!) { refreshToken(input: { refreshToken: $token }) { tokens { accessToken } } }",
            token,
            "INVALID_REFRESH_TOKEN",
          ),
      },
      verifyEmail: {
        right: "verify",
        refused: (token) =>
          isRefused(
            'mutation ($token: String!) { verifyEmail(input: { token: $token, password: "a quite new passphrase 41" }) { __typename } }',
            token,
            "INVALID_TOKEN",
          ),
      },
      undoEmailChange: {
        right: "device",
        refused: (token) =>
          isRefused(
            "mutation ($token: String!) { undoEmailChange(input: { token: $token }) { email } }",
            token,
            "INVALID_TOKEN",
          ),
      },
      resetPassword: {
        right: "reset",
        refused: (token) =>
          isRefused(
            'mutation ($token: String!) { resetPassword(input: { token: $token, newPassword: "a quite new passphrase 41" }) { endedSessionIds } }',
            token,
            "INVALID_TOKEN",
          ),
      },
    };
    const isRefused = async (query: string, token: string, code: string) => {
      const { errors } = await app.client().send(query, { token });
      return errors[0]?.extensions.code === code;
    };
    for (const [transport, { right, refused }] of Object.entries(DOORS))
      for (const [kind, token] of Object.entries(tokens))
        if (kind !== right || transport === "undoEmailChange")
          expect(await refused(token), `${kind} at ${transport}`).toBe(true);
    // And each kind still works in its own place.
    for (const transport of [
      "bearer",
      "validateToken",
      "passwordResetToken",
      "refreshToken",
      "verifyEmail",
      "resetPassword",
    ]) {
      const { right, refused } = DOORS[transport] as (typeof DOORS)[string];
      expect(await refused(tokens[right]), `${right} at ${transport}`).toBe(false);
    }
  });
});

describe.each(["EdDSA", "ES256", "RS256", "HS256"] as const)("with JWT_ALGORITHM=%s", (algorithm) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ settings: { JWT_ALGORITHM: algorithm } });
  });
  afterAll(() => app.stop());

  it("tokens are signed and verified, here and with the published keys", async () => {
    const alice = await createUser(app);
    const token = String(alice.client.accessToken);
    expect(decodeProtectedHeader(token).alg).toBe(algorithm);
    expect(await validate(app, token)).toMatchObject({ valid: true });
    await alice.client.ask("{ me { id } }");
    const keys = await jwks(app);
    if (algorithm === "HS256") return expect(keys).toEqual([]);
    const [key] = keys;
    const verified = await jwtVerify(token, await importJWK(key as JWK, algorithm), {
      issuer: "http://portcullis.test",
      audience: "portcullis",
      typ: "at+jwt",
      currentDate: app.clock.now(),
    });
    expect(verified.payload.sub).toBe(alice.id);
  });

  it("published keys have no secret part", async () => {
    const response = await fetch(`${app.url}/.well-known/jwks.json`);
    expect(response.headers.get("content-type")).toContain("application/jwk-set+json");
    expect(response.headers.get("cache-control")).toBe("public, max-age=300, stale-while-revalidate=60");
    for (const key of ((await response.json()) as { keys: JWK[] }).keys) {
      for (const secret of ["d", "p", "q", "dp", "dq", "qi", "k", "oth"]) expect(key).not.toHaveProperty(secret);
      expect(key).toMatchObject({ use: "sig", alg: algorithm, kid: expect.any(String) });
    }
  });

  it("keys are stored encrypted in the database", async () => {
    const rows = await app.app.db.execute("select to_jsonb(k)::text as row from signing_keys k");
    expect(rows.length).toBeGreaterThan(0);
    for (const { row } of rows) expect(row).not.toMatch(/\\?"(d|k)\\?":/);
  });
});

describe("the rotation of keys", () => {
  let app: TestApp;
  let replica: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
    replica = await startTestApp({ replicaOf: app });
  });
  afterAll(async () => {
    await replica.stop();
    await app.stop();
  });

  const kidOf = (token: string | null) => decodeProtectedHeader(String(token)).kid;

  it("keeps publishing the cached keys while the database is unavailable, because offline verification needs no database", async () => {
    const cutOff = await buildTestApp();
    const published = await cutOff.app.signingKeys.jwks();
    await cutOff.close();
    cutOff.clock.advance(61 * SECOND);
    expect(await cutOff.app.signingKeys.jwks()).toEqual(published);
  });

  it("publishes the next key before it signs, keeps the last one until its tokens have expired, and interrupts no client", async () => {
    const admin = await createUserAs(app, "ADMIN");
    const first = kidOf(admin.client.accessToken);
    const { kid: next } = await app.app.signingKeys.rotate();
    const kids = async (of: TestApp) => (await jwks(of)).map(({ kid }) => kid);

    // Known here immediately, on the other replica within a minute, and not yet signing.
    expect(await kids(app)).toEqual(expect.arrayContaining([first, next]));
    app.clock.advance(61 * SECOND);
    expect(await kids(replica)).toEqual(expect.arrayContaining([first, next]));
    const [here, there] = [app.client(), replica.client()];
    for (const client of [here, there]) {
      await logIn(client, admin.email, admin.password);
      expect(kidOf(client.accessToken)).toBe(first);
    }

    // After the time that others may cache the key set (360 s), and a minute's margin, it signs.
    app.clock.advance(358 * SECOND);
    for (const client of [app.client(), replica.client()]) {
      await logIn(client, admin.email, admin.password);
      expect(kidOf(client.accessToken)).toBe(first);
    }
    app.clock.advance(62 * SECOND);
    for (const client of [app.client(), replica.client()]) {
      await logIn(client, admin.email, admin.password);
      expect(kidOf(client.accessToken)).toBe(next);
      expect(await validate(app, String(client.accessToken))).toMatchObject({ valid: true });
      expect(await validate(replica, String(client.accessToken))).toMatchObject({ valid: true });
    }
    // Tokens of the old key are valid until they expire.
    for (const of of [app, replica]) {
      expect(await validate(of, String(there.accessToken))).toMatchObject({ valid: true });
      expect(await kids(of)).toEqual(expect.arrayContaining([first, next]));
    }
    app.clock.advance(10 * MINUTE);
    expect(await validate(replica, String(there.accessToken))).toMatchObject({ valid: false, reason: "EXPIRED" });
    // Then it is removed, and cannot sign any more, even for a thief of the key.
    app.clock.advance(8 * MINUTE);
    for (const of of [app, replica]) expect(await kids(of)).toEqual([next]);
  });

  it("takes effect immediately: a token with a key that a replica does not know yet is looked up", async () => {
    const alice = await createUser(app);
    app.clock.advance(6 * SECOND);
    const { kid: next } = await app.app.signingKeys.rotate(0);
    const client = app.client();
    await logIn(client, alice.email, alice.password);
    expect(kidOf(client.accessToken)).toBe(next);
    expect(await validate(replica, String(client.accessToken))).toMatchObject({ valid: true });
  });
});
