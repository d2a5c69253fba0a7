import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { User } from "../../../src/features/users/index.ts";
import { HOUR } from "../../../src/shared/durations.ts";
import { type AccountServices, CLIENT, PASSWORD, startAccountServices } from "../../support/account-services.ts";

let services: AccountServices;
beforeAll(async () => {
  services = await startAccountServices();
});
afterAll(() => services?.close());

const ask = async (user: User, newEmail: string): Promise<void> =>
  services.emailChanges.request((await services.signIn(user)).viewer, newEmail);

const follow = (token: string) => services.emailChanges.verifyEmail(token, CLIENT);
const undo = (token: string) => services.emailChanges.undo(token, CLIENT);

/** Changes the address as its owner, or a thief, would. */
const change = async (user: User, newEmail: string): Promise<User> => {
  await ask(user, newEmail);
  await follow(await services.mailedToken(newEmail, "change-email-verify"));
  return services.userOf(newEmail);
};

describe("changing the address", () => {
  it("happens when the new address is proved, not before", async () => {
    const user = await services.newUser();
    const newEmail = services.newAddress("New");
    await ask(user, newEmail);
    expect(await services.userOf(user.email)).toEqual(user);
    expect((await services.mailsTo(user.email)).at(-1)).toMatchObject({
      template: "change-email-notice",
      data: { newEmail },
    });

    const token = await services.mailedToken(newEmail, "change-email-verify");
    expect(await follow(token)).toEqual({ email: newEmail });
    expect(await services.userOf(newEmail)).toMatchObject({ id: user.id, email: newEmail, emailVerified: true });
    expect((await services.eventsOf(user.id)).at(-1)).toBe("EMAIL_CHANGED");
    await expect(follow(token)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
  });

  it("refuses the address that the user has already", async () => {
    const user = await services.newUser();
    await expect(ask(user, user.email.toUpperCase())).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });

  it("answers a taken address like a free one, in both mailboxes of the caller", async () => {
    const owner = await services.newUser();
    const user = await services.newUser();
    await ask(user, owner.email);
    expect((await services.mailsTo(owner.email)).at(-1)).toMatchObject({ template: "already-registered" });
    expect((await services.mailsTo(user.email)).at(-1)).toMatchObject({ template: "change-email-notice" });
    expect(await services.userOf(owner.email)).toEqual(owner);
  });

  it("takes the newest wish only", async () => {
    const user = await services.newUser();
    const [first, second] = [services.newAddress(), services.newAddress()];
    await ask(user, first);
    const older = await services.mailedToken(first, "change-email-verify");
    await ask(user, second);
    await expect(follow(older)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect(await services.userOf(user.email)).toEqual(user);
  });

  it("is refused when somebody else proved the address meanwhile", async () => {
    const user = await services.newUser();
    const newEmail = services.newAddress();
    await ask(user, newEmail);
    const token = await services.mailedToken(newEmail, "change-email-verify");
    await services.registration.register({ email: newEmail, password: PASSWORD }, CLIENT);
    await follow(await services.mailedToken(newEmail, "verify-email"));

    await expect(follow(token)).rejects.toMatchObject({ code: "CONFLICT", reason: "EMAIL_TAKEN" });
    expect(await services.userOf(user.email)).toEqual(user);
  });

  it("is not held up by a stranger who registered the address and never proved it", async () => {
    const user = await services.newUser();
    const newEmail = services.newAddress();
    await services.registration.register({ email: newEmail, password: PASSWORD }, CLIENT);
    const strangers = await services.mailedToken(newEmail, "verify-email");
    expect((await change(user, newEmail)).id).toBe(user.id);
    await expect(follow(strangers)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
  });

  it("kills what was mailed to the old address for getting in", async () => {
    const user = await services.newUser();
    await services.resets.request(CLIENT, user.email);
    await services.runJobs();
    const reset = await services.mailedToken(user.email, "password-reset");
    await change(user, services.newAddress());
    await expect(services.resets.reset(CLIENT, reset, "a quite different one")).rejects.toMatchObject({
      code: "INVALID_TOKEN",
    });
  });
});

describe("undoing a change of address", () => {
  it("gives the old address back, ends all sessions and has the password reset", async () => {
    const user = await services.newUser();
    const thief = services.newAddress("thief");
    await change(user, thief);
    expect(await undo(await services.mailedToken(user.email, "change-email-notice"))).toEqual({ email: user.email });

    expect(await services.userOf(user.email)).toMatchObject({ id: user.id, passwordResetRequired: true });
    const live = await services.query(sql`select id from sessions where user_id = ${user.id} and ended_at is null`);
    expect(live).toEqual([]);
    const reset = await services.mailedToken(user.email, "account-secured");
    await services.resets.reset(CLIENT, reset, "a quite different one");
    expect(await services.userOf(user.email)).toMatchObject({ passwordResetRequired: false });
  });

  it("stops a change that is still waiting", async () => {
    const user = await services.newUser();
    const thief = services.newAddress("thief");
    await ask(user, thief);
    const waiting = await services.mailedToken(thief, "change-email-verify");
    await undo(await services.mailedToken(user.email, "change-email-notice"));
    await expect(follow(waiting)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect((await services.userOf(user.email)).id).toBe(user.id);
  });

  it("stays open to the first owner, whatever a thief changes and undoes after", async () => {
    const user = await services.newUser();
    const [first, second] = [services.newAddress("thief"), services.newAddress("thief")];
    const stolen = await change(user, first);
    const owners = await services.mailedToken(user.email, "change-email-notice");
    await change(stolen, second);
    const thiefs = await services.mailedToken(first, "change-email-notice");
    await ask(await services.userOf(second), services.newAddress("thief"));
    await undo(thiefs);
    expect((await services.userOf(first)).id).toBe(user.id);

    expect(await undo(owners)).toEqual({ email: user.email });
    expect((await services.userOf(user.email)).id).toBe(user.id);
  });

  it("leaves the thief no way back", async () => {
    const user = await services.newUser();
    const [first, second] = [services.newAddress("thief"), services.newAddress("thief")];
    await change(await change(user, first), second);
    const thiefs = await services.mailedToken(first, "change-email-notice");
    await undo(await services.mailedToken(user.email, "change-email-notice"));
    await expect(undo(thiefs)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect((await services.userOf(user.email)).id).toBe(user.id);
  });

  it("works once, for 72 hours, and by no other link", async () => {
    const user = await services.newUser();
    const newEmail = services.newAddress();
    await ask(user, newEmail);
    const proof = await services.mailedToken(newEmail, "change-email-verify");
    const token = await services.mailedToken(user.email, "change-email-notice");
    await expect(undo(proof)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    await expect(follow(token)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    await expect(services.resets.reset(CLIENT, token, "a quite different one")).rejects.toMatchObject({
      code: "INVALID_TOKEN",
    });
    services.advance(72 * HOUR);
    await expect(undo(token)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect(await services.userOf(user.email)).toEqual(user);
  });
});
