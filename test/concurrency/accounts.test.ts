import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AppError } from "#shared/errors";
import { CLIENT } from "../support/factories/stored-users.ts";
import { newEmail } from "../support/factories/users.ts";
import {
  type AccountServices,
  PASSWORD,
  startAccountServices,
  verification,
} from "../support/servers/account-services.ts";

let services: AccountServices;
beforeAll(async () => {
  services = await startAccountServices();
});
afterAll(() => services?.close());

/** Uses a link in another client than the one that registered. */
const verify = (token: string) =>
  services.emailVerification.verify(verification(token, { password: PASSWORD }), CLIENT);

/** Runs all calls concurrently. @returns the results, and the code and reason of each refusal. @throws any other error */
const race = async <Result>(callers: readonly (() => Promise<Result>)[]) => {
  const settled = await Promise.allSettled(callers.map((call) => call()));
  const won = settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
  const refusals = settled.flatMap((one) => {
    if (one.status === "fulfilled") return [];
    if (!(one.reason instanceof AppError)) throw one.reason;
    return [one.reason.reason ?? one.reason.code];
  });
  return { won, refusals };
};

const times = <Result>(count: number, call: (index: number) => Promise<Result>) =>
  Array.from({ length: count }, (_, index) => () => call(index));

const countOf = async (rows: Promise<readonly unknown[]>): Promise<number> => (await rows).length;

describe("at the same moment", () => {
  it("one reset token sets one password, although fifty callers use it", async () => {
    const user = await services.newUser();
    await services.signIn(user);
    await services.passwordResets.request(CLIENT, user.email);
    await services.runJobs();
    const token = await services.mailedToken(user.email, "password-reset");
    const { won, refusals } = await race(
      times(50, async (n) => {
        await services.passwordResets.reset(CLIENT, token, `a new passphrase, number ${n}`);
        return `a new passphrase, number ${n}`;
      }),
    );
    expect(won).toHaveLength(1);
    expect(new Set(refusals)).toEqual(new Set(["INVALID_TOKEN"]));
    expect(await services.verifies(user, won[0] ?? "")).toBe(true);
    const events = await services.eventsOf(user.id);
    expect(events.filter((type) => type === "PASSWORD_RESET")).toHaveLength(1);
    // Of the login: the session of the verification was removed.
    expect(events.filter((type) => type === "SESSION_ENDED")).toHaveLength(1);
  });

  it("five requests leave three valid reset links", async () => {
    const user = await services.newUser();
    const payload = { email: user.email, client: CLIENT };
    await race(times(5, () => services.passwordResets.issue(payload, { attempt: 1, maxAttempts: 1 })));
    const mails = (await services.mailsTo(user.email)).filter(({ template }) => template === "password-reset");
    const tokens = await Promise.all(mails.map((mail) => services.tokenIn(mail)));
    // As many as the recipient's mail budget allows.
    expect(tokens).toHaveLength(5);
    expect(tokens.filter((token) => token !== null)).toHaveLength(3);
  });

  it("an account is deleted once", async () => {
    const user = await services.newUser();
    const { viewer } = await services.signIn(user);
    const { won, refusals } = await race(times(10, () => services.account.deleteAccount(viewer, CLIENT, PASSWORD)));
    expect(won).toHaveLength(1);
    expect(new Set(refusals)).toEqual(new Set(["UNAUTHENTICATED"]));
    expect((await services.eventsOf(user.id)).filter((type) => type === "ACCOUNT_DELETED")).toHaveLength(1);
    const mails = await services.mailsTo(user.email);
    expect(mails.filter(({ template }) => template === "account-deleted")).toHaveLength(1);
  });

  it("two admins cannot both delete their accounts if no other admin remains", async () => {
    const { id: tenantId } = await services.tenants.default();
    await services.newUser();
    const admins = await Promise.all([services.newUser(), services.newUser()]);
    await services.db.execute(sql`update users set roles = '{USER}' where tenant_id = ${tenantId}`);
    for (const { id } of admins)
      await services.db.execute(sql`update users set roles = '{USER,ADMIN}' where id = ${id}`);
    const viewers = await Promise.all(admins.map(async (admin) => (await services.signIn(admin)).viewer));
    const { won, refusals } = await race(
      viewers.map((viewer) => () => services.account.deleteAccount(viewer, CLIENT, PASSWORD)),
    );
    expect(won).toHaveLength(1);
    expect(refusals).toEqual(["LAST_ADMIN"]);
  });

  it("one username goes to one of ten users who request it", async () => {
    const users = await Promise.all(Array.from({ length: 10 }, () => services.newUser()));
    const viewers = await Promise.all(users.map(async (user) => (await services.signIn(user)).viewer));
    const { won, refusals } = await race(
      viewers.map(
        (viewer, n) => () => services.account.changeUsername(viewer, CLIENT, n % 2 ? "Wanted" : "wanted", PASSWORD),
      ),
    );
    expect(won).toHaveLength(1);
    expect(refusals).toEqual(Array(9).fill("USERNAME_TAKEN"));
    expect(await countOf(services.query(sql`select id from users where username_canonical = 'wanted'`))).toBe(1);
  });

  it("one address registered ten times is not a user yet, and has ten links of which one creates the user", async () => {
    const email = newEmail();
    const { won } = await race(
      times(10, (n) =>
        services.registration.register(
          { email: n % 2 ? email.toUpperCase() : email, password: `a passphrase, number ${n}` },
          CLIENT,
        ),
      ),
    );
    expect(won.map(({ next }) => next)).toEqual(Array(10).fill("VERIFY_EMAIL"));
    await expect(services.userOf(email)).rejects.toThrow();
    const mails = [...(await services.mailsTo(email)), ...(await services.mailsTo(email.toUpperCase()))];
    const tokens = await Promise.all(mails.map((mail) => services.tokenIn(mail)));
    expect(tokens.filter((token) => token !== null)).toHaveLength(10);

    const verified = await race(tokens.map((token) => () => verify(token ?? "")));
    expect(verified.won).toHaveLength(1);
    expect(new Set(verified.refusals)).toEqual(new Set(["INVALID_TOKEN"]));
    const events = await services.eventsOf((await services.userOf(email)).id);
    expect(events.filter((type) => /USER_REGISTERED|EMAIL_VERIFIED|LOGIN_SUCCEEDED/.test(type))).toHaveLength(3);
    expect(
      await countOf(
        services.query(
          sql`select id from registrations where email_canonical = ${email.toLowerCase()} and closed_at is null`,
        ),
      ),
    ).toBe(0);
  });

  it("one username requested in ten registrations goes to one of them, and all ten succeed", async () => {
    const emails = Array.from({ length: 10 }, () => newEmail());
    const challenges: string[] = [];
    for (const email of emails) {
      const registered = await services.registration.register(
        { email, password: PASSWORD, username: "Wished" },
        CLIENT,
      );
      challenges.push(registered.challenge);
    }
    const tokens = await Promise.all(emails.map((email) => services.mailedToken(email, "verify-email")));
    const { won } = await race(
      tokens.map(
        (token, n) => () =>
          services.emailVerification.verify(verification(token, { challenge: challenges[n] ?? "" }), CLIENT),
      ),
    );
    expect(won).toHaveLength(10);
    expect(await countOf(services.query(sql`select id from users where username_canonical = 'wished'`))).toBe(1);
  });

  it("one address goes to one of the users who change to it", async () => {
    const wanted = newEmail("wanted");
    const users = await Promise.all(Array.from({ length: 5 }, () => services.newUser()));
    for (const user of users) await services.emailChanges.request((await services.signIn(user)).viewer, wanted);
    const mails = await services.mailsTo(wanted);
    const tokens = await Promise.all(mails.map((mail) => services.tokenIn(mail)));
    const { won, refusals } = await race(
      tokens.map((token) => () => services.emailChanges.confirm(token ?? "", CLIENT)),
    );
    expect(won).toEqual([{ email: wanted }]);
    expect(refusals).toEqual(Array(4).fill("EMAIL_TAKEN"));
  });

  it("of six password changes one succeeds, and no other overwrites it", async () => {
    const user = await services.newUser();
    const { viewer } = await services.signIn(user);
    const { won, refusals } = await race(
      times(6, async (n) => {
        const newPassword = `a new passphrase, number ${n}`;
        await services.passwords.changePassword(viewer, CLIENT, { currentPassword: PASSWORD, newPassword });
        return newPassword;
      }),
    );
    expect(won).toHaveLength(1);
    // The later call finds the password changed, before or after it gets the lock.
    for (const refusal of refusals) expect(["CONFLICT", "INCORRECT_PASSWORD", "UNAUTHENTICATED"]).toContain(refusal);
    expect(await services.verifies(user, won[0] ?? "")).toBe(true);
  });
});
