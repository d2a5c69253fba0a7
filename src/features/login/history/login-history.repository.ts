import { and, count, desc, eq, exists, gt, gte, sql } from "drizzle-orm";
import { deniedNetworks, HISTORY, type LoginHistory, SUSPICIOUS_FOR_MS } from "#features/risk/index";
import type { Db } from "#platform/database/database";
import { prepared } from "#platform/database/prepared";
import { networkOf } from "#platform/ip-address";
import type { GeoLocation } from "#shared/client-info";
import { after } from "#shared/durations";
import type { TenantId, UserId } from "#shared/ids";
import { loginAttempts } from "../attempts/login-attempts.table.ts";
import { hoursOf } from "./login-habits.policy.ts";
import { loginHabits, type UsualLocation } from "./login-habits.table.ts";

const { placeholder } = sql;

/** The summary of successful logins whose attempts have been deleted. */
interface Habits {
  readonly foldedUntil: string;
  readonly successes: number;
  readonly lastSuccessAt: string;
  readonly hours: number;
  readonly places: readonly UsualLocation[];
}

const select = prepared((db) => {
  const { id, userId, outcome, occurredAt, ipAddress, location } = loginAttempts;
  const ofUser = eq(userId, placeholder("userId"));
  // Spelled exactly as in the partial indexes: with a parameter Postgres would not use them. Every attempt that was rejected has
  // failed, even without verification, because otherwise an attack would lower its risk the longer it lasts. A challenge has not
  // failed, because its password was right.
  const succeeded = sql`${outcome} = 'SUCCESS'`;
  const failed = sql`${outcome} in ('FAILED', 'LOCKED', 'DENIED')`;

  // Failures are read separately, so that a large number of them does not displace the user's own logins.
  const failures = db
    .select({ id })
    .from(loginAttempts)
    .where(and(ofUser, failed, gte(occurredAt, placeholder("failuresSince"))))
    .orderBy(desc(occurredAt))
    .limit(HISTORY.manyFailures)
    .as("failures");
  const suspicious = db
    .select({ network: deniedNetworks.network })
    .from(deniedNetworks)
    .where(
      and(
        eq(deniedNetworks.tenantId, placeholder("tenantId")),
        eq(deniedNetworks.network, placeholder("network")),
        gt(deniedNetworks.deniedAt, placeholder("suspiciousSince")),
      ),
    );
  const successes = db
    .$with("successes")
    .as(
      db
        .select({ id, occurredAt, ipAddress, location })
        .from(loginAttempts)
        .where(and(ofUser, succeeded))
        .orderBy(desc(id))
        .limit(HISTORY.mostSuccesses),
    );
  const place = successes.location;
  const usual = gte(successes.occurredAt, placeholder("since"));
  const hour = sql`extract(hour from ${successes.occurredAt} at time zone 'UTC')`;
  const lastPlaced = db
    .select({ last: sql`jsonb_build_object('at', ${successes.occurredAt}, 'place', ${place})` })
    .from(successes)
    .where(sql`${place} @? '$.coordinates.latitude'`)
    .orderBy(desc(successes.id))
    .limit(1);
  const habits = db
    .select({
      habits: sql`jsonb_build_object('foldedUntil', ${loginHabits.foldedUntil}, 'successes', ${loginHabits.successes},
        'lastSuccessAt', ${loginHabits.lastSuccessAt}, 'hours', ${loginHabits.hours}, 'places', ${loginHabits.places})`,
    })
    .from(loginHabits)
    .where(eq(loginHabits.userId, placeholder("userId")));
  const foldedUntil = db
    .select({ foldedUntil: loginHabits.foldedUntil })
    .from(loginHabits)
    .where(eq(loginHabits.userId, placeholder("userId")));

  return db
    .with(successes)
    .select({
      successes: count(),
      // Those that are already in the habits, until their partition is dropped.
      foldedSuccesses: sql<number>`count(*) filter (where ${successes.occurredAt} < ${foldedUntil})::int`,
      recentSuccesses: sql<number>`count(*) filter (where ${gte(successes.occurredAt, placeholder("recentSince"))})::int`,
      lastSuccessAt: sql<string | null>`to_jsonb(max(${successes.occurredAt})) #>> '{}'`,
      places: sql<
        GeoLocation[]
      >`coalesce(jsonb_agg(distinct ${place}) filter (where ${place} is not null and ${usual}), '[]')`,
      allPlaces: sql<GeoLocation[]>`coalesce(jsonb_agg(distinct ${place}) filter (where ${place} is not null), '[]')`,
      hours: sql<number[]>`coalesce(jsonb_agg(distinct ${hour}), '[]')`,
      // Compared in TypeScript: in Postgres a single text that is not an address would make the query fail, and every login with it.
      addresses: sql<string[]>`coalesce(jsonb_agg(distinct ${successes.ipAddress}) filter (where ${usual}), '[]')`,
      lastPlaced: sql<LocatedLogin | null>`${lastPlaced}`,
      habits: sql<Habits | null>`${habits}`,
      failures: sql<number>`${db.select({ count: sql`count(*)::int` }).from(failures)}`,
      suspiciousAddress: sql<boolean>`${exists(suspicious)}`,
    })
    .from(successes)
    .prepare("find_login_history");
});

interface LocatedLogin {
  readonly at: string;
  readonly place: GeoLocation;
}

type Row = Awaited<ReturnType<typeof select>>[number];

/** The user of the history, and their tenant. */
export interface HistoryOwner {
  readonly id: UserId;
  readonly tenantId: TenantId;
}

/**
 * The history of the user's logins, relative to this network, and whether a denied login of the same tenant came from this network.
 * One query, which is the same for an id that belongs to no user.
 */
export const findLoginHistory = async (
  db: Db,
  { id: userId, tenantId }: HistoryOwner,
  network: string,
  now: Date,
): Promise<{ history: LoginHistory; suspiciousAddress: boolean }> => {
  const usualSince = after(now, -HISTORY.span);
  const [row] = await select(db, {
    userId,
    tenantId,
    network,
    since: usualSince.toISOString(),
    recentSince: after(now, -HISTORY.recent).toISOString(),
    failuresSince: after(now, -HISTORY.failures).toISOString(),
    suspiciousSince: after(now, -SUSPICIOUS_FOR_MS).toISOString(),
  });
  if (!row) throw new Error("An aggregate is always one row.");
  return { history: historyOf(row, network, usualSince), suspiciousAddress: row.suspiciousAddress };
};

/** Combines the stored attempts with the habits from deleted ones. */
const historyOf = (row: Row, network: string, usualSince: Date): LoginHistory => {
  const { habits, addresses, failures, recentSuccesses } = row;
  const kept = habits?.places ?? [];
  const locations = distinct([
    ...row.places,
    ...kept.filter(({ lastAt }) => new Date(lastAt) >= usualSince).map(({ place }) => place),
  ]);
  const lastSuccesses = [row.lastSuccessAt, habits?.lastSuccessAt].filter((at) => at != null).map((at) => new Date(at));
  const keptPlaced = kept.find(({ place }) => place.coordinates !== null);
  const lastPlaced = row.lastPlaced ?? (keptPlaced && { at: keptPlaced.lastAt, place: keptPlaced.place }) ?? null;
  return {
    successes: row.successes - (row.foldedSuccesses ?? 0) + (habits?.successes ?? 0),
    recentSuccesses,
    lastSuccessAt: lastSuccesses.sort((one, other) => other.getTime() - one.getTime())[0] ?? null,
    locations,
    formerLocations: without(distinct([...row.allPlaces, ...kept.map(({ place }) => place)]), locations),
    hours: [...new Set([...row.hours, ...hoursOf(habits?.hours ?? 0)])].sort((one, other) => one - other),
    usualNetwork: addresses.some((address) => networkOf(address) === network),
    lastPlaced: lastPlaced && { at: new Date(lastPlaced.at), place: lastPlaced.place },
    failures,
  };
};

/** Equal locations have equal text, because Postgres orders the keys of jsonb. */
const distinct = (locations: readonly GeoLocation[]): GeoLocation[] => [
  ...new Map(locations.map((place) => [JSON.stringify(place), place])).values(),
];

const without = (locations: readonly GeoLocation[], known: readonly GeoLocation[]): GeoLocation[] => {
  const texts = new Set(known.map((place) => JSON.stringify(place)));
  return locations.filter((place) => !texts.has(JSON.stringify(place)));
};
