import { and, count, desc, eq, exists, gt, gte, sql } from "drizzle-orm";
import type { Db } from "../../platform/database/database.ts";
import { statement } from "../../platform/database/statement.ts";
import { networkOf } from "../../platform/ip-address.ts";
import type { Place } from "../../shared/client.ts";
import { after } from "../../shared/durations.ts";
import type { UserId } from "../../shared/ids.ts";
import { HISTORY, type LoginHistory, SUSPICIOUS_FOR, suspiciousAddresses } from "../risk/index.ts";
import { loginAttempts } from "./login-attempts.table.ts";

const { placeholder } = sql;

const select = statement((db) => {
  const { id, userId, outcome, occurredAt, ipAddress, location } = loginAttempts;
  const ofUser = eq(userId, placeholder("userId"));
  // As the partial indexes have them, word by word: a parameter in their place would not be found there. All that let nobody
  // in has failed: also a refusal unseen, else an attack would weigh less the longer it lasts; but no challenge, for its
  // password was right.
  const succeeded = sql`${outcome} = 'SUCCESS'`;
  const failed = sql`${outcome} in ('FAILED', 'LOCKED', 'DENIED')`;

  // Failures are read apart: however many there are, they do not crowd out what the user's own logins tell.
  const failures = db
    .select({ id })
    .from(loginAttempts)
    .where(and(ofUser, failed, gte(occurredAt, placeholder("failuresSince"))))
    .orderBy(desc(occurredAt))
    .limit(HISTORY.manyFailures)
    .as("failures");
  const suspicious = db
    .select({ network: suspiciousAddresses.network })
    .from(suspiciousAddresses)
    .where(
      and(
        eq(suspiciousAddresses.network, placeholder("network")),
        gt(suspiciousAddresses.deniedAt, placeholder("suspiciousSince")),
      ),
    );
  const successes = db.$with("successes").as(
    db
      .select({ id, occurredAt, ipAddress, location })
      .from(loginAttempts)
      .where(and(ofUser, succeeded, gte(occurredAt, placeholder("since"))))
      .orderBy(desc(id))
      .limit(HISTORY.mostSuccesses),
  );
  const place = successes.location;
  const hour = sql`extract(hour from ${successes.occurredAt} at time zone 'UTC')`;
  const lastPlaced = db
    .select({ last: sql`jsonb_build_object('at', ${successes.occurredAt}, 'place', ${place})` })
    .from(successes)
    .where(sql`${place} @? '$.coordinates.latitude'`)
    .orderBy(desc(successes.id))
    .limit(1);

  return db
    .with(successes)
    .select({
      successes: count(),
      recentSuccesses: sql<number>`count(*) filter (where ${gte(successes.occurredAt, placeholder("recentSince"))})::int`,
      places: sql<Place[]>`coalesce(jsonb_agg(distinct ${place}) filter (where ${place} is not null), '[]')`,
      hours: sql<number[]>`coalesce(jsonb_agg(distinct ${hour}), '[]')`,
      // Told apart by us: for Postgres one text among them that is no address would make the whole read fail, and every login.
      addresses: sql<string[]>`coalesce(jsonb_agg(distinct ${successes.ipAddress}), '[]')`,
      lastPlaced: sql<{ at: string; place: Place } | null>`${lastPlaced}`,
      failures: sql<number>`${db.select({ count: sql`count(*)::int` }).from(failures)}`,
      suspiciousAddress: sql<boolean>`${exists(suspicious)}`,
    })
    .from(successes)
    .prepare("find_login_history");
});

/**
 * What the user's earlier logins tell somebody who logs in from this network, and whether a denied login came from there,
 * whoever's it was: one read. For an id that nobody has it is the same read.
 */
export const findLoginHistory = async (
  db: Db,
  userId: UserId,
  network: string,
  now: Date,
): Promise<{ history: LoginHistory; suspiciousAddress: boolean }> => {
  const [row] = await select(db, {
    userId,
    network,
    since: after(now, -HISTORY.span).toISOString(),
    recentSince: after(now, -HISTORY.recent).toISOString(),
    failuresSince: after(now, -HISTORY.failures).toISOString(),
    suspiciousSince: after(now, -SUSPICIOUS_FOR).toISOString(),
  });
  if (!row) throw new Error("An aggregate is always one row.");
  const { addresses, lastPlaced, suspiciousAddress, ...counted } = row;
  const usualNetwork = addresses.some((address) => networkOf(address) === network);
  return {
    history: { ...counted, usualNetwork, lastPlaced: lastPlaced && { ...lastPlaced, at: new Date(lastPlaced.at) } },
    suspiciousAddress,
  };
};
