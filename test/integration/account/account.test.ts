import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { AccountService } from "#features/account/index";
import type { NewUser } from "#features/users/index";
import { CLIENT } from "../../support/factories/stored-users.ts";
import { addUser, createTenant } from "../../support/factories/tenants.ts";
import { type AccountServices, PASSWORD, startAccountServices } from "../../support/servers/account-services.ts";

let services: AccountServices;
beforeAll(async () => {
  services = await startAccountServices();
});
afterAll(() => services?.close());

const aName = (() => {
  let count = 0;
  return () => `name_${++count}`;
})();

describe("changing the username", () => {
  const change = async (user: Awaited<ReturnType<AccountServices["newUser"]>>, username: string, password = PASSWORD) =>
    services.account.changeUsername((await services.signIn(user)).viewer, CLIENT, username, password);

  it("accepts a free name, and lets the user change its case", async () => {
    const user = await services.newUser();
    const name = aName();
    expect(await change(user, name)).toMatchObject({ username: name });
    expect(await change(user, name.toUpperCase())).toMatchObject({ username: name.toUpperCase() });
    expect((await services.eventsOf(user.id)).filter((type) => type === "USERNAME_CHANGED")).toHaveLength(2);
  });

  it("checks the format first, then whether the name is free, then the password", async () => {
    const taken = aName();
    await services.newUser({ username: taken });
    const user = await services.newUser();
    await expect(change(user, "a b", "wrong")).rejects.toMatchObject({ code: "BAD_USER_INPUT" });
    await expect(change(user, taken.toUpperCase(), "wrong")).rejects.toMatchObject({ reason: "USERNAME_TAKEN" });
    await expect(change(user, aName(), "wrong")).rejects.toMatchObject({
      code: "FORBIDDEN",
      reason: "INCORRECT_PASSWORD",
    });
    await services.db.execute(sql`delete from passwords where user_id = ${user.id}`);
    await expect(change(user, taken)).rejects.toMatchObject({ reason: "USERNAME_TAKEN" });
    const stale = { ...(await services.signIn(user)).viewer, elevatedUntil: services.clock.now() };
    await expect(services.account.changeUsername(stale, CLIENT, aName(), PASSWORD)).rejects.toMatchObject({
      code: "BAD_REQUEST",
      reason: "NO_PASSWORD_SET",
    });
    expect(await services.userOf(user.email)).toEqual(user);
  });

  it("fails if the user replaces the password after it was verified", async () => {
    const user = await services.newUser();
    const { viewer } = await services.signIn(user);
    const { db, clock, mails, events, sessions, passwords, authMethods, usernames, hasher } = services;
    const prove: typeof passwords.verifyPassword = async (...proof) => {
      const proved = await passwords.verifyPassword(...proof);
      await passwords.storePassword(db, user, await hasher.hash("what the owner chose just now"));
      return proved;
    };
    const account = new AccountService({
      db,
      clock,
      mails,
      events,
      sessions,
      passwords: { verifyPassword: prove },
      authMethods,
      usernames,
      users: services.users,
    });
    await expect(account.changeUsername(viewer, CLIENT, aName(), PASSWORD)).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await services.userOf(user.email)).toEqual(user);
  });
});

describe("deleting the account", () => {
  it("deletes all data of the user, and the personal data in the events that remain", async () => {
    const user = await services.newUser({ username: aName() });
    const { viewer } = await services.signIn(user);
    await services.passwordResets.request(CLIENT, user.email);
    await services.runJobs();
    expect(await services.account.deleteAccount(viewer, CLIENT, PASSWORD)).toEqual({ deletedUserId: user.id });

    const [left] = await services.query(sql`
      select (select count(*)::int from users where id = ${user.id}) as users,
        (select count(*)::int from passwords where user_id = ${user.id}) as passwords,
        (select count(*)::int from sessions where user_id = ${user.id}) as sessions,
        (select count(*)::int from devices where user_id = ${user.id}) as devices,
        (select count(*)::int from links where user_id = ${user.id}) as links`);
    expect(left).toEqual({ users: 0, passwords: 0, sessions: 0, devices: 0, links: 0 });
    expect(await services.eventsOf(user.id)).toEqual([
      "USER_REGISTERED",
      "EMAIL_VERIFIED",
      "LOGIN_SUCCEEDED",
      "NEW_DEVICE",
      "PASSWORD_RESET_REQUESTED",
      "ACCOUNT_DELETED",
    ]);
    const personal = await services.query(sql`
      select id from security_events where user_id = ${user.id}
      and (ip_address is not null or coalesce(device, 'null') <> 'null' or coalesce(location, 'null') <> 'null' or details <> '{}')`);
    expect(personal).toEqual([]);
    expect((await services.mailsTo(user.email)).at(-1)).toMatchObject({ template: "account-deleted" });

    // The address and the name are free again.
    expect((await services.newUser({ username: user.username })).username).toBe(user.username);
  });

  it("requires the password", async () => {
    const user = await services.newUser();
    const { viewer } = await services.signIn(user);
    await expect(services.account.deleteAccount(viewer, CLIENT, "wrong")).rejects.toMatchObject({
      code: "FORBIDDEN",
      reason: "INCORRECT_PASSWORD",
    });
    await services.db.execute(sql`delete from passwords where user_id = ${user.id}`);
    const stale = { ...viewer, elevatedUntil: services.clock.now() };
    await expect(services.account.deleteAccount(stale, CLIENT, PASSWORD)).rejects.toMatchObject({
      reason: "NO_PASSWORD_SET",
    });
    expect(await services.userOf(user.email)).toEqual(user);
  });

  it("is refused to the last active admin of a tenant that has other users", async () => {
    const tenant = await createTenant(services.test);
    const employee = (traits: Partial<NewUser>) => addUser(services.test, tenant, { password: PASSWORD, ...traits });
    const admin = await employee({ roles: ["USER", "ADMIN"] });
    const other = await employee({ roles: ["USER", "ADMIN"], status: "SUSPENDED" });
    const colleague = await employee({ roles: ["USER"] });
    const { viewer } = await services.signIn(admin);
    await expect(services.account.deleteAccount(viewer, CLIENT, PASSWORD)).rejects.toMatchObject({
      code: "CONFLICT",
      reason: "LAST_ADMIN",
    });
    expect(await services.userOf(admin.email)).toEqual(admin);

    // The other users can delete their accounts, and after that the last admin can, too.
    for (const one of [colleague, other]) {
      await services.account.deleteAccount((await services.signIn(one)).viewer, CLIENT, PASSWORD);
    }
    await services.account.deleteAccount(viewer, CLIENT, PASSWORD);
  });
});
