import { eq, sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { devices } from "#features/devices/index";
import type { User } from "#features/users/index";
import { deleteJobsFailedBefore } from "#platform/jobs/jobs";
import { DAY, HOUR } from "#shared/durations";
import { CLIENT } from "../../support/factories/stored-users.ts";
import { newEmail } from "../../support/factories/users.ts";
import { type AccountServices, PASSWORD, startAccountServices } from "../../support/servers/account-services.ts";

let services: AccountServices;
beforeAll(async () => {
  services = await startAccountServices();
});
afterAll(() => services?.close());

const register = async (): Promise<string> => {
  const email = newEmail();
  await services.registration.register({ email, password: PASSWORD }, CLIENT);
  return email;
};

/** Runs the recurring jobs, as they run every night. */
const sweep = async (): Promise<void> => {
  await services.links.sweep();
  await services.addressLinks.sweep();
  await services.approvals.sweep();
  await services.devices.sweep();
};

describe("a registration whose address is never verified", () => {
  it("is deleted after 30 days, and so are its links, and nothing else", async () => {
    const [email, user] = [await register(), await services.newUser()];
    const left = () =>
      services.query(sql`
        select (select count(*)::int from registrations where email_canonical = ${email}) as registrations,
               (select count(*)::int from address_links where email_canonical = ${email}) as links`);
    services.clock.advance(30 * DAY - HOUR);
    await sweep();
    expect(await left()).toEqual([{ registrations: 1, links: 1 }]);
    services.clock.advance(2 * DAY);
    await sweep();
    expect(await left()).toEqual([{ registrations: 0, links: 0 }]);
    expect(await services.userOf(user.email)).toEqual(user);
  });
});

describe("the devices of a user", () => {
  const devicesOf = (user: User) => services.db.select().from(devices).where(eq(devices.userId, user.id));

  it("are at most the fifty used last", async () => {
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

  it("are deleted after 400 days without use", async () => {
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

describe("a job that failed for good", () => {
  it("is deleted after a while, and no other job is", async () => {
    const waiting = async (to: string) => (await services.mailsTo(to)).length;
    const [given, trying, fresh] = [await register(), await register(), await register()];
    const fail = (email: string, attempts: number, days: number) =>
      services.query(sql`
        update graphile_worker._private_jobs set attempts = ${attempts}, updated_at = now() - ${days} * interval '1 day'
        where payload->>'to' = ${email}`);
    await fail(given, 25, 31);
    await fail(trying, 24, 31);
    await fail(fresh, 25, 29);
    const [now] = await services.query<{ now: string }>(sql`select now() as now`);
    await deleteJobsFailedBefore(services.db, new Date(new Date(String(now?.now)).getTime() - 30 * DAY));
    expect(await waiting(given)).toBe(0);
    expect(await waiting(trying)).toBe(1);
    expect(await waiting(fresh)).toBe(1);
  });
});
