import { randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import { Secret } from "otpauth";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { tenants } from "#features/tenants/index";
import { MINUTE } from "#shared/durations";
import { ERROR_REASONS, ERROR_STATUS, type ErrorCode } from "#shared/errors";
import {
  AuthenticatorApp,
  beginLogin,
  CONFIRM_TOTP,
  ENABLE_TOTP,
  FINISH_PASSKEY_LOGIN,
  REGENERATE_BACKUP_CODES,
  SEND_EMAIL_CODE,
  START_PASSKEY_LOGIN,
  VERIFY_BACKUP_CODE,
  VERIFY_EMAIL_CODE,
  VERIFY_TOTP,
} from "../../support/clients/factors.ts";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { memberWith, present } from "../../support/clients/narrow.ts";
import { get, post, type RawAnswer } from "../../support/clients/raw.ts";
import { operationOf, rootFieldsOf } from "../../support/clients/root-fields.ts";
import { createMember, createTenant, createUser } from "../../support/factories/tenants.ts";
import { LOGIN, newEmail, newPassword, VERIFY } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { tracesIn } from "../../support/servers/traces.ts";

const CANARY = "canary-7d1f0b2e";

/** The form of every error of this API, for any input. */
const expectOurErrors = ({ status, errors, text }: RawAnswer): void => {
  expect(errors.length, text).toBeGreaterThan(0);
  expect(status).toBeLessThan(500);
  for (const { message, extensions } of errors) {
    expect(Object.keys(ERROR_STATUS)).toContain(extensions.code);
    if (status === 200 || status === 400) expect(extensions.status).toBe(ERROR_STATUS[extensions.code as ErrorCode]);
    if (extensions.reason !== undefined) expect(ERROR_REASONS).toContain(extensions.reason);
    const known = ["code", "status", "reason", "fields", "attemptsLeft", "retryAfter"];
    expect(Object.keys(extensions).filter((key) => !known.includes(key))).toEqual([]);
    expect(message).not.toMatch(/\bat .*:\d+:\d+|node_modules|\.ts\b|select |insert |postgres/i);
  }
};

describe("secrets in wrong places", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ settings: { LOG_LEVEL: "trace", PUBLIC_URL: "https://id.example.test" } });
  });
  afterAll(() => app.stop());

  const variables = (input: unknown) => ({ query: LOGIN, variables: { input } });
  const identifier = newEmail();
  const REGISTER = "mutation ($input: RegisterInput!) { register(input: $input) { next } }";
  const REFRESH = "mutation ($input: RefreshTokenInput) { refreshToken(input: $input) { tokens { accessToken } } }";

  const MISTAKES: [string, object | string][] = [
    ["a password as a number", variables({ identifier, password: 7_777_777_123_456 })],
    ["a password as an object", variables({ identifier, password: { value: CANARY } })],
    ["a password as a list", variables({ identifier, password: [CANARY, CANARY] })],
    ["a password as a key", variables({ identifier, password: { [CANARY]: 1 } })],
    ["a password in an unknown field", variables({ identifier, password: "x", passwort: CANARY })],
    ["a password as the name of a field", variables({ identifier, password: "x", [CANARY]: 1 })],
    ["a password in an enum", variables({ identifier, password: CANARY, transport: CANARY })],
    ["a password as the whole input", variables(CANARY)],
    ["a password as a list of inputs", variables([CANARY])],
    ["a password in place of the identifier's type", variables({ identifier: [CANARY], password: CANARY })],
    ["a password in an address", { query: REGISTER, variables: { input: { email: CANARY, password: CANARY } } }],
    [
      "a password after an address",
      { query: REGISTER, variables: { input: { email: `a b@${CANARY}`, password: CANARY } } },
    ],
    [
      "a password in a name",
      { query: REGISTER, variables: { input: { email: newEmail(), password: newPassword(), name: `\0${CANARY}` } } },
    ],
    ["a weak password", { query: REGISTER, variables: { input: { email: newEmail(), password: CANARY.slice(0, 0) } } }],
    [
      "a password in a username",
      {
        query: REGISTER,
        variables: { input: { email: newEmail(), password: newPassword(), username: `${CANARY} !` } },
      },
    ],
    [
      "a variable that is not declared",
      {
        query: `mutation { login(input: { identifier: "a", password: $p }) { __typename } }`,
        variables: { p: CANARY },
      },
    ],
    [
      "a literal of the wrong type",
      { query: `mutation { login(input: { identifier: "a", password: ["${CANARY}"] }) { __typename } }` },
    ],
    [
      "a literal with a wrong field",
      { query: `mutation { login(input: { identifier: "a", password: "x", passwort: "${CANARY}" }) { __typename } }` },
    ],
    [
      "a literal that is an enum",
      {
        query: `mutation { login(input: { identifier: "a", password: "x", transport: ${CANARY.replaceAll("-", "_")} }) { __typename } }`,
      },
    ],
    [
      "a literal text in place of an enum",
      { query: `mutation { login(input: { identifier: "a", password: "x", transport: "${CANARY}" }) { __typename } }` },
    ],
    [
      "a literal address",
      { query: `mutation { register(input: { email: "${CANARY}", password: "${CANARY}" }) { next } }` },
    ],
    ["a literal in place of an input", { query: `mutation { login(input: "${CANARY}") { __typename } }` }],
    ["a literal that is never closed", { query: `mutation { login(input: { identifier: "a", password: "${CANARY}` }],
    [
      "a literal without quotes",
      { query: `mutation { login(input: { identifier: "a", password: ${CANARY} }) { __typename } }` },
    ],
    [
      "a literal without its key",
      { query: `mutation { login(input: { identifier: "a", "${CANARY}" }) { __typename } }` },
    ],
    [
      "a default value",
      { query: `mutation ($p: Int = "${CANARY}") { login(input: { identifier: "a", password: $p }) { __typename } }` },
    ],
    ["a refresh token as a number", { query: REFRESH, variables: { input: { refreshToken: 7_777_777_123_456 } } }],
    ["a refresh token in the wrong field", { query: REFRESH, variables: { input: { token: CANARY } } }],
    ["an invalid refresh token", { query: REFRESH, variables: { input: { refreshToken: CANARY } } }],
    ["an invalid link token", { query: VERIFY, variables: { input: { token: CANARY, password: CANARY } } }],
    [
      "an invalid code and challenge",
      { query: VERIFY_TOTP, variables: { input: { challenge: CANARY, code: CANARY } } },
    ],
    [
      "a code as a number",
      { query: VERIFY_TOTP, variables: { input: { challenge: CANARY, code: 7_777_777_123_456 } } },
    ],
    ["an invalid challenge for a mailed code", { query: SEND_EMAIL_CODE, variables: { challenge: CANARY } }],
    ["an invalid challenge for a passkey", { query: START_PASSKEY_LOGIN, variables: { challenge: CANARY } }],
    ["a passkey as text", { query: FINISH_PASSKEY_LOGIN, variables: { input: { challenge: "x", response: CANARY } } }],
    [
      "a passkey as a list",
      { query: FINISH_PASSKEY_LOGIN, variables: { input: { challenge: "x", response: [CANARY] } } },
    ],
    [
      "an invalid passkey",
      {
        query: FINISH_PASSKEY_LOGIN,
        variables: { input: { challenge: CANARY, response: { [CANARY]: CANARY, id: CANARY, response: CANARY } } },
      },
    ],
    [
      "a literal passkey as text",
      {
        query: `mutation { finishPasskeyLogin(input: { challenge: "x", response: "${CANARY}" }) { __typename } }`,
      },
    ],
    ["a body that is not JSON", `{"query": "${CANARY}`],
    ["a body that is only the secret", CANARY],
    ["variables that are the secret", { query: LOGIN, variables: CANARY }],
    ["extensions", { query: LOGIN, extensions: CANARY }],
    ["a wrong password", variables({ identifier, password: CANARY })],
    ["a password with NUL", variables({ identifier, password: `${CANARY}\0` })],
    ["a password as the identifier", variables({ identifier: `${CANARY}\0@example.com`, password: CANARY })],
    ["a password of a megabyte", variables({ identifier, password: CANARY.repeat(3_000) })],
  ];

  /** An invalid language tag never causes a refusal. */
  const IN_A_LANGUAGE = {
    query: REGISTER,
    variables: { input: { email: newEmail(), password: newPassword(), locale: CANARY } },
  };

  it("a password in a language: the response is that of any registration, and does not repeat it", async () => {
    const { status, errors, text } = await post(app, IN_A_LANGUAGE, { authorization: `Bearer ${CANARY}` });
    expect({ status, errors }).toEqual({ status: 200, errors: [] });
    expect(text).toContain('"next"');
    expect(text).not.toContain(CANARY);
  });

  it.each(MISTAKES)("%s: the response does not repeat it", async (_, body) => {
    const answer = await post(app, body, {
      authorization: `Bearer ${CANARY}`,
      cookie: `__Host-portcullis_device=${CANARY}`,
    });
    expectOurErrors(answer);
    for (const secret of [CANARY, CANARY.replaceAll("-", "_"), "7777777123456"])
      expect(answer.text).not.toContain(secret);
  });

  it("are not repeated in responses to GET", async () => {
    const wrong = { query: LOGIN, variables: JSON.stringify({ input: { identifier: CANARY, password: [CANARY] } }) };
    for (const search of [wrong, { ...wrong, variables: `{${CANARY}` }, { query: CANARY, operationName: CANARY }]) {
      const answer = await get(app, search, { "apollo-require-preflight": "1" });
      expectOurErrors(answer);
      expect(answer.text).not.toContain(CANARY);
    }
  });

  it("are not in the log, the metrics, the tables or the jobs", async () => {
    // A complete session with secrets, right and wrong ones.
    const alice = await createUser(app);
    const password = `${CANARY} ${newPassword()}`;
    await alice.client.ask(
      "mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { endedSessions { id } } }",
      {
        input: { currentPassword: alice.password, newPassword: password, logout: "NONE" },
      },
    );
    const { login } = await app.client().ask(LOGIN, { input: { identifier: alice.email, password } });
    for (const body of [IN_A_LANGUAGE, ...MISTAKES.map(([, mistake]) => mistake)])
      await post(app, body, { authorization: `Bearer ${alice.client.accessToken}` });
    await alice.client.refused(
      "mutation ($input: ReauthenticateInput!) { reauthenticate(input: $input) { accessToken } }",
      {
        input: { password: `${CANARY} wrong` },
      },
    );
    const factors = [...(await secretsOfAnApp()), ...(await secretsOfAMailedCode())];
    const { accessToken, refreshToken } = memberWith("tokens", login).tokens;
    const secrets = [
      CANARY,
      "7777777123456",
      accessToken,
      present(refreshToken),
      present(memberWith("deviceToken", login).deviceToken),
      alice.password,
      String(alice.client.refreshToken),
      ...factors,
    ];

    const places = await tracesIn(app);
    expect(places.log).toContain('"route":"/graphql"');
    expect(places.metrics).toContain("portcullis_graphql_field_seconds");
    expect(places.security_events).toContain("LOGIN_SUCCEEDED");
    for (const table of ["totp_secrets", "backup_codes", "email_codes", "login_challenges"])
      expect(places[table]).toContain('"user_id"');
    for (const [place, content] of Object.entries(places))
      for (const secret of secrets) {
        // An entered identifier is shown to admins by design.
        const known = place === "login_attempts" && secret === CANARY;
        if (!known) expect(holds(content, secret), `${place} has ${secret}`).toBe(false);
      }
  });

  /** Whether it occurs there; six digits only if they stand alone, because longer numbers and ids may contain them. */
  const holds = (content: string, secret: string): boolean =>
    /^\d{6}$/.test(secret) ? new RegExp(`(?<![\\w.-])${secret}(?![\\w-])`).test(content) : content.includes(secret);

  /** Uses of an authenticator app and backup codes, right and wrong ones; returns every secret that was involved. */
  const secretsOfAnApp = async (): Promise<string[]> => {
    const bob = await createUser(app);
    const { secret, backupCodes } = (await bob.client.ask(ENABLE_TOTP)).enableTotp;
    const authenticator = new AuthenticatorApp(secret);
    await bob.client.ask(CONFIRM_TOTP, { code: authenticator.code(app.clock.now()) });
    app.clock.advance(MINUTE);
    const [first, second] = [await beginLogin(app.client(), bob), await beginLogin(app.client(), bob)];
    const verify = (operation: string, { challenge }: UntypedData, code: string) =>
      app.client().send(operation, { input: { challenge, code } });
    await verify(VERIFY_TOTP, first, `${CANARY} wrong`);
    await verify(VERIFY_BACKUP_CODE, first, `${CANARY} wrong`);
    const code = authenticator.code(app.clock.now());
    const answers = [
      await verify(VERIFY_TOTP, first, code),
      await verify(VERIFY_BACKUP_CODE, second, present(backupCodes[0])),
    ];
    expect(answers.flatMap(({ errors }) => errors)).toEqual([]);
    const { backupCodes: renewed } = (await bob.client.ask(REGENERATE_BACKUP_CODES)).regenerateBackupCodes;
    await bob.client.ask(ENABLE_TOTP);
    const raw = Buffer.from(Secret.fromBase32(secret).bytes);
    return [
      ...[...backupCodes, ...renewed].flatMap((shown: string) => [shown, shown.replaceAll("-", "")]),
      ...[secret, raw.toString("hex"), raw.toString("base64"), raw.toString("base64url"), code],
      ...[first.challenge, second.challenge],
    ];
  };

  /** A login that a mailed code finishes, which was in a job and in a table. */
  const secretsOfAMailedCode = async (): Promise<string[]> => {
    const tenant = await createTenant(app);
    const carol = await createMember(app, tenant);
    await app.app.db.update(tenants).set({ requireSecondFactor: true }).where(eq(tenants.id, tenant.id));
    const { challenge } = await beginLogin(app.client(), carol);
    const { subject = "" } = await app.mail.waitForMail({ to: carol.email, subject: /login code/ });
    const [code = ""] = /\d{6}/.exec(subject) ?? [];
    await app.client().ask(VERIFY_EMAIL_CODE, { input: { challenge, code } });
    return [challenge, code];
  };

  it("include a password typed as the identifier, of which only a digest is stored", async () => {
    const identifier = `${CANARY}-typed`;
    expectOurErrors(await post(app, variables({ identifier, password: "x" })));
    const places = await tracesIn(app);
    const holding = Object.keys(places).filter((place) => places[place]?.includes(identifier));
    expect(holding).toEqual([]);
    const digest = app.app.unknownIdentifiers.digest(identifier);
    const digested = Object.keys(places).filter((place) => places[place]?.includes(digest));
    expect(digested.sort()).toEqual(["login_attempts", "rate_limits"]);
  });
});

describe("an unexpected error", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app.stop());

  it("is answered without its cause, and logged without values", async () => {
    const alice = await createUser(app);
    await app.app.db.execute(`alter table security_events rename to mislaid`);
    try {
      const { errors, text, status } = await post(app, {
        query: LOGIN,
        variables: { input: { identifier: alice.email, password: CANARY } },
      });
      expect(status).toBe(200);
      expect(errors).toEqual([
        expect.objectContaining({
          message: "Something went wrong.",
          extensions: { code: "INTERNAL_SERVER_ERROR", status: 500 },
        }),
      ]);
      expect(text).not.toMatch(/security_events|relation|stack/);
    } finally {
      await app.app.db.execute(`alter table mislaid rename to security_events`);
    }
    const logged = app.logs.filter((line) => line.includes("a resolver failed"));
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain("42P01");
    for (const value of [alice.email, alice.id, CANARY]) expect(logged[0]).not.toContain(value);
  });
});

describe("production", () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({
      settings: {
        NODE_ENV: "production",
        PUBLIC_URL: "https://auth.example.com",
        MAIL_FROM: "Auth <auth@example.com>",
        CORS_ORIGINS: "https://app.example.com",
        SECRET_KEYS: `one:${randomBytes(32).toString("base64")}`,
      },
    });
  });
  afterAll(() => app.stop());

  it.each(["{ __schema { types { name } } }", '{ __type(name: "User") { name } }'])(
    "refuses introspection: %s",
    async (query) => {
      const answer = await post(app, { query });
      expectOurErrors(answer);
      expect(answer.status).toBe(400);
      expect(answer.text).not.toContain("LoginInput");
    },
  );

  it.each([
    ["a field", "{ mee { id } }", "me"],
    ["a field of a type", "{ authSettings { registratio } }", "registration"],
    ["a type", "query ($i: LoginInpu) { me { id } }", "LoginInput"],
    ["an argument", 'mutation { validateToken(input: { toke: "x" }) { valid } }', '"token"'],
    [
      "a field of an input",
      'mutation { login(input: { identifie: "a", password: "b" }) { __typename } }',
      '"identifier"',
    ],
    [
      "an enum value",
      'mutation { login(input: { identifier: "a", password: "b", transport: COOKI }) { __typename } }',
      "COOKIE",
    ],
    ["a directive", "{ me @includ(if: true) { id } }", '"include"'],
    ["a fragment's type", "{ ... on Quer { me { id } } }", '"Query"'],
  ])("suggests nothing: %s", async (_, query, suggestion) => {
    const answer = await post(app, { query });
    expectOurErrors(answer);
    expect(answer.text).not.toContain("Did you mean");
    expect(answer.errors.map(({ message }) => message).join()).not.toContain(`Did you mean ${suggestion}`);
  });

  it("suggests nothing for variables, either", async () => {
    const input = { identifie: "a", password: "b", transport: "COOKI" };
    expect((await post(app, { query: LOGIN, variables: { input } })).text).not.toMatch(/Did you mean|COOKIE/);
  });

  it("has no GraphiQL page and no mailbox, and does not reveal its version", async () => {
    const page = await fetch(`${app.url}/graphql`, { headers: { accept: "text/html" } });
    expect(await page.text()).not.toContain("sandbox");
    expect(page.status).toBe(405);
    expect((await fetch(`${app.url}/dev/mailbox`)).status).toBe(404);
    expect(page.headers.get("server")).toBeNull();
    expect(page.headers.get("x-powered-by")).toBeNull();
  });

  it("returns errors of the same form for everything that can be sent to any field", async () => {
    for (const field of rootFieldsOf(app.app.schema)) {
      const wrong = Object.fromEntries(field.field.args.map(({ name }) => [name, { [CANARY]: [CANARY] }]));
      const answer = await post(app, { query: operationOf(field), variables: wrong });
      if (answer.errors.length > 0) expectOurErrors(answer);
      expect(answer.text).not.toContain(CANARY);
    }
  });
});

describe("introspection", () => {
  it("can be turned off in development, and on in production", async () => {
    const app = await startTestApp({ settings: { INTROSPECTION: "false" } });
    expect((await post(app, { query: "{ __schema { types { name } } }" })).status).toBe(400);
    await app.stop();
  });
});
