import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DAY, HOUR, MINUTE, SECOND } from "#shared/durations";
import { SoftwareAuthenticator } from "../../support/clients/authenticator.ts";
import {
  AuthenticatorApp,
  accountsOf,
  beginLogin,
  CONFIRM_TOTP,
  DISABLE_TOTP,
  ENABLE_TOTP,
  enableTotp,
  finishLogin,
  isWaiting,
  REAUTHENTICATE,
  refusalOf,
  VERIFY_BACKUP_CODE,
  VERIFY_TOTP,
  waitForNewCode,
} from "../../support/clients/factors.ts";
import type { UntypedData } from "../../support/clients/graphql.ts";
import { passkeysOf } from "../../support/clients/passkeys.ts";
import { createUser } from "../../support/factories/tenants.ts";
import { elevate, newPassword, resetPassword, type SignedInUser } from "../../support/factories/users.ts";
import { startTestApp, type TestApp } from "../../support/servers/app.ts";
import { readersOf } from "../../support/servers/smtp.ts";

const ORIGIN = "https://id.example.test";
const LOCKED = { code: "RATE_LIMITED", reason: "MFA_LOCKED", status: 429 };

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ settings: { PUBLIC_URL: ORIGIN } });
});
afterAll(() => app?.stop());

interface Protected extends SignedInUser {
  readonly authenticator: AuthenticatorApp;
  readonly backupCodes: readonly string[];
}

const protectedUser = async (): Promise<Protected> => {
  const alice = await createUser(app);
  const enabled = await enableTotp(app, alice);
  waitForNewCode(app);
  return { ...alice, ...enabled };
};

const rightCode = ({ authenticator }: Protected): string => authenticator.code(app.clock.now());
const wrongCode = ({ authenticator }: Protected): string => authenticator.wrongCode(app.clock.now());
const WRONG_BACKUP_CODE = "00000-00000";

const tryCode = (challenge: string, code: string, operation = VERIFY_TOTP) =>
  app.client().refused(operation, { input: { challenge, code } });

/** Enters this many wrong codes, each in a separate login. */
const guess = async (alice: Protected, times: number): Promise<void> => {
  for (let time = 1; time <= times; time++) {
    const { challenge } = await beginLogin(app.client(), alice);
    expect(await tryCode(challenge, wrongCode(alice))).toMatchObject({ code: "INVALID_CODE" });
  }
};

/** As many wrong codes in a row as are ever verified. */
const guessAHundred = async (alice: Protected): Promise<void> => {
  for (let lock = 1; lock <= 20; lock++) {
    await guess(alice, 5);
    // No lock lasts longer than a day.
    app.clock.advance(DAY);
  }
};

const lockMailsTo = ({ email }: SignedInUser) =>
  app.mail.all().filter((mail) => readersOf(mail).includes(email) && mail.subject === "Too many wrong codes");

const historyOf = async ({ client }: SignedInUser): Promise<string[]> => {
  const { securityEvents } = await client.ask("{ securityEvents { nodes { type } } }");
  return securityEvents.nodes.map(({ type }: UntypedData) => type);
};

/** The ends of the locks in the user's history, newest first. */
const lockedUntil = async ({ id }: SignedInUser): Promise<string[]> => {
  const events = await app.app.db.execute<{ until: string }>(sql`
    select details ->> 'until' as until from security_events
    where user_id = ${id}::uuid and type = 'MFA_LOCKED' order by id desc`);
  return events.map(({ until }) => until);
};

describe("five wrong codes", () => {
  it("are counted across three logins and both kinds of codes, then lock, and are mailed once", async () => {
    const alice = await protectedUser();
    const logins = [];
    for (let time = 1; time <= 3; time++) logins.push(await beginLogin(app.client(), alice));
    const [first, second, third] = logins.map(({ challenge }): string => challenge) as [string, string, string];
    const before = await accountsOf(app, alice);

    const totp = wrongCode(alice);
    for (const [left, challenge, code, operation] of [
      [4, first, totp, VERIFY_TOTP],
      [3, second, WRONG_BACKUP_CODE, VERIFY_BACKUP_CODE],
      [2, third, totp, VERIFY_TOTP],
      [1, first, totp, VERIFY_TOTP],
      [0, second, totp, VERIFY_TOTP],
    ] as const)
      expect(await tryCode(challenge, code, operation)).toMatchObject({ code: "INVALID_CODE", attemptsLeft: left });

    const { retryAfter, ...refusal } = await tryCode(third, totp);
    expect(refusal).toEqual(LOCKED);
    expect(retryAfter).toBeGreaterThan(890);
    expect(retryAfter).toBeLessThanOrEqual(900);
    expect(await accountsOf(app, alice)).toEqual(before);

    await app.mail.waitForMail({ to: alice.email, subject: "Too many wrong codes" });
    for (let time = 1; time <= 3; time++) expect(await tryCode(first, totp)).toMatchObject(LOCKED);
    const history = await historyOf(alice);
    expect(history.slice(0, 6).sort()).toEqual(["MFA_LOCKED", ...Array(5).fill("MFA_VERIFY_FAILED")]);
    expect(lockMailsTo(alice)).toHaveLength(1);
  });

  it("also lock right codes of every login without a known device, and use none of them up", async () => {
    const alice = await protectedUser();
    await guess(alice, 5);
    const { challenge } = await beginLogin(app.client(), alice);
    const [backupCode = ""] = alice.backupCodes;
    const attempts = [
      () => tryCode(challenge, rightCode(alice)),
      () => tryCode(challenge, backupCode, VERIFY_BACKUP_CODE),
    ];
    for (const attempt of attempts) expect(await refusalOf(app, alice, attempt)).toMatchObject(LOCKED);
    // The login can be finished as soon as the lock ends.
    expect(await isWaiting(app, { challenge })).toBe(true);
    app.clock.advance(15 * MINUTE);
    const step = await beginLogin(app.client(), alice);
    await finishLogin(app.client(), VERIFY_BACKUP_CODE, { challenge: step.challenge, code: backupCode });
  });

  it("that were entered to confirm an app lock only its session, and no login", async () => {
    const alice = await protectedUser();
    await alice.client.ask(ENABLE_TOTP);
    for (const attemptsLeft of [4, 3, 2, 1, 0]) {
      const confirmed = await refusalOf(app, alice, () => alice.client.refused(CONFIRM_TOTP, { code: "000000" }));
      expect(confirmed).toMatchObject({ code: "INVALID_CODE", attemptsLeft });
    }
    expect(await alice.client.refused(CONFIRM_TOTP, { code: "000000" })).toMatchObject(LOCKED);
    const { challenge } = await beginLogin(app.client(), alice);
    await finishLogin(app.client(), VERIFY_TOTP, { challenge, code: rightCode(alice) });
  });

  it("from other devices do not lock the owner's known device; five of its own do, and no other device", async () => {
    const alice = await protectedUser();
    const { challenge: first } = await beginLogin(app.client(), alice);
    await finishLogin(alice.client, VERIFY_TOTP, { challenge: first, code: rightCode(alice) });
    const deviceToken = String(alice.client.deviceToken);
    waitForNewCode(app);
    await guess(alice, 5);
    const stranger = await beginLogin(app.client(), alice);
    expect(await tryCode(stranger.challenge, rightCode(alice))).toMatchObject(LOCKED);

    const known = () => beginLogin(app.client(), alice, { deviceToken });
    const { challenge } = await known();
    await finishLogin(app.client(), VERIFY_TOTP, { challenge, code: rightCode(alice) });

    waitForNewCode(app);
    for (const attemptsLeft of [4, 3, 2, 1, 0]) {
      const step = await known();
      expect(await tryCode(step.challenge, wrongCode(alice))).toMatchObject({ code: "INVALID_CODE", attemptsLeft });
    }
    expect(await tryCode((await known()).challenge, rightCode(alice))).toMatchObject(LOCKED);
  });

  it("lock twice as long each time, up to a day, until a right code resets this", async () => {
    const alice = await protectedUser();
    const lockOnce = async (): Promise<number> => {
      await guess(alice, 5);
      const { challenge } = await beginLogin(app.client(), alice);
      const { retryAfter = 0, ...refusal } = await tryCode(challenge, rightCode(alice));
      expect(refusal).toEqual(LOCKED);
      const [until = ""] = await lockedUntil(alice);
      const seconds = Math.round((Date.parse(until) - app.clock.now().getTime()) / SECOND);
      expect(Math.abs(retryAfter - seconds)).toBeLessThanOrEqual(60);
      app.clock.advance(retryAfter * SECOND);
      return Math.round(retryAfter / 60);
    };
    const lasted: number[] = [];
    for (let lock = 1; lock <= 9; lock++) lasted.push(await lockOnce());
    expect(lasted).toEqual([15, 30, 60, 120, 240, 480, 960, 1_440, 1_440]);

    const { challenge } = await beginLogin(app.client(), alice);
    await finishLogin(app.client(), VERIFY_TOTP, { challenge, code: rightCode(alice) });
    expect(await lockOnce()).toBe(15);
  });

  it("do not lock step-ups, and wrong codes of a step-up do not lock logins but count for their session", async () => {
    const alice = await protectedUser();
    const totpCode = wrongCode(alice);
    for (let time = 1; time <= 6; time++)
      expect(await alice.client.refused(REAUTHENTICATE, { input: { totpCode } })).toMatchObject({
        code: "INVALID_CODE",
        attemptsLeft: 10 - time,
      });
    await guess(alice, 5);
    await elevate(alice.client, { totpCode: rightCode(alice) });
    const { challenge } = await beginLogin(app.client(), alice);
    expect(await tryCode(challenge, wrongCode(alice))).toMatchObject(LOCKED);
  });

  it("no longer count after fifteen minutes", async () => {
    const alice = await protectedUser();
    await guess(alice, 5);
    app.clock.advance(15 * MINUTE - 20 * SECOND);
    const { challenge } = await beginLogin(app.client(), alice);
    const { retryAfter, ...refusal } = await tryCode(challenge, rightCode(alice));
    expect(refusal).toEqual(LOCKED);
    expect(retryAfter).toBeLessThanOrEqual(20);
    app.clock.advance(20 * SECOND);
    expect(await tryCode(challenge, wrongCode(alice))).toMatchObject({ code: "INVALID_CODE", attemptsLeft: 4 });
    await finishLogin(app.client(), VERIFY_TOTP, { challenge, code: rightCode(alice) });
  });

  it("do not refuse a passkey, which cannot be guessed", async () => {
    const alice = await protectedUser();
    const device = new SoftwareAuthenticator();
    const passkeys = passkeysOf(app);
    await passkeys.enrol(alice, (publicKey) => device.create(publicKey, { origin: ORIGIN }));
    await guess(alice, 5);
    const answer = (publicKey: UntypedData) => device.get(publicKey, { origin: ORIGIN });
    const second = await passkeys.finish(await passkeys.prove(answer, await passkeys.passwordGiven(alice)));
    expect(second.session.authenticatedWith).toEqual(["PASSWORD", "PASSKEY"]);
    const alone = await passkeys.finish(await passkeys.prove(answer));
    expect(alone.session.authenticatedWith).toEqual(["PASSKEY"]);
    // It does not lift the lock either: the owner's passkey says nothing about the party guessing codes.
    const { challenge } = await beginLogin(app.client(), alice);
    expect(await tryCode(challenge, rightCode(alice))).toMatchObject(LOCKED);
  });

  it("of one user do not lock another", async () => {
    const [alice, mallory] = [await protectedUser(), await protectedUser()];
    await guess(mallory, 5);
    const { challenge } = await beginLogin(app.client(), alice);
    await finishLogin(app.client(), VERIFY_TOTP, { challenge, code: rightCode(alice) });
  });
});

describe("the count of wrong codes", () => {
  it("is reset by a right code of a login without a known device, and by no other", async () => {
    const alice = await protectedUser();
    await guess(alice, 4);
    const { challenge } = await beginLogin(app.client(), alice);
    await finishLogin(alice.client, VERIFY_TOTP, { challenge, code: rightCode(alice) });
    await guess(alice, 4);
    waitForNewCode(app);
    await elevate(alice.client, { totpCode: rightCode(alice) });
    const login = await beginLogin(app.client(), alice);
    expect(await tryCode(login.challenge, wrongCode(alice))).toMatchObject({ attemptsLeft: 0 });
    expect(await tryCode(login.challenge, wrongCode(alice))).toMatchObject(LOCKED);
  });

  it("is not reset by a right password, nor by turning a factor off and on in an elevated session", async () => {
    const alice = await protectedUser();
    await guess(alice, 3);
    await alice.client.ask(DISABLE_TOTP);
    const { enableTotp: shown } = await alice.client.ask(ENABLE_TOTP);
    const authenticator = new AuthenticatorApp(shown.secret);
    await alice.client.ask(CONFIRM_TOTP, { code: authenticator.code(app.clock.now()) });
    const { challenge } = await beginLogin(app.client(), alice);
    const refusal = await tryCode(challenge, authenticator.wrongCode(app.clock.now()));
    expect(refusal).toMatchObject({ code: "INVALID_CODE", attemptsLeft: 1 });
  });

  it("ends at a hundred in a row, however much time passes: after that only a passkey works", async () => {
    const alice = await protectedUser();
    const device = new SoftwareAuthenticator();
    const passkeys = passkeysOf(app);
    await passkeys.enrol(alice, (publicKey) => device.create(publicKey, { origin: ORIGIN }));
    await guessAHundred(alice);
    const { challenge } = await beginLogin(app.client(), alice);
    const refusal = await refusalOf(app, alice, () => tryCode(challenge, rightCode(alice)));
    expect(refusal).toMatchObject(LOCKED);
    expect(refusal.retryAfter).toBeGreaterThan((300 * DAY) / SECOND);
    const [locked = ""] = await lockedUntil(alice);
    expect(Date.parse(locked) - app.clock.now().getTime()).toBeGreaterThan(300 * DAY);
    const answer = (publicKey: UntypedData) => device.get(publicKey, { origin: ORIGIN });
    await passkeys.finish(await passkeys.prove(answer, challenge));
  });

  it("has another hundred after a password reset by mail, which lifts no lock and does not shorten the next one", async () => {
    const alice = await protectedUser();
    await guessAHundred(alice);
    const password = newPassword();
    await resetPassword(app, alice, password);
    const { challenge } = await beginLogin(app.client(), { email: alice.email, password });
    for (const attemptsLeft of [4, 3, 2, 1, 0])
      expect(await tryCode(challenge, wrongCode(alice))).toMatchObject({ code: "INVALID_CODE", attemptsLeft });
    const another = newPassword();
    await resetPassword(app, alice, another);
    const step = await beginLogin(app.client(), { email: alice.email, password: another });
    const refusal = await refusalOf(app, alice, () => tryCode(step.challenge, rightCode(alice)));
    expect(refusal).toMatchObject(LOCKED);
    expect(refusal.retryAfter).toBeGreaterThan((DAY - HOUR) / SECOND);
    app.clock.advance(DAY);
    const next = await beginLogin(app.client(), { email: alice.email, password: another });
    await finishLogin(app.client(), VERIFY_TOTP, { challenge: next.challenge, code: rightCode(alice) });
  });
});
