import { randomUUID } from "node:crypto";
import { sql } from "drizzle-orm";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findLoginHistory } from "#features/login/history/login-history.repository";
import { insertLoginAttempt, type LoginAttempt, LoginHabits, type LoginOutcome } from "#features/login/index";
import { assess, DeniedNetworks, HISTORY, SUSPICIOUS_FOR_MS } from "#features/risk/index";
import { type Database, type Db, openDatabase } from "#platform/database/database";
import { ensurePartitions } from "#platform/database/partitions";
import { createIds } from "#platform/ids";
import { networkOf } from "#platform/ip-address";
import type { GeoLocation } from "#shared/client-info";
import { after, DAY, HOUR, MINUTE } from "#shared/durations";
import type { TenantId, UserId } from "#shared/ids";
import { NO_RISK } from "#shared/risk";
import { ANONYMOUS } from "../../support/factories/stored-users.ts";
import { createTestDatabase, type TestDatabase } from "../../support/servers/database.ts";

/** In the middle of a month, so that half a year back spans seven months. */
const now = new Date("2026-07-15T12:30:00.000Z");
const later = (milliseconds: number): Date => after(now, milliseconds);
const ago = (milliseconds: number): Date => later(-milliseconds);

const HOME = "203.0.113.7";

const kualaLumpur: GeoLocation = {
  label: "Kuala Lumpur, Malaysia",
  city: "Kuala Lumpur",
  region: "Kuala Lumpur",
  countryCode: "MY",
  coordinates: { latitude: 3.14, longitude: 101.69 },
};
const ipoh: GeoLocation = { ...kualaLumpur, label: "Ipoh, Malaysia", city: "Ipoh", region: "Perak" };
const malaysia: GeoLocation = { ...kualaLumpur, label: "Malaysia", city: null, region: null, coordinates: null };

let test: TestDatabase;
let database: Database;
let db: Db;
beforeAll(async () => {
  test = await createTestDatabase();
  database = openDatabase({ url: test.url, poolSize: 2 });
  db = database.db;
  // Also of earlier months; some months have only the default partition.
  for (const monthsBack of [0, 2, 3]) await ensurePartitions(db, new Date(Date.UTC(2026, 6 - monthsBack, 1)));
});
afterAll(async () => {
  await database?.close();
  await test?.drop();
});

const newUser = (): UserId => randomUUID() as UserId;

interface Attempt {
  readonly at: Date;
  readonly outcome?: LoginOutcome;
  readonly ipAddress?: string;
  readonly location?: GeoLocation | null;
}

const attempted = async (userId: UserId, ...attempts: Attempt[]): Promise<void> => {
  for (const { at, outcome = "SUCCESS", ipAddress = HOME, location = kualaLumpur } of attempts) {
    const attempt: LoginAttempt = {
      id: createIds({ now: () => at }).next(),
      occurredAt: at,
      tenantId: null,
      userId,
      identifier: "somebody@example.com",
      outcome,
      risk: NO_RISK,
      ipAddress,
      device: { label: "Firefox on Windows", browser: "Firefox", os: "Windows", type: "DESKTOP" },
      location,
    };
    await insertLoginAttempt(db, attempt);
  }
};

const NO_TENANT = ANONYMOUS as TenantId;

const historyOf = async (id: UserId, ipAddress = HOME, instant = now) =>
  (await findLoginHistory(db, { id, tenantId: NO_TENANT }, networkOf(ipAddress), instant)).history;

describe("the history of logins", () => {
  it("is empty for an unknown id", async () => {
    const nobody = { id: ANONYMOUS as UserId, tenantId: NO_TENANT };
    expect(await findLoginHistory(db, nobody, networkOf(HOME), now)).toEqual({
      history: {
        successes: 0,
        recentSuccesses: 0,
        lastSuccessAt: null,
        locations: [],
        formerLocations: [],
        hours: [],
        usualNetwork: false,
        lastPlaced: null,
        failures: 0,
      },
      suspiciousAddress: false,
    });
  });

  it("contains how often, where and at which hours the user logged in, in any month", async () => {
    const user = newUser();
    await attempted(
      user,
      { at: new Date("2026-01-20T06:00:00.000Z") },
      { at: new Date("2026-05-01T23:59:59.999Z"), location: ipoh },
      { at: new Date("2026-06-20T00:00:00.000Z") },
      { at: new Date("2026-07-14T06:30:00.000Z"), location: { ...ipoh } },
      { at: new Date("2026-07-14T20:00:00.000Z"), location: null },
    );
    await attempted(newUser(), { at: ago(HOUR), location: malaysia });
    expect(await historyOf(user)).toEqual({
      successes: 5,
      recentSuccesses: 3,
      lastSuccessAt: new Date("2026-07-14T20:00:00.000Z"),
      formerLocations: [],
      locations: expect.toSatisfy((locations: GeoLocation[]) => locations.length === 2),
      hours: [0, 6, 20, 23],
      usualNetwork: true,
      lastPlaced: { at: new Date("2026-07-14T06:30:00.000Z"), place: ipoh },
      failures: 0,
    });
    expect((await historyOf(user)).locations).toEqual(expect.arrayContaining([kualaLumpur, ipoh]));

    const partitions = await db.execute(sql`select distinct tableoid from login_attempts where user_id = ${user}`);
    expect(partitions.length).toBeGreaterThan(2);
  });

  it("contains the newest place only if it has coordinates", async () => {
    const user = newUser();
    await attempted(user, { at: ago(DAY), location: malaysia });
    expect(await historyOf(user)).toMatchObject({ locations: [malaysia], lastPlaced: null });
    await attempted(user, { at: ago(2 * DAY) });
    expect((await historyOf(user)).lastPlaced).toEqual({ at: ago(2 * DAY), place: kualaLumpur });
  });

  it("contains usual locations and networks for 180 days, recent ones for 30, to the millisecond, and all else without limit", async () => {
    const user = newUser();
    await attempted(user, { at: ago(180 * DAY + 1) });
    expect(await historyOf(user)).toMatchObject({
      successes: 1,
      lastSuccessAt: ago(180 * DAY + 1),
      usualNetwork: false,
      locations: [],
      formerLocations: [kualaLumpur],
      lastPlaced: { at: ago(180 * DAY + 1), place: kualaLumpur },
    });
    await attempted(user, { at: ago(180 * DAY) }, { at: ago(30 * DAY + 1) }, { at: ago(30 * DAY) });
    expect(await historyOf(user)).toMatchObject({
      successes: 4,
      recentSuccesses: 1,
      usualNetwork: true,
      locations: [kualaLumpur],
      formerLocations: [],
    });
  });

  it("counts the failures of a day, up to the relevant maximum; an unfinished login is not a failure", async () => {
    const user = newUser();
    const failures = async () => (await historyOf(user)).failures;
    await attempted(
      user,
      { at: ago(DAY + 1), outcome: "FAILED" },
      { at: ago(HOUR), outcome: "CHALLENGED" },
      { at: ago(HOUR), outcome: "SUCCESS" },
    );
    expect(await failures()).toBe(0);
    await attempted(user, { at: ago(DAY), outcome: "FAILED" });
    expect(await failures()).toBe(1);
    await attempted(user, { at: ago(MINUTE), outcome: "DENIED" });
    expect(await failures()).toBe(2);
    await attempted(user, { at: ago(MINUTE), outcome: "LOCKED" });
    expect(await failures()).toBe(3);
    await attempted(user, { at: ago(MINUTE), outcome: "FAILED" });
    expect(await failures()).toBe(HISTORY.manyFailures);
  });

  it("uses locations, networks and hours of successful logins only", async () => {
    const user = newUser();
    for (const outcome of ["FAILED", "LOCKED", "DENIED", "CHALLENGED"] as const)
      await attempted(user, { at: ago(HOUR), outcome });
    expect(await historyOf(user)).toMatchObject({
      successes: 0,
      recentSuccesses: 0,
      locations: [],
      hours: [],
      usualNetwork: false,
      lastPlaced: null,
    });
  });

  it("is not displaced by any number of failures, because an attacker could otherwise erase the usual locations", async () => {
    const user = newUser();
    await attempted(user, { at: ago(2 * DAY) });
    await db.execute(sql`
      insert into login_attempts (id, occurred_at, user_id, identifier, outcome, risk, ip_address, device, location)
      select gen_random_uuid(), occurred_at, user_id, identifier, 'LOCKED', risk, '198.51.100.1', device, null
      from login_attempts, generate_series(1, 1000) where user_id = ${user}`);
    expect(await historyOf(user)).toMatchObject({ successes: 1, locations: [kualaLumpur], usualNetwork: true });
  });

  it("consists of the newest 500 successes", async () => {
    const user = newUser();
    await attempted(user, { at: ago(4 * DAY + 6 * HOUR), location: ipoh, ipAddress: "198.51.100.9" });
    const newer = Array.from({ length: HISTORY.mostSuccesses - 1 }, (_, index) => ({ at: ago(DAY - index) }));
    await attempted(user, ...newer);
    expect(await historyOf(user, "198.51.100.9")).toMatchObject({ successes: 500, hours: [6, 12], usualNetwork: true });
    await attempted(user, { at: ago(MINUTE) });
    expect(await historyOf(user, "198.51.100.9")).toMatchObject({
      successes: 500,
      locations: [kualaLumpur],
      hours: [12],
      usualNetwork: false,
    });
  });

  it.each([
    ["203.0.113.7", "203.0.113.7", true],
    ["203.0.113.7", "203.0.113.8", false],
    ["2001:db8::1", "2001:db8:0:0:a:b:c:d", true],
    ["2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true],
    ["2001:db8:0:1::1", "2001:db8:0:2::1", false],
    ["::1", "0.0.0.1", false],
  ])("derives from a login from %s that %s is the usual network: %s", async (earlier, present, usual) => {
    const user = newUser();
    await attempted(user, { at: ago(DAY), ipAddress: earlier });
    expect((await historyOf(user, present)).usualNetwork).toBe(usual);
  });
});

/** An existing tenant, and a user of it. */
const newTenant = async (): Promise<TenantId> => {
  const id = randomUUID() as TenantId;
  await db.execute(sql`
    insert into tenants (id, slug, name, created_at) values (${id}, ${`t-${id}`}, 'Acme', ${now.toISOString()})`);
  return id;
};

describe("the habits of a user whose attempts were deleted", () => {
  const storedUser = async (): Promise<UserId> => {
    const [id, tenantId] = [newUser(), await newTenant()];
    const email = `${id}@example.com`;
    await db.execute(sql`
      insert into users (id, tenant_id, email, email_canonical, status, roles, created_at)
      values (${id}, ${tenantId}, ${email}, ${email}, 'ACTIVE', '{USER}', ${now.toISOString()})`);
    return id;
  };
  const drop = (user: UserId, before: Date) =>
    db.execute(
      sql`delete from login_attempts where user_id = ${user} and occurred_at < ${before.toISOString()}::timestamptz`,
    );

  it("give the same history as the attempts, whenever and however often they were folded; only networks are lost", async () => {
    const user = await storedUser();
    await attempted(
      user,
      { at: ago(400 * DAY), location: ipoh },
      { at: ago(170 * DAY + 5 * HOUR) },
      { at: ago(100 * DAY), location: null },
      { at: ago(3 * DAY) },
      { at: ago(3 * DAY), outcome: "FAILED" },
    );
    const before = await historyOf(user);
    expect(before).toMatchObject({ successes: 4, locations: [kualaLumpur], formerLocations: [ipoh] });
    const habits = new LoginHabits({ db });
    for (const cutoff of [ago(300 * DAY), ago(90 * DAY), ago(90 * DAY)]) {
      await habits.fold(cutoff);
      expect(await historyOf(user)).toEqual(before);
      await drop(user, cutoff);
      expect(await historyOf(user)).toEqual(before);
    }

    await habits.fold(now);
    await drop(user, now);
    expect(await historyOf(user)).toEqual({ ...before, recentSuccesses: 0, usualNetwork: false });
  });

  it("never give an idle account a lower score than it had while it was used, whatever was deleted since", async () => {
    const user = await storedUser();
    for (let day = 2; day < 16; day++) await attempted(user, { at: ago(day * DAY) });
    const scoreAt = async (instant: Date, knownDevice: boolean, place: GeoLocation | null) => {
      const history = await historyOf(user, HOME, instant);
      const facts = { at: instant, location: place, knownDevice, anonymousNetwork: false, suspiciousAddress: false };
      return assess(facts, history).score;
    };
    const logins = [
      [true, kualaLumpur],
      [true, null],
      [false, ipoh],
      [false, { ...malaysia, countryCode: "DE" }],
    ] as const;
    const habits = new LoginHabits({ db });
    let last = logins.map(() => 0);
    for (const idle of [0, 29, 80, 100, 179, 181, 400]) {
      const instant = later(idle * DAY);
      const cutoff = later((idle - 90) * DAY);
      await habits.fold(cutoff);
      await drop(user, cutoff);
      const scores = await Promise.all(logins.map(([known, place]) => scoreAt(instant, known, place)));
      for (const [index, score] of scores.entries())
        expect(score, `${idle} days`).toBeGreaterThanOrEqual(last[index] ?? 0);
      last = scores;
    }
  });
});

describe("suspicious networks", () => {
  let instant = now;
  let networks: DeniedNetworks;
  let tenantId: TenantId;
  beforeAll(async () => {
    networks = new DeniedNetworks({ db, clock: { now: () => instant } });
    tenantId = await newTenant();
  });
  const isSuspicious = async (ipAddress: string, at = now, tenant = tenantId): Promise<boolean> => {
    const nobody = { id: ANONYMOUS as UserId, tenantId: tenant };
    return (await findLoginHistory(db, nobody, networkOf(ipAddress), at)).suspiciousAddress;
  };
  const markAt = async (ipAddress: string, at: Date): Promise<void> => {
    instant = at;
    await db.transaction((tx) => networks.mark(tx, tenantId, ipAddress));
  };
  const sweepAt = async (at: Date): Promise<void> => {
    instant = at;
    await networks.sweep();
  };
  const stored = async (): Promise<unknown[]> => [...(await db.execute(sql`select network from denied_networks`))];

  it("are suspicious for all users of the tenant, with their IPv6 network, and for no other tenant", async () => {
    await markAt("198.51.100.20", now);
    await markAt("2001:db8:20::1", now);
    expect(await isSuspicious("198.51.100.20")).toBe(true);
    expect(await isSuspicious("198.51.100.21")).toBe(false);
    expect(await isSuspicious("198.51.100.20", now, await newTenant())).toBe(false);
    expect(await isSuspicious("2001:db8:20:0:5:6:7:8")).toBe(true);
    expect(await isSuspicious("2001:db8:20:1::1")).toBe(false);
    const user = newUser();
    await attempted(user, { at: ago(DAY), ipAddress: "198.51.100.20" });
    expect(await findLoginHistory(db, { id: user, tenantId }, "198.51.100.20", now)).toMatchObject({
      history: { successes: 1, usualNetwork: true },
      suspiciousAddress: true,
    });
  });

  it("stay suspicious for 90 days, swept or not, and as long again after another denied login", async () => {
    const address = "198.51.100.30";
    await markAt(address, now);
    const end = later(SUSPICIOUS_FOR_MS);
    expect(await isSuspicious(address, later(SUSPICIOUS_FOR_MS - 1))).toBe(true);
    expect(await isSuspicious(address, end)).toBe(false);
    await markAt(address, later(DAY));
    expect(await isSuspicious(address, end)).toBe(true);
    // A replica with a slow clock.
    await markAt(address, ago(DAY));
    expect(await isSuspicious(address, end)).toBe(true);
  });

  it("are deleted when they are no longer suspicious, and not before", async () => {
    const address = "198.51.100.40";
    const own = { network: address };
    await markAt(address, now);
    await sweepAt(later(SUSPICIOUS_FOR_MS - 1));
    expect(await stored()).toContainEqual(own);
    await sweepAt(later(SUSPICIOUS_FOR_MS));
    expect(await stored()).not.toContainEqual(own);
  });

  it("are marked only if the denial is committed, and once for many concurrent denials", async () => {
    const address = "198.51.100.50";
    instant = now;
    const denial = db.transaction(async (tx) => {
      await networks.mark(tx, tenantId, address);
      throw new Error("Something else failed.");
    });
    await expect(denial).rejects.toThrow("Something else failed.");
    expect(await isSuspicious(address)).toBe(false);
    await Promise.all(Array.from({ length: 10 }, () => networks.mark(db, tenantId, address)));
    expect((await stored()).filter((row) => (row as { network: string }).network === address)).toHaveLength(1);
    expect(await isSuspicious(address)).toBe(true);
  });
});
