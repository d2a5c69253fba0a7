import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { User } from "#features/users/index";
import { HOUR } from "#shared/durations";
import { purposeNamed } from "../../support/factories/links.ts";
import { CLIENT } from "../../support/factories/stored-users.ts";
import { addUser, createTenant } from "../../support/factories/tenants.ts";
import { newEmail } from "../../support/factories/users.ts";
import {
  type AccountServices,
  PASSWORD,
  startAccountServices,
  verification,
} from "../../support/servers/account-services.ts";

let services: AccountServices;
beforeAll(async () => {
  services = await startAccountServices();
});
afterAll(() => services?.close());

const ask = async (user: User, wanted: string): Promise<void> =>
  services.emailChanges.request((await services.signIn(user)).viewer, wanted);

const prove = (token: string) =>
  services.emailVerification.verify(verification(token, { password: "a quite different one" }), CLIENT);
const follow = (token: string) => services.emailChanges.confirm(token, CLIENT);

/** On a device that the user has had since registration. */
const undo = async (token: string): Promise<{ email: string }> => {
  const { db, devices, emailChangeUndo, links, users } = services;
  const device = devices.resolveDevice(null, null);
  const link = await links.find(db, purposeNamed("undo-email-change"), token);
  if (link) {
    const user = await users.get(link.userId);
    await db.transaction((tx) => devices.recordLogin(tx, user, device, CLIENT));
    await db.execute(sql`update devices set first_seen_at = ${user.createdAt.toISOString()} where id = ${device.id}`);
  }
  return emailChangeUndo.undo(token, { deviceToken: device.token }, CLIENT);
};

/** Changes the address, as the user or an attacker would. */
const change = async (user: User, wanted: string): Promise<User> => {
  await ask(user, wanted);
  await follow(await services.mailedToken(wanted, "change-email-verify"));
  return services.userOf(wanted);
};

describe("changing the address", () => {
  it("happens when the new address is verified, not before", async () => {
    const user = await services.newUser();
    const wanted = newEmail("New");
    await ask(user, wanted);
    expect(await services.userOf(user.email)).toEqual(user);
    expect((await services.mailsTo(user.email)).at(-1)).toMatchObject({
      template: "change-email-notice",
      data: { newEmail: wanted },
    });

    const token = await services.mailedToken(wanted, "change-email-verify");
    expect(await follow(token)).toEqual({ email: wanted });
    expect(await services.userOf(wanted)).toMatchObject({ id: user.id, email: wanted, emailVerified: true });
    expect((await services.eventsOf(user.id)).at(-1)).toBe("EMAIL_CHANGED");
    await expect(follow(token)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
  });

  it("refuses the address that the user already has", async () => {
    const user = await services.newUser();
    await expect(ask(user, user.email.toUpperCase())).rejects.toMatchObject({ code: "BAD_REQUEST" });
  });

  it("answers the same for a taken address as for a free one, in both mailboxes of the caller", async () => {
    const owner = await services.newUser();
    const user = await services.newUser();
    await ask(user, owner.email);
    expect((await services.mailsTo(owner.email)).at(-1)).toMatchObject({ template: "already-registered" });
    expect((await services.mailsTo(user.email)).at(-1)).toMatchObject({ template: "change-email-notice" });
    expect(await services.userOf(owner.email)).toEqual(owner);
  });

  it("accepts the link of the newest request only", async () => {
    const user = await services.newUser();
    const [first, second] = [newEmail(), newEmail()];
    await ask(user, first);
    const older = await services.mailedToken(first, "change-email-verify");
    await ask(user, second);
    await expect(follow(older)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect(await services.userOf(user.email)).toEqual(user);
  });

  it("is refused if another user has verified the address since the request", async () => {
    const user = await services.newUser();
    const wanted = newEmail();
    await ask(user, wanted);
    const token = await services.mailedToken(wanted, "change-email-verify");
    await services.registration.register({ email: wanted, password: PASSWORD }, CLIENT);
    await prove(await services.mailedToken(wanted, "verify-email"));

    await expect(follow(token)).rejects.toMatchObject({ code: "CONFLICT", reason: "EMAIL_TAKEN" });
    expect(await services.userOf(user.email)).toEqual(user);
  });

  it("is not blocked by a registration that never verified the address", async () => {
    const user = await services.newUser();
    const wanted = newEmail();
    await services.registration.register({ email: wanted, password: PASSWORD }, CLIENT);
    const strangers = await services.mailedToken(wanted, "verify-email");
    expect((await change(user, wanted)).id).toBe(user.id);
    await expect(prove(strangers)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
  });

  it("invalidates the login and reset links mailed to the old address", async () => {
    const user = await services.newUser();
    await services.passwordResets.request(CLIENT, user.email);
    await services.runJobs();
    const reset = await services.mailedToken(user.email, "password-reset");
    await change(user, newEmail());
    await expect(services.passwordResets.reset(CLIENT, reset, "a quite different one")).rejects.toMatchObject({
      code: "INVALID_TOKEN",
    });
  });

  it("is cancelled by a change of the password, because a thief may have requested it", async () => {
    const user = await services.newUser();
    const { viewer } = await services.signIn(user);
    const thief = newEmail("thief");
    await services.emailChanges.request(viewer, thief);
    const waiting = await services.mailedToken(thief, "change-email-verify");
    await services.passwords.changePassword(viewer, CLIENT, {
      currentPassword: PASSWORD,
      newPassword: "a quite different one",
    });
    await expect(follow(waiting)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect((await services.userOf(user.email)).id).toBe(user.id);
  });

  it("is not completed while a password reset is required, because the reset link must not go to the new address", async () => {
    const user = await services.newUser();
    const thief = newEmail("thief");
    await ask(user, thief);
    const waiting = await services.mailedToken(thief, "change-email-verify");
    await services.db.execute(sql`update users set password_reset_required = true where id = ${user.id}`);
    await expect(follow(waiting)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect((await services.userOf(user.email)).id).toBe(user.id);
  });

  it("deletes what a pending registration of the address stored: password and challenge", async () => {
    const user = await services.newUser();
    const wanted = newEmail();
    const { challenge } = await services.registration.register({ email: wanted, password: PASSWORD }, CLIENT);
    const strangers = await services.mailedToken(wanted, "verify-email");
    await change(user, wanted);
    const given = { challenge, password: "a quite different one" };
    await expect(services.emailVerification.verify(verification(strangers, given), CLIENT)).rejects.toMatchObject({
      code: "INVALID_TOKEN",
    });
    const rows = await services.query(
      sql`select password_hash as hash from registrations where email_canonical = ${wanted}`,
    );
    expect(rows).toEqual([{ hash: null }]);
  });
});

describe("undoing a change of address", () => {
  it("is not blocked by an invitation of the old address, because an invitation does not verify it", async () => {
    const user = await services.newUser();
    await change(user, newEmail("thief"));
    const tenant = await createTenant(services.test);
    const invited = await addUser(services.test, tenant, {
      email: user.email,
      status: "INVITED",
      emailVerified: false,
    });
    expect(await undo(await services.mailedToken(user.email, "change-email-notice"))).toEqual({ email: user.email });
    expect((await services.userOf(user.email)).id).toBe(user.id);
    expect(await services.query(sql`select id from users where id = ${invited.id}`)).toEqual([]);
  });

  it("restores the old address, ends all sessions and requires a password reset", async () => {
    const user = await services.newUser();
    const thief = newEmail("thief");
    await change(user, thief);
    expect(await undo(await services.mailedToken(user.email, "change-email-notice"))).toEqual({ email: user.email });

    expect(await services.userOf(user.email)).toMatchObject({ id: user.id, passwordResetRequired: true });
    const live = await services.query(sql`select id from sessions where user_id = ${user.id} and ended_at is null`);
    expect(live).toEqual([]);
    expect((await services.eventsOf(user.id)).filter((type) => type === "EMAIL_CHANGED")).toHaveLength(2);
    const reset = await services.mailedToken(user.email, "account-secured");
    await services.passwordResets.reset(CLIENT, reset, "a quite different one");
    expect(await services.userOf(user.email)).toMatchObject({ passwordResetRequired: false });
  });

  it("stops a change that is still pending", async () => {
    const user = await services.newUser();
    const thief = newEmail("thief");
    await ask(user, thief);
    const waiting = await services.mailedToken(thief, "change-email-verify");
    await undo(await services.mailedToken(user.email, "change-email-notice"));
    await expect(follow(waiting)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect((await services.userOf(user.email)).id).toBe(user.id);
    // No address changed, so the history records only the result: the reset.
    const events = await services.eventsOf(user.id);
    expect(events).not.toContain("EMAIL_CHANGED");
    expect(events.at(-1)).toBe("PASSWORD_RESET_REQUESTED");
  });

  it("restores the earliest address, whichever link is used, and invalidates the other links", async () => {
    const user = await services.newUser();
    const [first, second] = [newEmail("thief"), newEmail("thief")];
    const stolen = await change(user, first);
    const owners = await services.mailedToken(user.email, "change-email-notice");
    await change(stolen, second);
    const thiefs = await services.mailedToken(first, "change-email-notice");
    await ask(await services.userOf(second), newEmail("thief"));
    expect(await undo(thiefs)).toEqual({ email: user.email });
    expect((await services.userOf(user.email)).id).toBe(user.id);
    await expect(undo(owners)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
  });

  it("leaves the thief without a way back", async () => {
    const user = await services.newUser();
    const [first, second] = [newEmail("thief"), newEmail("thief")];
    await change(await change(user, first), second);
    const thiefs = await services.mailedToken(first, "change-email-notice");
    await undo(await services.mailedToken(user.email, "change-email-notice"));
    await expect(undo(thiefs)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect((await services.userOf(user.email)).id).toBe(user.id);
  });

  it("works once, for 72 hours, and only with its own link", async () => {
    const user = await services.newUser();
    const wanted = newEmail();
    await ask(user, wanted);
    const proof = await services.mailedToken(wanted, "change-email-verify");
    const token = await services.mailedToken(user.email, "change-email-notice");
    await expect(undo(proof)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    await expect(follow(token)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    await expect(services.passwordResets.reset(CLIENT, token, "a quite different one")).rejects.toMatchObject({
      code: "INVALID_TOKEN",
    });
    services.clock.advance(72 * HOUR);
    await expect(undo(token)).rejects.toMatchObject({ code: "INVALID_TOKEN" });
    expect(await services.userOf(user.email)).toEqual(user);
  });
});
