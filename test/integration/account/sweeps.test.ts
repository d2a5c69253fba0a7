import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devices } from "../../../src/features/devices/index.ts";
import { findUserById, type User } from "../../../src/features/users/index.ts";
import { deleteJobsFailedBefore } from "../../../src/platform/jobs/jobs.ts";
import { DAY } from "../../../src/shared/durations.ts";
import { type AccountServices, PASSWORD, startAccountServices } from "../../support/account-services.ts";
import { newEmail } from "../../support/actors.ts";
import { CLIENT, eventsOf } from "../../support/people.ts";

let services: AccountServices;
beforeAll(async () => {
  services = await startAccountServices();
});
afterAll(() => services?.close());

const register = async (): Promise<User> => {
  const email = newEmail();
  await services.registration.register({ email, password: PASSWORD }, CLIENT);
  return services.userOf(email);
};

/** What the recurring jobs do, in one night. */
const sweep = async (): Promise<void> => {
  await services.links.sweep();
  await services.account.sweep();
  await services.devices.sweep();
};

describe("whoever never proved an address", () => {
  it("is forgotten a month after the last link, with all that was known, and without a word", async () => {
    const [stranger, user] = [await register(), await services.newUser()];
    const login = services.login.logIn(
      {
        identifier: stranger.email,
        password: PASSWORD,
        deviceToken: null,
        deviceTokenInCookie: false,
        transport: "BODY",
      },
      CLIENT,
    );
    await expect(login).rejects.toMatchObject({ reason: "EMAIL_NOT_VERIFIED" });
    services.clock.advance(30 * DAY);
    await sweep();
    expect(await findUserById(services.db, stranger.id)).toEqual(stranger);

    services.clock.advance(2 * DAY);
    await sweep();
    expect(await findUserById(services.db, stranger.id)).toBeNull();
    expect(await services.query(sql`select from login_attempts where user_id = ${stranger.id}`)).toEqual([]);
    const events = await eventsOf(services.test, stranger);
    expect(events.map(({ type, ipAddress, device }) => ({ type, ipAddress, device }))).toEqual([
      { type: "USER_REGISTERED", ipAddress: null, device: null },
      { type: "LOGIN_FAILED", ipAddress: null, device: null },
    ]);
    expect(await services.userOf(user.email)).toEqual(user);
  });

  it("stays while a newer wish waits", async () => {
    const stranger = await register();
    services.clock.advance(20 * DAY);
    await services.registration.register({ email: stranger.email, password: PASSWORD }, CLIENT);
    services.clock.advance(15 * DAY);
    await sweep();
    expect(await findUserById(services.db, stranger.id)).toEqual(stranger);
  });
});

describe("the devices of a user", () => {
  const devicesOf = (user: User) => services.db.select().from(devices).where(eq(devices.userId, user.id));

  it("are the fifty used last", async () => {
    const user = await services.newUser();
    for (let day = 0; day < 53; day++) {
      await services.signIn(user);
      services.clock.advance(60_000);
    }
    const newest = (await devicesOf(user))
      .map(({ id }) => id)
      .sort()
      .slice(3);
    await sweep();
    expect((await devicesOf(user)).map(({ id }) => id).sort()).toEqual(newest);
  });

  it("are forgotten when nobody has used them for 400 days", async () => {
    const user = await services.newUser();
    await services.signIn(user);
    services.clock.advance(399 * DAY);
    await sweep();
    expect(await devicesOf(user)).toHaveLength(1);
    services.clock.advance(2 * DAY);
    await sweep();
    expect(await devicesOf(user)).toEqual([]);
  });
});

describe("a job that was given up", () => {
  it("is forgotten after a while, and no other", async () => {
    const waiting = async (to: string) => (await services.mailsTo(to)).length;
    const [given, trying, fresh] = [await register(), await register(), await register()];
    const fail = (user: User, attempts: number, days: number) =>
      services.query(sql`
        update graphile_worker._private_jobs set attempts = ${attempts}, updated_at = now() - ${days} * interval '1 day'
        where payload->>'to' = ${user.email}`);
    await fail(given, 25, 31);
    await fail(trying, 24, 31);
    await fail(fresh, 25, 29);
    const [now] = await services.query<{ now: string }>(sql`select now() as now`);
    await deleteJobsFailedBefore(services.db, new Date(new Date(String(now?.now)).getTime() - 30 * DAY));
    expect(await waiting(given.email)).toBe(0);
    expect(await waiting(trying.email)).toBe(1);
    expect(await waiting(fresh.email)).toBe(1);
  });
});
