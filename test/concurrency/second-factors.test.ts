import { type SQL, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  AuthenticatorApp,
  beginLogin,
  CONFIRM_TOTP,
  DISABLE_TOTP,
  ENABLE_TOTP,
  enableTotp,
  LOGIN_STEP,
  REAUTHENTICATE,
  VERIFY_BACKUP_CODE,
  VERIFY_TOTP,
  waitForNewCode,
  waitForNextStep,
} from "../support/clients/factors.ts";
import type { GraphQLAnswer, GraphQLClient, UntypedData } from "../support/clients/graphql.ts";
import { newAddress, newPassword, REFRESH, type SignedInUser, signUp, tokenIn } from "../support/factories/users.ts";
import { startTestApp, type TestApp } from "../support/servers/app.ts";
import { readersOf } from "../support/servers/smtp.ts";

const RESET = "mutation ($input: ResetPasswordInput!) { resetPassword(input: $input) { endedSessionIds } }";
const ROUNDS = 5;

let app: TestApp;
let replica: TestApp;
beforeAll(async () => {
  app = await startTestApp();
  replica = await startTestApp({ replicaOf: app });
});
afterAll(async () => {
  await replica?.stop();
  await app?.stop();
});

interface Protected extends SignedInUser {
  readonly authenticator: AuthenticatorApp;
  readonly backupCodes: readonly string[];
}

const protectedUser = async (): Promise<Protected> => {
  const alice = await signUp(app);
  const enabled = await enableTotp(app, alice);
  waitForNewCode(app);
  waitForNextStep(app);
  return { ...alice, ...enabled };
};

const codeOf = ({ authenticator }: Pick<Protected, "authenticator">, steps = 0): string =>
  authenticator.code(app.clock.now(), steps);

const at = (index: number): TestApp => (index % 2 === 0 ? app : replica);

/** A client of one of the replicas, at a separate address, because concurrent passwords are counted by address. */
const visitor = (index: number): GraphQLClient => at(index).client({ "x-forwarded-for": newAddress() });

/** This many logins of a user that wait for a code, started on both replicas. */
const pending = async (person: SignedInUser, count: number): Promise<string[]> => {
  const begun = Array.from({ length: count }, (_, index) => beginLogin(visitor(index), person));
  return (await Promise.all(begun)).map(({ challenge }) => challenge);
};

const verify = (index: number, challenge: string | undefined, code: string, operation = VERIFY_TOTP) =>
  at(index).client().send(operation, { input: { challenge, code } });

const succeeded = (answers: readonly GraphQLAnswer<UntypedData>[]): UntypedData[] =>
  answers
    .flatMap(({ data }) => Object.values<UntypedData>(data ?? {}))
    .filter((step) => step?.__typename === "LoginSuccess");

const refusals = (answers: readonly GraphQLAnswer<UntypedData>[]): string[] =>
  answers.flatMap(({ errors }) => errors.map(({ extensions }) => extensions.reason ?? extensions.code));

/** The live sessions of the user, and the factors that each rests on. */
const liveSessionsOf = async ({ id }: SignedInUser): Promise<{ id: string; methods: string[] }[]> => [
  ...(await app.app.db.execute<{ id: string; methods: string[] }>(
    sql`select id, authenticated_with as methods from sessions where user_id = ${id}::uuid and ended_at is null`,
  )),
];

/** The number of events of this type in the user's history. */
const countOf = async ({ id }: SignedInUser, type: string): Promise<number> =>
  (await app.app.db.execute(sql`select from security_events where user_id = ${id}::uuid and type = ${type}`)).length;

const mailsTo = ({ email }: SignedInUser, subject: string) =>
  app.mail.all().filter((mail) => readersOf(mail).includes(email) && mail.subject === subject);

const untilMailed = (person: SignedInUser, subject: string) =>
  expect.poll(() => mailsTo(person, subject).length, { interval: 20 }).toBeGreaterThan(0);

/** Lets the request wait for the lock on its user, makes the change while holding it, and then releases the request. */
const overtaken = async (
  { id }: SignedInUser,
  send: () => Promise<GraphQLAnswer<UntypedData>>,
  change: SQL,
): Promise<GraphQLAnswer<UntypedData>> => {
  const sent = await app.app.db.transaction(async (tx) => {
    await tx.execute(sql`select from users where id = ${id}::uuid for update`);
    const answer = send();
    await expect.poll(lockWaiters, { interval: 10 }).toBeGreaterThan(0);
    await tx.execute(change);
    return { answer };
  });
  return sent.answer;
};

const lockWaiters = async (): Promise<number> =>
  (
    await app.app.db.execute(sql`
      select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`)
  ).length;

describe("twenty concurrent calls over two replicas", () => {
  it("with one code of an app, and a login each: one succeeds", async () => {
    const alice = await protectedUser();
    const challenges = await pending(alice, 20);
    const code = codeOf(alice);
    const answers = await Promise.all(challenges.map((challenge, index) => verify(index, challenge, code)));
    expect(succeeded(answers)).toHaveLength(1);
    expect(await liveSessionsOf(alice)).toHaveLength(2);
    expect(await countOf(alice, "MFA_VERIFY_SUCCESS")).toBe(1);
    for (const refusal of refusals(answers)) expect(["INVALID_CODE", "MFA_LOCKED"]).toContain(refusal);
  });

  it("with one login and correct codes: one session, and no report of a wrong code", async () => {
    const alice = await protectedUser();
    const [challenge] = await pending(alice, 1);
    const codes = [codeOf(alice, -1), codeOf(alice), codeOf(alice, 1)];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) => verify(index, challenge, codes[index % codes.length] ?? "")),
    );
    expect(succeeded(answers)).toHaveLength(1);
    expect(await liveSessionsOf(alice)).toHaveLength(2);
    expect(new Set(refusals(answers))).toEqual(new Set(["CHALLENGE_EXPIRED"]));
    expect(await countOf(alice, "LOGIN_SUCCEEDED")).toBe(2);
  });

  it("with one backup code, and a login each: one succeeds, and one mail reports it", async () => {
    const alice = await protectedUser();
    const challenges = await pending(alice, 20);
    const [code = ""] = alice.backupCodes;
    const answers = await Promise.all(
      challenges.map((challenge, index) => verify(index, challenge, code, VERIFY_BACKUP_CODE)),
    );
    expect(succeeded(answers)).toHaveLength(1);
    expect(await liveSessionsOf(alice)).toHaveLength(2);
    expect(await countOf(alice, "BACKUP_CODE_USED")).toBe(1);
    await untilMailed(alice, "A backup code was used");
    expect(mailsTo(alice, "A backup code was used")).toHaveLength(1);
    const { me } = await alice.client.ask("{ me { mfa { backupCodesLeft } } }");
    expect(me.mfa.backupCodesLeft).toBe(9);
  });

  it("with one code, to log in and to reauthenticate: one succeeds", async () => {
    const alice = await protectedUser();
    const challenges = await pending(alice, 10);
    const totpCode = codeOf(alice);
    const [logins, stepUps] = await Promise.all([
      Promise.all(challenges.map((challenge, index) => verify(index, challenge, totpCode))),
      Promise.all(Array.from({ length: 10 }, () => alice.client.send(REAUTHENTICATE, { input: { totpCode } }))),
    ]);
    const proved = stepUps.filter(({ errors }) => errors.length === 0);
    expect(succeeded(logins).length + proved.length).toBe(1);
    expect(await countOf(alice, "MFA_VERIFY_SUCCESS")).toBe(1);
  });
});

describe("thirty concurrent wrong codes over two replicas", () => {
  it("are verified five times at most; the others find codes locked, and one mail reports it", async () => {
    const alice = await protectedUser();
    const challenges = await pending(alice, 6);
    const wrong = alice.authenticator.wrongCode(app.clock.now());
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, index) =>
        verify(
          index,
          challenges[index % 6],
          index % 3 ? wrong : "00000-00000",
          index % 3 ? VERIFY_TOTP : VERIFY_BACKUP_CODE,
        ),
      ),
    );
    const told = refusals(answers);
    expect(told.filter((refusal) => refusal === "INVALID_CODE")).toHaveLength(5);
    expect(told.filter((refusal) => refusal === "MFA_LOCKED")).toHaveLength(25);
    expect(await countOf(alice, "MFA_VERIFY_FAILED")).toBe(5);
    expect(await countOf(alice, "MFA_LOCKED")).toBe(1);
    expect(await liveSessionsOf(alice)).toHaveLength(1);
    await untilMailed(alice, "Too many wrong codes");
    expect(mailsTo(alice, "Too many wrong codes")).toHaveLength(1);
  });
});

describe("a change of factors that races with logins", () => {
  it("that enables TOTP leaves no login with the password alone: each was earlier, or requires the code", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const alice = await signUp(app);
      const { enableTotp: shown } = await alice.client.ask(ENABLE_TOTP);
      const code = new AuthenticatorApp(shown.secret).code(app.clock.now());
      const input = { identifier: alice.email, password: alice.password };
      const [confirmed, ...logins] = await Promise.all([
        alice.client.send(CONFIRM_TOTP, { code }),
        ...Array.from({ length: 8 }, (_, index) => visitor(index).send(LOGIN_STEP, { input })),
      ]);
      expect(confirmed.errors).toEqual([]);
      const steps = logins.map(({ data }) => data.login);
      for (const step of steps) expect(["LoginSuccess", "SecondFactorRequired"]).toContain(step.__typename);
      // Earlier logins have lost their proof through the change; later ones would have a fresh one.
      for (const { tokens } of succeeded(logins)) {
        const client = replica.client();
        client.accessToken = tokens.accessToken;
        expect(await client.refused(DISABLE_TOTP)).toMatchObject({ code: "REAUTHENTICATION_REQUIRED" });
      }
      expect(await beginLogin(app.client(), alice)).toMatchObject({ __typename: "SecondFactorRequired" });
    }
  });

  it("that enables TOTP while a correct password is being verified requires the code", async () => {
    const alice = await signUp(app);
    await alice.client.ask(ENABLE_TOTP);
    const before = await liveSessionsOf(alice);
    const answer = await overtaken(
      alice,
      () => visitor(1).send(LOGIN_STEP, { input: { identifier: alice.email, password: alice.password } }),
      sql`update totp_secrets set secret = pending_secret, enabled_at = now(), pending_secret = null, pending_since = null
          where user_id = ${alice.id}::uuid`,
    );
    expect(answer.data?.login).toMatchObject({ __typename: "SecondFactorRequired", reason: "SECOND_FACTOR_ENABLED" });
    expect(await liveSessionsOf(alice)).toEqual(before);
  });

  it("that disables TOTP admits a login with a code before it, or makes it start again, and no session keeps TOTP", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const alice = await protectedUser();
      const [challenge] = await pending(alice, 1);
      const code = codeOf(alice);
      const [disabled, login] = await Promise.all([alice.client.send(DISABLE_TOTP), verify(1, challenge, code)]);
      expect(disabled.errors).toEqual([]);
      const opened = succeeded([login]).length;
      if (opened === 0) expect(["CHALLENGE_EXPIRED", "INVALID_CODE"]).toContain(refusals([login])[0]);
      const sessions = await liveSessionsOf(alice);
      expect(sessions).toHaveLength(1 + opened);
      for (const { methods } of sessions) expect(methods).toEqual(["PASSWORD"]);
    }
  });

  it("is made once by two concurrent calls", async () => {
    const alice = await signUp(app);
    const { enableTotp: shown } = await alice.client.ask(ENABLE_TOTP);
    const code = new AuthenticatorApp(shown.secret).code(app.clock.now());
    const confirmed = await Promise.all(Array.from({ length: 5 }, () => alice.client.send(CONFIRM_TOTP, { code })));
    expect(confirmed.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
    const disabled = await Promise.all(Array.from({ length: 5 }, () => alice.client.send(DISABLE_TOTP)));
    expect(disabled.filter(({ errors }) => errors.length === 0)).toHaveLength(1);
    expect(await countOf(alice, "MFA_ENABLED")).toBe(1);
    expect(await countOf(alice, "MFA_DISABLED")).toBe(1);
  });
});

describe("a password reset that races with the second step of a login", () => {
  it("leaves no session and no token that works", async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const alice = await protectedUser();
      const [challenge] = await pending(alice, 1);
      await app
        .client()
        .ask("mutation ($email: EmailAddress!) { requestPasswordReset(input: { email: $email }) { accepted } }", {
          email: alice.email,
        });
      const token = tokenIn(await app.mail.waitForMail({ to: alice.email, subject: /password/i }));
      const [reset, login] = await Promise.all([
        app.client().send(RESET, { input: { token, newPassword: newPassword() } }),
        verify(1, challenge, codeOf(alice)),
      ]);
      expect(reset.errors).toEqual([]);
      expect(await liveSessionsOf(alice)).toEqual([]);
      for (const { tokens } of succeeded([login])) {
        const thief = replica.client();
        thief.accessToken = tokens.accessToken;
        expect(await thief.refused("{ me { id } }")).toMatchObject({ code: "UNAUTHENTICATED" });
        expect(await app.client().refused(REFRESH, { token: tokens.refreshToken })).toMatchObject({
          code: "INVALID_REFRESH_TOKEN",
        });
      }
    }
  });

  it("opens nothing if the reset is first, although the code was already verified", async () => {
    const alice = await protectedUser();
    const [challenge] = await pending(alice, 1);
    const answer = await overtaken(
      alice,
      () => verify(1, challenge, codeOf(alice)),
      sql`delete from login_challenges where user_id = ${alice.id}::uuid`,
    );
    expect(refusals([answer])).toEqual(["CHALLENGE_EXPIRED"]);
    expect(await liveSessionsOf(alice)).toHaveLength(1);
    // The code is not used up.
    const [next] = await pending(alice, 1);
    expect(succeeded([await verify(0, next, codeOf(alice))])).toHaveLength(1);
  });
});
