import { randomBytes } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RESUME_LOGIN } from "../../support/clients/confirmations.ts";
import {
  type AuthenticatorApp,
  beginLogin,
  CHALLENGE_EXPIRED,
  enableTotp,
  FINISH_PASSKEY_LOGIN,
  finishLogin,
  isWaiting,
  REAUTHENTICATE,
  refusalOf,
  SEND_EMAIL_CODE,
  START_PASSKEY_LOGIN,
  VERIFY_BACKUP_CODE,
  VERIFY_EMAIL_CODE,
  VERIFY_TOTP,
  waitForNewCode,
} from "../../support/clients/factors.ts";
import { post, type RawAnswer } from "../../support/clients/raw.ts";
import { operationOf, type RootField, rootFieldsOf } from "../../support/clients/root-fields.ts";
import { argumentsWith, type Place, placesOf, type Sample } from "../../support/factories/arguments.ts";
import { snapshotOf } from "../../support/factories/database-snapshot.ts";
import { createMember, createTenant, createUser } from "../../support/factories/tenants.ts";
import {
  newAddress,
  newEmail,
  newPassword,
  REFRESH,
  type SignedInUser,
  tokenIn,
} from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";

let app: TestApp;
let fields: RootField[];
beforeAll(async () => {
  app = await startTestApp({ settings: { PUBLIC_URL: "https://id.example.test" } });
  const all = rootFieldsOf(app.app.schema).filter(({ kind }) => kind !== "subscription");
  fields = all.filter(({ name }) => !LOGIN_STEPS.includes(name));
  expect(fields).toHaveLength(all.length - LOGIN_STEPS.length);
});
afterAll(() => app?.stop());

/** Uses of a challenge. */
const LOGIN_STEPS = [
  "verifyTotp",
  "verifyBackupCode",
  "verifyEmailCode",
  "sendEmailCode",
  "startPasskeyLogin",
  "finishPasskeyLogin",
  "checkPendingLogin",
  "resumeLogin",
  "requestFactorReset",
];

const REQUEST_FACTOR_RESET =
  "mutation ($challenge: String!) { requestFactorReset(input: { challenge: $challenge }) { dueAt } }";

interface Pending extends SignedInUser {
  readonly authenticator: AuthenticatorApp;
  readonly challenge: string;
}

/** A user with a pending login that waits for a code. */
const pendingUser = async (): Promise<Pending> => {
  const alice = await createUser(app);
  const { authenticator } = await enableTotp(app, alice);
  waitForNewCode(app);
  return { ...alice, authenticator, challenge: (await beginLogin(app.client(), alice)).challenge };
};

const finish = ({ authenticator, challenge }: Pending) =>
  finishLogin(app.client(), VERIFY_TOTP, { challenge, code: authenticator.code(app.clock.now()) });

/** Values with which a call gets as far as the value under test. */
const rightFor =
  (actor: SignedInUser | null): Sample =>
  ({ path, type }) => {
    const name = path.at(-1) ?? "";
    if (type === "EmailAddress") return newEmail();
    // Refused before a request is sent to it.
    if (type === "URL") return "https://10.0.0.1";
    if (type === "ID") return actor?.id ?? app.app.ids.next();
    // One direction of a list, and no period.
    if (name === "last" || name === "before") return undefined;
    if (type === "DateTime") return "2026-03-01T12:00:00Z";
    if (type === "Int") return 10;
    if (type === "Boolean") return false;
    if (type === "JSONObject") return {};
    if (name === "identifier") return actor?.email ?? newEmail();
    if (/^(password|currentPassword)$/.test(name)) return actor?.password ?? newPassword();
    if (name === "newPassword") return newPassword();
    if (name === "username") return `u${randomBytes(6).toString("hex")}`;
    if (name === "locale") return "en";
    return /^(after|deviceToken|ipAddress)$/.test(name) ? undefined : "sample";
  };

/** Fields with the same answer for every input; the actual outcome is only mailed. */
const ANSWERING_ALIKE = ["register", "resendVerificationEmail"];

/** Fields in which a valid value grants access; elsewhere a challenge is an ordinary text. */
const isCredential = ({ name }: RootField, { path }: Place): boolean =>
  /^(token|refreshToken|code|challenge|currentPassword|password)$/.test(path.at(-1) ?? "") &&
  !ANSWERING_ALIKE.includes(name);

const call = (field: RootField, args: Record<string, unknown>, bearer: string | null): Promise<RawAnswer> =>
  post(
    app,
    { query: operationOf(field), variables: args },
    { "x-forwarded-for": newAddress(), ...(bearer !== null && { authorization: `Bearer ${bearer}` }) },
  );

const isPublic = ({ field }: RootField): boolean =>
  field.astNode?.directives?.some(({ name }) => name.value === "public") ?? false;

/** Refused, or reported as an invalid token or the link of no login. */
const expectClosed = ({ text, errors }: RawAnswer, what: string): void => {
  if (errors.length === 0) expect(text, what).toMatch(/"valid":false|"login":null/);
};

const expectNothingOf = ({ id, email }: SignedInUser, { text }: RawAnswer, what: string): void => {
  for (const secret of [id, email]) expect(text, what).not.toContain(secret);
};

describe("a login that waits for its second factor", () => {
  it("is not accepted by any field as an access token, and can still be finished", async () => {
    const alice = await pendingUser();
    const before = await snapshotOf(app, [alice]);
    const closed = fields.filter((field) => !isPublic(field));
    expect(closed.length).toBeGreaterThan(30);
    for (const field of closed) {
      const answer = await call(field, argumentsWith(field, rightFor(null)), alice.challenge);
      expect(answer.errors, field.name).toMatchObject([{ extensions: { code: "UNAUTHENTICATED", status: 401 } }]);
    }
    expect(await snapshotOf(app, [alice])).toEqual(before);
    await finish(alice);
  });

  it("is not accepted by any field as an argument, from visitors or signed-in users, and can still be finished", async () => {
    const alice = await pendingUser();
    const before = await snapshotOf(app, [alice]);
    const credentials = new Set<string>();
    for (const field of fields)
      for (const place of placesOf(field).filter(({ type }) => type === "String" || type === "ID")) {
        const stranger = await createMember(app, await createTenant(app), "ADMIN");
        for (const caller of [null, stranger]) {
          const what = `${field.name}(${place.path.join(".")}) for ${caller ? "an admin" : "a visitor"}`;
          const args = argumentsWith(field, rightFor(caller), place, alice.challenge);
          const answer = await call(field, args, caller?.client.accessToken ?? null);
          expectNothingOf(alice, answer, what);
          expect(
            answer.errors.filter(({ extensions }) => extensions.status >= 500),
            what,
          ).toEqual([]);
          if (isCredential(field, place)) {
            credentials.add(field.name);
            expectClosed(answer, what);
          }
        }
      }
    expect(credentials.size).toBeGreaterThan(10);
    expect(await snapshotOf(app, [alice])).toEqual(before);
    await finish(alice);
  });

  it("is not a proof for a step-up", async () => {
    const alice = await pendingUser();
    for (const [proof, code] of [
      ["password", "REAUTHENTICATION_REQUIRED"],
      ["totpCode", "BAD_USER_INPUT"],
      ["emailCode", "BAD_USER_INPUT"],
    ] as const) {
      const input = { [proof]: alice.challenge };
      const attempt = () => alice.client.refused(REAUTHENTICATE, { input });
      expect(await refusalOf(app, alice, attempt)).toMatchObject({ code });
    }
    await finish(alice);
  });

  it("is not a refresh token, in the body or in the cookie, nor a device token", async () => {
    const alice = await pendingUser();
    const body = () => app.client().refused(REFRESH, { token: alice.challenge });
    expect(await refusalOf(app, alice, body)).toMatchObject({ code: "INVALID_REFRESH_TOKEN" });
    const browser = app.client();
    await beginLogin(browser, await createUser(app), { transport: "COOKIE" });
    for (const name of browser.cookies.keys()) browser.cookies.set(name, alice.challenge);
    const cookie = () => browser.refused("mutation { refreshToken { tokens { accessToken } } }");
    expect(await refusalOf(app, alice, cookie)).toMatchObject({ code: "INVALID_REFRESH_TOKEN" });
    await finish(alice);
  });
});

describe("instead of a challenge", () => {
  const STEPS: readonly [string, (challenge: string, code: string) => object][] = [
    [VERIFY_TOTP, (challenge, code) => ({ input: { challenge, code } })],
    [VERIFY_BACKUP_CODE, (challenge, code) => ({ input: { challenge, code } })],
    [VERIFY_EMAIL_CODE, (challenge, code) => ({ input: { challenge, code } })],
    [SEND_EMAIL_CODE, (challenge) => ({ challenge })],
    [START_PASSKEY_LOGIN, (challenge) => ({ challenge })],
    [RESUME_LOGIN, (challenge) => ({ challenge })],
    [REQUEST_FACTOR_RESET, (challenge) => ({ challenge })],
  ];

  it("no other token, id or ceremony finishes a login, and neither does a challenge that was tampered with", async () => {
    const alice = await pendingUser();
    const { client, challenge, authenticator } = alice;
    const visitor = app.client();
    const { startPasskeyLogin } = await visitor.ask("mutation { startPasskeyLogin { challenge } }");
    const { startPasskeyRegistration } = await client.ask("mutation { startPasskeyRegistration { challenge } }");
    await visitor.ask(
      "mutation ($email: EmailAddress!) { requestPasswordReset(input: { email: $email }) { accepted } }",
      {
        email: alice.email,
      },
    );
    const link = tokenIn(await app.mail.waitForMail({ to: alice.email, subject: /password/i }));
    const [row] = await app.app.db.execute<{ id: string }>(
      sql`select id from login_challenges where user_id = ${alice.id}::uuid`,
    );
    const middle = challenge.length / 2;
    const flipped = challenge[middle] === "A" ? "B" : "A";
    const others = {
      "a link": link,
      "an access token": String(client.accessToken),
      "a refresh token": String(client.refreshToken),
      "a device token": String(client.deviceToken),
      "the challenge of a passkey login": startPasskeyLogin.challenge,
      "the challenge of a registration": startPasskeyRegistration.challenge,
      "the challenge's id": String(row?.id),
      "the user's id": alice.id,
      "the session's id": alice.sessionId,
      "a challenge with a changed letter": challenge.slice(0, middle) + flipped + challenge.slice(middle + 1),
      "a challenge with the user's id instead of its own": bytesOf(alice.id, challenge),
      "a challenge with an extra letter": `${challenge}A`,
      "a truncated challenge": challenge.slice(0, -1),
      "a challenge with a space": ` ${challenge}`,
      "a pattern": "%",
      nothing: "",
    };
    for (const [what, token] of Object.entries(others)) {
      for (const [operation, variables] of STEPS) {
        const attempt = () => visitor.refused(operation, { ...variables(token, authenticator.code(app.clock.now())) });
        expect(await refusalOf(app, alice, attempt), what).toMatchObject(CHALLENGE_EXPIRED);
      }
      const attempt = () => visitor.refused(FINISH_PASSKEY_LOGIN, { input: { challenge: token, response: {} } });
      expect(await refusalOf(app, alice, attempt), what).toMatchObject({ code: "INVALID_CREDENTIALS" });
    }
    await finish(alice);
  });

  /** The token of a login with this id, but with the proof of the other one. */
  const bytesOf = (id: string, challenge: string): string =>
    Buffer.concat([
      Buffer.from(id.replaceAll("-", ""), "hex"),
      Buffer.from(challenge, "base64url").subarray(16),
    ]).toString("base64url");

  it("another user's login is not finished by the caller's own code, in the same tenant or another", async () => {
    const tenant = await createTenant(app);
    const [bob, carol] = [await createMember(app, tenant), await createMember(app, tenant)];
    const stranger = await createMember(app, await createTenant(app));
    const people = [bob, carol, stranger];
    const apps = new Map<SignedInUser, AuthenticatorApp>();
    for (const person of people) apps.set(person, (await enableTotp(app, person)).authenticator);
    waitForNewCode(app);
    const { challenge } = await beginLogin(app.client(), bob);
    for (const thief of [carol, stranger]) {
      const code = apps.get(thief)?.code(app.clock.now());
      const before = await snapshotOf(app, [thief]);
      const attempt = () => app.client().refused(VERIFY_TOTP, { input: { challenge, code } });
      expect(await refusalOf(app, bob, attempt)).toMatchObject({ code: "INVALID_CODE" });
      expect(await snapshotOf(app, [thief])).toEqual(before);
    }
    expect(await isWaiting(app, { challenge })).toBe(true);
    const code = apps.get(bob)?.code(app.clock.now()) ?? "";
    expect(await finishLogin(app.client(), VERIFY_TOTP, { challenge, code })).toMatchObject({ user: { id: bob.id } });
  });
});
