import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DELIVER_MAIL } from "#platform/mail/index";
import { HOUR } from "#shared/durations";
import { CLIENT } from "../../support/factories/stored-users.ts";
import { newEmail } from "../../support/factories/users.ts";
import { type AccountServices, PASSWORD, startAccountServices } from "../../support/servers/account-services.ts";

let services: AccountServices;
beforeAll(async () => {
  services = await startAccountServices();
});
afterAll(() => services?.close());

const NEW = "a quite different passphrase";

const liveSessions = async (userId: string): Promise<number> =>
  (await services.query(sql`select id from sessions where user_id = ${userId} and ended_at is null`)).length;

const requestReset = async (email: string): Promise<void> => {
  await services.passwordResets.request(CLIENT, email);
  await services.runJobs();
};

describe("verifying a password", () => {
  it("ends the session after ten wrong ones in a row, however many arrive at once, and does nothing else", async () => {
    const user = await services.newUser();
    const [{ viewer }, { viewer: elsewhere }] = [await services.signIn(user), await services.signIn(user)];
    const guesses = await Promise.allSettled(
      Array.from({ length: 16 }, (_, n) => services.passwords.verifyPassword(viewer, CLIENT, `wrong ${n}`)),
    );
    const codes = guesses.map((guess) => guess.status === "rejected" && guess.reason.code);
    expect(codes.filter((code) => code === "FORBIDDEN")).toHaveLength(10);
    expect(codes.filter((code) => code === "UNAUTHENTICATED")).toHaveLength(6);
    await expect(services.passwords.verifyPassword(viewer, CLIENT, PASSWORD)).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
    });

    const ended = await services.query(
      sql`select id, end_reason from sessions where user_id = ${user.id} and ended_at is not null`,
    );
    expect(ended).toEqual([{ id: viewer.sessionId, end_reason: "STEP_UP_FAILED" }]);
    expect((await services.eventsOf(user.id)).filter((type) => type === "STEP_UP_FAILED")).toHaveLength(10);
    expect((await services.mailsTo(user.email)).map(({ template }) => template)).toContain("step-up-failed");
    await expect(services.passwords.verifyPassword(elsewhere, CLIENT, PASSWORD)).resolves.toMatchObject({
      userId: user.id,
    });
  });

  it("counts consecutive wrong ones only, and no correct ones", async () => {
    const user = await services.newUser();
    const { viewer } = await services.signIn(user);
    const wrong = () => services.passwords.verifyPassword(viewer, CLIENT, "wrong");
    for (let n = 0; n < 9; n++) await expect(wrong()).rejects.toMatchObject({ reason: "INCORRECT_PASSWORD" });
    await Promise.all(Array.from({ length: 20 }, () => services.passwords.verifyPassword(viewer, CLIENT, PASSWORD)));
    await expect(wrong()).rejects.toMatchObject({ reason: "INCORRECT_PASSWORD" });
    await services.passwords.verifyPassword(viewer, CLIENT, PASSWORD);
  });

  it("reports that the user has no password", async () => {
    const user = await services.newUser();
    const { viewer } = await services.signIn(user);
    await services.db.execute(sql`delete from passwords where user_id = ${user.id}`);
    await expect(services.passwords.verifyPassword(viewer, CLIENT, PASSWORD)).rejects.toMatchObject({
      code: "BAD_REQUEST",
      reason: "NO_PASSWORD_SET",
    });
    expect(await services.passwords.haveUsers([user.id])).toEqual([false]);
  });
});

describe("changing the password", () => {
  it.each([
    ["NONE", 0, 2],
    ["OTHERS", 1, 1],
    ["ALL", 2, 0],
    [null, 2, 0],
  ] as const)("with logout %s ends %i of two sessions", async (logout, ended, left) => {
    const user = await services.newUser();
    const { viewer } = await services.signIn(user);
    await services.signIn(user);
    const change = { currentPassword: PASSWORD, newPassword: NEW, logout };
    const changed = await services.passwords.changePassword(viewer, CLIENT, change);
    expect(changed.endedSessions).toHaveLength(ended);
    expect(await liveSessions(user.id)).toBe(left);
    if (logout === "OTHERS") {
      const [own] = await services.query(sql`select ended_at from sessions where id = ${viewer.sessionId}`);
      expect(own).toEqual({ ended_at: null });
    }
    expect(await services.verifies(user, NEW)).toBe(true);
    const mail = (await services.mailsTo(user.email)).at(-1);
    expect(mail).toMatchObject({ template: "password-changed", data: { endedSessions: ended } });
    expect((await services.eventsOf(user.id)).filter((type) => type === "PASSWORD_CHANGED")).toHaveLength(1);
  });

  it("never ends fewer sessions than the tenant's policy requires", async () => {
    const { id } = await services.tenants.default();
    await services.db.execute(sql`update tenants set password_change_ends = 'OTHERS' where id = ${id}`);
    try {
      const user = await services.newUser();
      const { viewer } = await services.signIn(user);
      await services.signIn(user);
      const change = { currentPassword: PASSWORD, newPassword: NEW, logout: "NONE" as const };
      const { endedSessions } = await services.passwords.changePassword(viewer, CLIENT, change);
      expect(endedSessions).toHaveLength(1);
    } finally {
      await services.db.execute(sql`update tenants set password_change_ends = 'NONE' where id = ${id}`);
    }
  });

  it.each([
    ["the same password", { currentPassword: PASSWORD, newPassword: PASSWORD }, "BAD_REQUEST", "SAME_PASSWORD"],
    ["a wrong current one", { currentPassword: "wrong", newPassword: NEW }, "FORBIDDEN", "INCORRECT_PASSWORD"],
    ["a weak new one", { currentPassword: PASSWORD, newPassword: "short" }, "BAD_REQUEST", "WEAK_PASSWORD"],
    ["no current one", { newPassword: NEW }, "BAD_USER_INPUT", undefined],
  ])("refuses %s, and changes nothing", async (_name, change, code, reason) => {
    const user = await services.newUser();
    const { viewer } = await services.signIn(user);
    await expect(services.passwords.changePassword(viewer, CLIENT, change)).rejects.toMatchObject({ code, reason });
    expect(await services.verifies(user, PASSWORD)).toBe(true);
    expect(await liveSessions(user.id)).toBe(1);
  });

  it("sets the first password of a user after a step-up, and of no other user", async () => {
    const user = await services.newUser();
    await services.db.execute(sql`delete from passwords where user_id = ${user.id}`);
    const { viewer } = await services.signIn(user);
    const stale = { ...viewer, elevatedUntil: services.clock.now() };
    await expect(services.passwords.changePassword(stale, CLIENT, { newPassword: NEW })).rejects.toMatchObject({
      code: "REAUTHENTICATION_REQUIRED",
    });
    await services.passwords.changePassword(viewer, CLIENT, { newPassword: NEW });
    expect(await services.verifies(user, NEW)).toBe(true);
  });

  it("invalidates a pending reset link", async () => {
    const user = await services.newUser();
    await requestReset(user.email);
    const token = await services.mailedToken(user.email, "password-reset");
    const { viewer } = await services.signIn(user);
    await services.passwords.changePassword(viewer, CLIENT, { currentPassword: PASSWORD, newPassword: NEW });
    expect(await services.passwordResets.status(token)).toEqual({ valid: false, expiresAt: null });
    await expect(services.passwordResets.reset(CLIENT, token, PASSWORD)).rejects.toMatchObject({
      code: "INVALID_TOKEN",
    });
    expect(await services.verifies(user, NEW)).toBe(true);
  });
});

describe("resetting the password", () => {
  it("accepts the same request for every address", async () => {
    const user = await services.newUser();
    const jobs = () =>
      services.query<{ payload: { email: string } }>(sql`
        select job.payload from graphile_worker._private_jobs job
        join graphile_worker._private_tasks task on task.id = job.task_id where task.identifier <> ${DELIVER_MAIL} order by job.id`);
    await services.passwordResets.request(CLIENT, user.email.toUpperCase());
    await services.passwordResets.request(CLIENT, "Nobody@example.com");
    expect((await jobs()).map(({ payload }) => payload.email)).toEqual([user.email, "nobody@example.com"]);
    await services.runJobs();
    expect(await services.mailsTo("nobody@example.com")).toEqual([]);
  });

  it("sets the password, ends every session and notifies the user", async () => {
    const user = await services.newUser();
    await services.signIn(user);
    await services.signIn(user);
    await services.db.execute(sql`update users set password_reset_required = true where id = ${user.id}`);
    await requestReset(user.email);
    const token = await services.mailedToken(user.email, "password-reset");
    expect(await services.passwordResets.status(token)).toEqual({ valid: true, expiresAt: expect.any(Date) });

    expect((await services.passwordResets.reset(CLIENT, token, NEW)).endedSessionIds).toHaveLength(2);
    expect(await liveSessions(user.id)).toBe(0);
    expect(await services.verifies(user, NEW)).toBe(true);
    expect(await services.userOf(user.email)).toMatchObject({ passwordResetRequired: false, emailVerified: true });
    expect((await services.eventsOf(user.id)).slice(2)).toEqual([
      "LOGIN_SUCCEEDED",
      "NEW_DEVICE",
      "PASSWORD_RESET_REQUESTED",
      "SESSION_ENDED",
      "SESSION_ENDED",
      "PASSWORD_RESET",
    ]);
    expect((await services.mailsTo(user.email)).at(-1)).toMatchObject({ template: "password-changed" });
    await expect(services.passwordResets.reset(CLIENT, token, PASSWORD)).rejects.toMatchObject({
      code: "INVALID_TOKEN",
    });
  });

  it("keeps the link valid if the new password is refused", async () => {
    const user = await services.newUser();
    await requestReset(user.email);
    const token = await services.mailedToken(user.email, "password-reset");
    await expect(services.passwordResets.reset(CLIENT, token, user.email)).rejects.toMatchObject({
      reason: "WEAK_PASSWORD",
    });
    expect(await services.verifies(user, PASSWORD)).toBe(true);
    await services.passwordResets.reset(CLIENT, token, NEW);
    expect(await services.verifies(user, NEW)).toBe(true);
  });

  const requestLinks = async (email: string, count: number): Promise<string[]> => {
    const tokens: string[] = [];
    for (let n = 0; n < count; n++) {
      await requestReset(email);
      tokens.push(await services.mailedToken(email, "password-reset"));
    }
    return tokens;
  };
  const validityOf = async (tokens: readonly string[]) =>
    Promise.all(tokens.map(async (token) => (await services.passwordResets.status(token)).valid));

  it("accepts the last three links, and no older one", async () => {
    const user = await services.newUser();
    const tokens = await requestLinks(user.email, 5);
    expect(await validityOf(tokens)).toEqual([false, false, true, true, true]);
    const [, ended = ""] = tokens;
    await expect(services.passwordResets.reset(CLIENT, ended, NEW)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect(await services.verifies(user, PASSWORD)).toBe(true);
  });

  it.each([0, 1, 2])("invalidates all links when number %i of three is used", async (used) => {
    const user = await services.newUser();
    const tokens = await requestLinks(user.email, 3);
    await services.passwordResets.reset(CLIENT, tokens[used] ?? "", NEW);
    expect(await validityOf(tokens)).toEqual([false, false, false]);
    for (const token of tokens)
      await expect(services.passwordResets.reset(CLIENT, token, PASSWORD)).rejects.toMatchObject({
        code: "INVALID_TOKEN",
      });
    expect(await services.verifies(user, NEW)).toBe(true);
  });

  it("counts the links of each user separately", async () => {
    const [alice, bob] = [await services.newUser(), await services.newUser()];
    const tokens = await requestLinks(bob.email, 2);
    await requestLinks(alice.email, 4);
    expect(await validityOf(tokens)).toEqual([true, true]);
  });

  it("delivers a delayed mail of the last three with its link, and no older mail", async () => {
    const user = await services.newUser();
    await requestLinks(user.email, 4);
    const mails = (await services.mailsTo(user.email)).filter(({ template }) => template === "password-reset");
    const tokens = await Promise.all(mails.map((mail) => services.tokenIn(mail)));
    expect(tokens.map((token) => token !== null)).toEqual([false, true, true, true]);
  });

  it("accepts no link after an hour, and mails none that expired before delivery", async () => {
    const user = await services.newUser();
    await requestReset(user.email);
    const mail = (await services.mailsTo(user.email)).at(-1);
    const token = await services.mailedToken(user.email, "password-reset");
    services.clock.advance(HOUR);
    expect(await services.passwordResets.status(token)).toEqual({ valid: false, expiresAt: null });
    await expect(services.passwordResets.reset(CLIENT, token, NEW)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect(mail && (await services.tokenIn(mail))).toBeNull();
  });

  it.each(["SUSPENDED", "PENDING_VERIFICATION", "INVITED"])("sends no link to a user who is %s", async (status) => {
    const user = await services.newUser();
    await services.db.execute(sql`update users set status = ${status} where id = ${user.id}`);
    const before = await services.mailsTo(user.email);
    await requestReset(user.email);
    expect(await services.mailsTo(user.email)).toEqual(before);
  });

  it("does not reactivate a suspended user through an older link", async () => {
    const user = await services.newUser();
    await requestReset(user.email);
    const token = await services.mailedToken(user.email, "password-reset");
    await services.db.execute(sql`update users set status = 'SUSPENDED' where id = ${user.id}`);
    await services.passwordResets.reset(CLIENT, token, NEW);
    expect(await services.userOf(user.email)).toMatchObject({ status: "SUSPENDED" });
  });

  it("cancels a pending change of address", async () => {
    const user = await services.newUser();
    const { viewer } = await services.signIn(user);
    const thief = newEmail("thief");
    await services.emailChanges.request(viewer, thief);
    const change = await services.mailedToken(thief, "change-email-verify");
    await requestReset(user.email);
    await services.passwordResets.reset(CLIENT, await services.mailedToken(user.email, "password-reset"), NEW);
    await expect(services.emailChanges.confirm(change, CLIENT)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect((await services.userOf(user.email)).id).toBe(user.id);
  });
});
