import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { VerifiedFactor } from "#features/login/flow/login";
import type { EmailCodesService, SendOutcome } from "#features/login/second-factors/email-code/email-codes.service";
import { emailCodes } from "#features/login/second-factors/email-code/email-codes.table";
import { passkeys } from "#features/login/second-factors/passkey/passkeys.table";
import type { FactorSubject } from "#features/login/second-factors/second-factor";
import { totpSecrets } from "#features/login/second-factors/totp/totp.table";
import { passwords } from "#features/passwords/index";
import type { User } from "#features/users/index";
import { type CodeReference, Mailbox, MailCatalogue, Mailer } from "#platform/mail/index";
import { DAY, HOUR, MINUTE, SECOND } from "#shared/durations";
import type { AppError } from "#shared/errors";
import type { ChallengeId } from "#shared/ids";
import { MAILS } from "../../support/factories/mails.ts";
import { ANONYMOUS, CLIENT, type StoredUser } from "../../support/factories/stored-users.ts";
import {
  type AccountServices,
  startAccountServices,
  type WaitingMail,
} from "../../support/servers/account-services.ts";
import { PLAIN_BRAND } from "../mail/samples.ts";

let services: AccountServices;
let codes: EmailCodesService;
beforeAll(async () => {
  services = await startAccountServices();
  codes = services.emailCodes;
});
afterAll(() => services?.close());

const SENT: SendOutcome = { outcome: "SENT" };

type LoginSubject = Extract<FactorSubject, { kind: "LOGIN" }>;

/** An unfinished login. */
const newLogin = (): LoginSubject => ({ kind: "LOGIN", id: services.ids.next<ChallengeId>() });

const send = (
  user: User,
  subject: FactorSubject,
  template: "login-code" | "reauthentication-code" = "login-code",
): Promise<SendOutcome> =>
  services.db.transaction((tx) => {
    const request = { user, subject: subject.id, client: CLIENT };
    return template === "login-code" ? codes.sendForLogin(tx, request) : codes.sendForStepUp(tx, request);
  });

/** The queued mails that contain a code, oldest first. */
const codeMailsTo = async ({ email }: User): Promise<(WaitingMail & { readonly code: CodeReference })[]> =>
  (await services.mailsTo(email)).filter((mail) => "code" in mail) as (WaitingMail & {
    readonly code: CodeReference;
  })[];

/** The code that the newest mail will contain. */
const mailedCode = async (user: User): Promise<string> => {
  const mail = (await codeMailsTo(user)).at(-1);
  const resolved = mail && (await codes.resolve(mail.code));
  if (!resolved) throw new Error("No valid code was mailed.");
  return resolved.code;
};

const sendAndRead = async (user: User, subject: FactorSubject): Promise<string> => {
  expect(await send(user, subject)).toEqual(SENT);
  return mailedCode(user);
};

const use = (accepted: VerifiedFactor | null) =>
  services.db.transaction(async (tx) => (accepted === null ? null : accepted.consume(tx, CLIENT)));

const rowOf = async ({ id }: FactorSubject) => {
  const [row] = await services.db.select().from(emailCodes).where(eq(emailCodes.subjectId, id));
  return row;
};

/** A signed-in user without a password, for example after a social login. */
const newPersonWithoutPassword = async (): Promise<StoredUser> => {
  const user = await services.newUser();
  await services.db.delete(passwords).where(eq(passwords.userId, user.id));
  return services.signIn(user);
};

/** A code other than this one. */
const wrong = (code: string): string => `${(Number(code[0]) + 1) % 10}${code.slice(1)}`;

describe("a code by mail", () => {
  it("has six digits, is named in the mail with the device that requested it, and is valid for ten minutes", async () => {
    const user = await services.newUser();
    const login = newLogin();
    const before = services.clock.now();
    expect(await send(user, login)).toEqual(SENT);

    const [mail] = await codeMailsTo(user);
    expect(mail).toMatchObject({
      template: "login-code",
      to: user.email,
      data: { name: user.name, device: "Firefox on Windows", ipAddress: "203.0.113.7" },
      code: { id: login.id },
    });
    const resolved = mail && (await codes.resolve(mail.code));
    expect(resolved?.code).toMatch(/^[0-9]{6}$/);
    const lifetime = (resolved?.expiresAt.getTime() ?? 0) - before.getTime();
    expect(lifetime).toBeGreaterThanOrEqual(10 * MINUTE);
    expect(lifetime).toBeLessThan(10 * MINUTE + 5 * SECOND);
  });

  it("is accepted with any spacing, changes nothing when verified, and can be used once", async () => {
    const user = await services.newUser();
    const login = newLogin();
    const code = await sendAndRead(user, login);
    const accepted = await codes.verify(user, ` ${code.slice(0, 3)} ${code.slice(3)}\n`, login);
    expect(await rowOf(login)).toMatchObject({ usedAt: null });
    expect(await use(accepted)).toEqual({});

    expect(await use(accepted)).toBeNull();
    expect(await codes.verify(user, code, login)).toBeNull();
    const [mail] = await codeMailsTo(user);
    expect(mail && (await codes.resolve(mail.code))).toBeNull();
  });

  it("is used once if twenty callers use it at the same moment", async () => {
    const user = await services.newUser();
    const login = newLogin();
    const code = await sendAndRead(user, login);
    const weighed = await Promise.all(Array.from({ length: 20 }, () => codes.verify(user, code, login)));
    expect(weighed.filter((accepted) => accepted !== null)).toHaveLength(20);
    const used = await Promise.all(weighed.map(use));
    expect(used.filter((result) => result !== null)).toHaveLength(1);
  });

  it("stays unused if the operation that it authorizes fails", async () => {
    const user = await services.newUser();
    const login = newLogin();
    const code = await sendAndRead(user, login);
    const accepted = await codes.verify(user, code, login);
    const failing = services.db.transaction(async (tx) => {
      await accepted?.consume(tx, CLIENT);
      throw new Error("no session");
    });
    await expect(failing).rejects.toThrow("no session");
    expect(await use(await codes.verify(user, code, login))).toEqual({});
  });

  it("is refused if it is wrong, or was never sent", async () => {
    const user = await services.newUser();
    const login = newLogin();
    expect(await codes.verify(user, "000000", login)).toBeNull();
    const code = await sendAndRead(user, login);
    for (const guess of [wrong(code), code.slice(1), `${code}0`, "", "one two three"])
      expect(await codes.verify(user, guess, login)).toBeNull();
    expect(await codes.verify(user, code, login)).not.toBeNull();
  });

  it("is not valid for another login, for a session, or for another user", async () => {
    const [user, other] = await Promise.all([services.newUser(), services.newUser()]);
    const [login, otherLogin] = [newLogin(), newLogin()];
    const { session } = await services.signIn(user);
    const code = await sendAndRead(user, login);
    await send(user, otherLogin);
    await send(user, { kind: "STEP_UP", id: session.id }, "reauthentication-code");

    expect(await codes.verify(user, code, otherLogin)).toBeNull();
    expect(await codes.verify(user, code, { kind: "STEP_UP", id: session.id })).toBeNull();
    expect(await codes.verify(other, code, login)).toBeNull();
    expect(await codes.verify(user, code, login)).not.toBeNull();
  });

  it("expires after ten minutes, also between verification and use", async () => {
    const user = await services.newUser();
    const login = newLogin();
    const code = await sendAndRead(user, login);
    services.clock.advance(9 * MINUTE);
    const accepted = await codes.verify(user, code, login);
    expect(accepted).not.toBeNull();

    services.clock.advance(MINUTE);
    expect(await use(accepted)).toBeNull();
    expect(await codes.verify(user, code, login)).toBeNull();
    const [mail] = await codeMailsTo(user);
    expect(mail && (await codes.resolve(mail.code))).toBeNull();
  });

  it("is replaced by a newer one, also if it was already verified, and its mail is no longer delivered", async () => {
    const user = await services.newUser();
    const login = newLogin();
    const older = await sendAndRead(user, login);
    const weighed = await codes.verify(user, older, login);
    services.clock.advance(30 * SECOND);
    const newer = await sendAndRead(user, login);

    expect(await use(weighed)).toBeNull();
    const [olderMail, newerMail] = await codeMailsTo(user);
    expect(olderMail && (await codes.resolve(olderMail.code))).toBeNull();
    expect(newerMail && (await codes.resolve(newerMail.code))).toMatchObject({ code: newer });
    expect(await use(await codes.verify(user, newer, login))).toEqual({});
  });

  it("is readable neither in the table nor in the job", async () => {
    const user = await services.newUser();
    const login = newLogin();
    const code = await sendAndRead(user, login);
    const row = await rowOf(login);
    expect(row?.code).not.toContain(code);
    expect(row?.code).not.toContain(Buffer.from(code).toString("base64url"));
    const { keyRing } = services.test;
    expect(keyRing.decrypt(row?.code ?? "", `email-code:${login.id}`).toString()).toBe(code);
    // After a move to another login it cannot even be decrypted.
    expect(() => keyRing.decrypt(row?.code ?? "", `email-code:${newLogin().id}`)).toThrow();

    const [mail] = await codeMailsTo(user);
    expect(mail).toEqual({
      id: expect.any(String),
      template: "login-code",
      to: user.email,
      locale: "en",
      data: { name: user.name, at: row?.sentAt.toISOString(), device: "Firefox on Windows", ipAddress: "203.0.113.7" },
      code: { id: login.id, number: row?.sentAt.getTime() },
    });
  });

  it("is written into the mail at delivery, and only the newest is", async () => {
    const user = await services.newUser();
    const login = newLogin();
    await send(user, login);
    services.clock.advance(30 * SECOND);
    const code = await sendAndRead(user, login);

    const { clock } = services;
    const mailbox = new Mailbox({ clock });
    const silent = () => {};
    const mailer = new Mailer({
      catalogue: new MailCatalogue(MAILS),
      brand: PLAIN_BRAND,
      transport: mailbox,
      resolveLink: async () => null,
      consumeBudget: async () => 0,
      hold: async () => false,
      resolveCode: (reference) => codes.resolve(reference),
      clock,
      log: { info: silent, warn: silent, error: silent },
    });
    for (const mail of await codeMailsTo(user)) await mailer.deliver(mail, { attempt: 1, maxAttempts: 25 });
    expect(mailbox.list()).toHaveLength(1);
    expect(mailbox.list()[0]).toMatchObject({ to: user.email, text: expect.stringContaining(code) });
  });

  it("is not found by an unknown name", async () => {
    expect(await codes.resolve({ id: ANONYMOUS, number: 1 })).toBeNull();
    expect(await codes.resolve({ id: "no uuid", number: 1 })).toBeNull();
  });
});

describe("the limit on sent codes", () => {
  it("requires 30 seconds between two codes, and returns the remaining seconds", async () => {
    const user = await services.newUser();
    const login = newLogin();
    const code = await sendAndRead(user, login);
    services.clock.advance(10 * SECOND);
    const refused = await send(user, login);
    expect(refused).toEqual({ outcome: "TOO_SOON", retryAfter: expect.any(Number) });
    expect((refused as { retryAfter: number }).retryAfter).toBeLessThanOrEqual(20);
    expect((refused as { retryAfter: number }).retryAfter).toBeGreaterThan(15);

    expect(await codeMailsTo(user)).toHaveLength(1);
    expect(await codes.verify(user, code, login)).not.toBeNull();
    services.clock.advance(20 * SECOND);
    expect(await send(user, login)).toEqual(SENT);
  });

  it("allows a login one code and five more", async () => {
    const user = await services.newUser();
    const login = newLogin();
    for (let n = 0; n < 6; n++) {
      expect(await send(user, login)).toEqual(SENT);
      services.clock.advance(30 * SECOND);
    }
    const newest = await mailedCode(user);
    expect(await send(user, login)).toEqual({ outcome: "TOO_OFTEN", retryAfter: expect.any(Number) });
    expect(await codeMailsTo(user)).toHaveLength(6);
    expect(await codes.verify(user, newest, login)).not.toBeNull();
    // The next login has its own limit.
    expect(await send(user, newLogin())).toEqual(SENT);
  });

  it("starts again an hour after the newest code of a session expired", async () => {
    const user = await services.newUser();
    const { session } = await services.signIn(user);
    const stepUp: FactorSubject = { kind: "STEP_UP", id: session.id };
    for (let n = 0; n < 6; n++) {
      expect(await send(user, stepUp, "reauthentication-code")).toEqual(SENT);
      services.clock.advance(30 * SECOND);
    }
    services.clock.advance(HOUR);
    const refused = await send(user, stepUp, "reauthentication-code");
    expect(refused).toEqual({ outcome: "TOO_OFTEN", retryAfter: expect.any(Number) });
    services.clock.advance((refused as { retryAfter: number }).retryAfter * SECOND);

    for (let n = 0; n < 6; n++) {
      expect(await send(user, stepUp, "reauthentication-code")).toEqual(SENT);
      services.clock.advance(30 * SECOND);
    }
    expect(await send(user, stepUp, "reauthentication-code")).toMatchObject({ outcome: "TOO_OFTEN" });
    // No code of an old mail becomes valid again.
    const mails = await codeMailsTo(user);
    expect(new Set(mails.map(({ code }) => code.number)).size).toBe(12);
    expect(await Promise.all(mails.slice(0, -1).map(({ code }) => codes.resolve(code)))).toEqual(Array(11).fill(null));
  });

  it("starts again after a code was used, but still requires the pause", async () => {
    const { user, session } = await newPersonWithoutPassword();
    const stepUp: FactorSubject = { kind: "STEP_UP", id: session.id };
    for (let n = 0; n < 5; n++) {
      await send(user, stepUp);
      services.clock.advance(30 * SECOND);
    }
    const code = await sendAndRead(user, stepUp);
    expect(await use(await codes.verify(user, code, stepUp))).toEqual({});
    expect(await send(user, stepUp)).toMatchObject({ outcome: "TOO_SOON" });
    services.clock.advance(30 * SECOND);
    expect(await send(user, stepUp)).toEqual(SENT);
    expect(await rowOf(stepUp)).toMatchObject({ sends: 1, usedAt: null });
  });

  it("sends one code if twenty requests for the same login arrive at the same moment", async () => {
    const user = await services.newUser();
    const login = newLogin();
    for (const sends of [1, 2]) {
      const outcomes = await Promise.all(Array.from({ length: 20 }, () => send(user, login)));
      expect(outcomes.filter(({ outcome }) => outcome === "SENT")).toHaveLength(1);
      expect(outcomes.filter(({ outcome }) => outcome === "TOO_SOON")).toHaveLength(19);
      expect(await rowOf(login)).toMatchObject({ sends });
      services.clock.advance(30 * SECOND);
    }
    expect(await codeMailsTo(user)).toHaveLength(2);
  });

  it("allows a user ten codes an hour over all logins, also for concurrent requests, and counts only codes that were sent", async () => {
    const [user, other] = await Promise.all([services.newUser(), services.newUser()]);
    const first = newLogin();
    await send(user, first);
    for (let n = 0; n < 3; n++) expect(await send(user, first)).toMatchObject({ outcome: "TOO_SOON" });
    const logins = Array.from({ length: 25 }, newLogin);
    const outcomes = await Promise.all(logins.map((login) => send(user, login)));
    expect(outcomes.filter(({ outcome }) => outcome === "SENT")).toHaveLength(9);
    expect(outcomes.filter(({ outcome }) => outcome === "TOO_OFTEN")).toHaveLength(16);
    expect(await codeMailsTo(user)).toHaveLength(10);

    const refused = newLogin();
    const outcome = await send(user, refused);
    expect(outcome).toEqual({ outcome: "TOO_OFTEN", retryAfter: expect.any(Number) });
    expect((outcome as { retryAfter: number }).retryAfter).toBeLessThanOrEqual(3600);
    expect(await rowOf(refused)).toBeUndefined();
    expect(await send(other, newLogin())).toEqual(SENT);
    services.clock.advance(HOUR);
    expect(await send(user, newLogin())).toEqual(SENT);
  });

  it("neither counts nor mails a code if its transaction is rolled back", async () => {
    const user = await services.newUser();
    const login = newLogin();
    const failing = services.db.transaction(async (tx) => {
      await codes.sendForLogin(tx, { user, subject: login.id, client: CLIENT });
      throw new Error("no login");
    });
    await expect(failing).rejects.toThrow("no login");
    expect(await codeMailsTo(user)).toEqual([]);
    expect(await send(user, login)).toEqual(SENT);
    expect(await rowOf(login)).toMatchObject({ sends: 1 });
  });
});

describe("sweeping", () => {
  it("deletes unusable codes a day after they expired", async () => {
    const user = await services.newUser();
    const [old, recent] = [newLogin(), newLogin()];
    await send(user, old);
    services.clock.advance(5 * MINUTE);
    await send(user, recent);
    services.clock.advance(DAY + 7 * MINUTE);
    await codes.sweep();
    expect(await rowOf(old)).toBeUndefined();
    expect(await rowOf(recent)).toBeDefined();
  });
});

describe("a code for reauthentication", () => {
  const givePassword = async ({ user: { id: userId, tenantId } }: StoredUser): Promise<void> => {
    await services.db.insert(passwords).values({ userId, tenantId, hash: "x", changedAt: services.clock.now() });
  };

  it("is mailed to a user without another factor or password, for this session only", async () => {
    const { user, viewer } = await newPersonWithoutPassword();
    const elsewhere = await services.signIn(user);
    await codes.sendForReauthentication(viewer, CLIENT);
    const mails = await codeMailsTo(user);
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatchObject({ template: "reauthentication-code", to: user.email });
    expect(Object.keys(mails[0]?.data ?? {}).sort()).toEqual(["at", "name"]);

    const code = await mailedCode(user);
    expect(await codes.verify(user, code, { kind: "STEP_UP", id: elsewhere.session.id })).toBeNull();
    expect(await use(await codes.verify(user, code, { kind: "STEP_UP", id: viewer.sessionId }))).toEqual({});
  });

  it("is refused within 30 seconds of the last one", async () => {
    const { user, viewer } = await newPersonWithoutPassword();
    await codes.sendForReauthentication(viewer, CLIENT);
    const refusal: unknown = await codes.sendForReauthentication(viewer, CLIENT).catch((error: unknown) => error);
    expect(refusal).toMatchObject({ code: "RATE_LIMITED", detail: { retryAfter: expect.any(Number) } });
    expect((refusal as AppError).detail.retryAfter).toBeGreaterThan(20);
    expect(await codeMailsTo(user)).toHaveLength(1);
  });

  it.each([
    ["a password", (person: StoredUser) => givePassword(person)],
    [
      "an authenticator app",
      async ({ user }: StoredUser) => {
        const { id: userId, tenantId } = user;
        await services.db.insert(totpSecrets).values({ userId, tenantId, secret: "x" });
      },
    ],
    [
      "a passkey",
      async ({ user }: StoredUser) => {
        const { id: userId, tenantId } = user;
        await services.db.insert(passkeys).values({
          id: services.ids.next(),
          userId,
          tenantId,
          name: "key",
          credentialId: Buffer.from(userId),
          publicKey: Buffer.alloc(1),
          counter: 0,
          transports: [],
          backedUp: false,
          createdAt: services.clock.now(),
        });
      },
    ],
  ])("is refused to a user with %s, and nothing is mailed", async (_factor, give) => {
    const person = await newPersonWithoutPassword();
    await give(person);
    await expect(codes.sendForReauthentication(person.viewer, CLIENT)).rejects.toMatchObject({ code: "BAD_REQUEST" });
    expect(await codeMailsTo(person.user)).toEqual([]);
    expect(await rowOf({ kind: "STEP_UP", id: person.viewer.sessionId })).toBeUndefined();
  });

  it("is also mailed if an authenticator app is pending, because it is not active yet", async () => {
    const { user, viewer } = await newPersonWithoutPassword();
    await services.db.insert(totpSecrets).values({ userId: user.id, tenantId: user.tenantId, pendingSecret: "x" });
    await codes.sendForReauthentication(viewer, CLIENT);
    expect(await codeMailsTo(user)).toHaveLength(1);
  });

  it("is invalid once there is a password, also if it was verified before", async () => {
    const person = await newPersonWithoutPassword();
    const { user, viewer } = person;
    await codes.sendForReauthentication(viewer, CLIENT);
    const stepUp: FactorSubject = { kind: "STEP_UP", id: viewer.sessionId };
    const accepted = await codes.verify(user, await mailedCode(user), stepUp);
    expect(accepted).not.toBeNull();
    await givePassword(person);
    expect(await use(accepted)).toBeNull();
    expect(await rowOf(stepUp)).toMatchObject({ usedAt: null });
  });

  it("is refused to a user who is deleted", async () => {
    const { user, viewer } = await newPersonWithoutPassword();
    await services.db.execute(sql`delete from users where id = ${user.id}`);
    await expect(codes.sendForReauthentication(viewer, CLIENT)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });
});
