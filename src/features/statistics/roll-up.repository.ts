import { asc, type SQL, sql } from "drizzle-orm";
import { securityEvents } from "#features/audit/index";
import { loginAttempts } from "#features/login/index";
import type { Db } from "#platform/database/database";
import { LOCKS } from "#platform/database/locks";
import { inPeriod } from "#platform/database/slices";
import { bucketStart, type Interval, nextBucket } from "./statistics.policy.ts";
import { statisticsActiveUsers, tenantStatistics } from "./statistics.table.ts";

/** The period counted by one step: from the start of an hour (inclusive) to an instant (exclusive). */
export interface Step {
  readonly from: Date;
  readonly to: Date;
}

/** The counts that can be summed from shorter to longer intervals, unlike active users. */
const SUMMED = [
  "success",
  "failed",
  "challenged",
  "locked",
  "denied",
  "risk_low",
  "risk_medium",
  "risk_elevated",
  "risk_high",
  "new_users",
  "totp_enabled",
  "passkeys_added",
] as const;

const columns = sql.raw(
  ["tenant_id", "interval", "bucket", ...SUMMED, "active_users"].map((name) => `"${name}"`).join(", "),
);
const sums = sql.raw(SUMMED.map((name) => `sum("${name}")::integer`).join(", "));
const zeros = sql.raw(SUMMED.map(() => "0").join(", "));
const overwritten = (names: readonly string[]): SQL => {
  const [old, new_] = ["tenant_statistics", "excluded"].map((row) =>
    names.map((name) => `${row}."${name}"`).join(", "),
  );
  const set = names.map((name) => `"${name}" = excluded."${name}"`).join(", ");
  // An unchanged row is not written again.
  return sql.raw(
    `on conflict ("tenant_id", "interval", "bucket") do update set ${set} where (${old}) is distinct from (${new_})`,
  );
};

const at = (instant: Date): SQL => sql`${instant.toISOString()}::timestamptz`;

/** Locks until the transaction ends, so that one roll-up runs at a time. Raises the timeouts above those of requests. */
export const lockRollUp = async (tx: Db): Promise<void> => {
  await tx.execute(sql`set local statement_timeout = '5min'`);
  await tx.execute(sql`set local lock_timeout = '5min'`);
  await tx.execute(sql`select pg_advisory_xact_lock(${LOCKS.rollUp})`);
};

/** Returns the time of the oldest stored attempt or event; null if nothing is stored. */
export const findOldestOccurrence = async (db: Db): Promise<Date | null> => {
  const rows = await Promise.all(
    [loginAttempts, securityEvents].map((table) =>
      db.select({ at: table.occurredAt }).from(table).orderBy(asc(table.id)).limit(1),
    ),
  );
  const [oldest] = rows.flat().sort((a, b) => a.at.getTime() - b.at.getTime());
  return oldest?.at ?? null;
};

/** Counts the hours of the step again, from the attempts and events themselves. Existing counts are replaced. */
export const rollUpHours = async (tx: Db, step: Step): Promise<void> => {
  const { from, to } = boundsOf("HOUR", step);
  const of = (condition: SQL): SQL => sql`count(*) filter (where ${condition})::integer`;
  // Attempts that were locked out or later denied were not assessed, so they count in no risk level.
  const atRisk = (level: string): SQL => of(sql`risk ->> 'level' = ${level} and outcome not in ('LOCKED', 'DENIED')`);
  await tx.execute(sql`
    insert into ${tenantStatistics} (${columns})
    select tenant_id, 'HOUR', bucket, ${sums}, sum(active_users)::integer from (
      select tenant_id, date_trunc('hour', occurred_at, 'UTC') as bucket,
        ${of(sql`outcome = 'SUCCESS'`)} as success, ${of(sql`outcome = 'FAILED'`)} as failed,
        ${of(sql`outcome = 'CHALLENGED'`)} as challenged, ${of(sql`outcome = 'LOCKED'`)} as locked,
        ${of(sql`outcome = 'DENIED'`)} as denied, ${atRisk("LOW")} as risk_low, ${atRisk("MEDIUM")} as risk_medium,
        ${atRisk("ELEVATED")} as risk_elevated, ${atRisk("HIGH")} as risk_high,
        0 as new_users, 0 as totp_enabled, 0 as passkeys_added,
        count(distinct user_id) filter (where outcome = 'SUCCESS')::integer as active_users
      from ${loginAttempts} where tenant_id is not null and ${inPeriod(loginAttempts.id, step, loginAttempts.occurredAt)}
      group by 1, 2
      union all
      select tenant_id, date_trunc('hour', occurred_at, 'UTC'), 0, 0, 0, 0, 0, 0, 0, 0, 0, ${of(sql`type = 'USER_REGISTERED'`)},
        ${of(sql`type = 'MFA_ENABLED' and details ->> 'factor' = 'TOTP' and (details -> 'replaced') is distinct from 'true'`)},
        ${of(sql`type = 'PASSKEY_ADDED'`)}, 0
      from ${securityEvents}
      where type in ('USER_REGISTERED', 'MFA_ENABLED', 'PASSKEY_ADDED')
        and ${inPeriod(securityEvents.id, step, securityEvents.occurredAt)}
      group by 1, 2
      union all
      select tenant_id, bucket, ${zeros}, 0 from ${tenantStatistics}
      where "interval" = 'HOUR' and bucket >= ${at(from)} and bucket < ${at(to)}
    ) as counted group by tenant_id, bucket
    ${overwritten([...SUMMED, "active_users"])}`);
};

/** Sums the longer buckets affected by the step, of the tenants with any activity. */
export const rollUpLonger = async (tx: Db, step: Step): Promise<void> => {
  await sumUp(tx, step, { from: "HOUR", to: "DAY" });
  await sumUp(tx, step, { from: "DAY", to: "WEEK" });
  await sumUp(tx, step, { from: "DAY", to: "MONTH" });
};

const sumUp = async (tx: Db, step: Step, { from, to }: Readonly<Record<"from" | "to", Interval>>): Promise<void> => {
  const [summed, touched] = [boundsOf(to, step), boundsOf("HOUR", step)];
  await tx.execute(sql`
    insert into ${tenantStatistics} (${columns})
    select tenant_id, ${to}::text, date_trunc(${to}::text, bucket, 'UTC') as start, ${sums}, 0 from ${tenantStatistics}
    where "interval" = ${from} and bucket >= ${at(summed.from)} and bucket < ${at(summed.to)} and tenant_id in (
      select tenant_id from ${tenantStatistics}
      where "interval" = 'HOUR' and bucket >= ${at(touched.from)} and bucket < ${at(touched.to)})
    group by tenant_id, start
    ${overwritten(SUMMED)}`);
};

/** Stores which users logged in, and their number for each day, week and month affected by the step. */
export const rollUpActiveUsers = async (tx: Db, step: Step): Promise<void> => {
  await tx.execute(sql`
    insert into ${statisticsActiveUsers} (tenant_id, "interval", bucket, active_user_id)
    select distinct tenant_id, size, date_trunc(size, occurred_at, 'UTC'), user_id
    from ${loginAttempts} cross join unnest(array['DAY', 'WEEK', 'MONTH']) as size
    where outcome = 'SUCCESS' and tenant_id is not null and user_id is not null
      and ${inPeriod(loginAttempts.id, step, loginAttempts.occurredAt)}
    on conflict do nothing`);
  for (const interval of ["DAY", "WEEK", "MONTH"] as const)
    await countActiveUsers(tx, boundsOf(interval, step), interval);
};

/** Never lowers a count: users stay counted after their rows are deleted. */
const countActiveUsers = async (tx: Db, { from, to }: Step, interval: Interval): Promise<void> => {
  await tx.execute(sql`
    update ${tenantStatistics} as kept set active_users = counted.users from (
      select tenant_id, bucket, count(*)::integer as users from ${statisticsActiveUsers}
      where "interval" = ${interval} and bucket >= ${at(from)} and bucket < ${at(to)} group by 1, 2
    ) as counted
    where kept.tenant_id = counted.tenant_id and kept."interval" = ${interval} and kept.bucket = counted.bucket
      and kept.active_users < counted.users`);
};

/** Deletes the active users of buckets that ended before this instant; the counts stay. */
export const deleteActiveUsersBefore = async (tx: Db, instant: Date): Promise<void> => {
  for (const interval of ["DAY", "WEEK", "MONTH"] as const)
    await tx.execute(sql`
      delete from ${statisticsActiveUsers} where "interval" = ${interval} and bucket < ${at(bucketStart(interval, instant))}`);
};

/** Rows deleted per statement. */
const BATCH = 10_000;

/** Deletes the statistics of all months before that of this instant. @returns the rows deleted by one statement; repeat until 0 */
export const deleteStatisticsBefore = async (db: Db, instant: Date): Promise<number> => {
  const rows = await db.execute(sql`
    delete from ${tenantStatistics} where (tenant_id, "interval", bucket) in (
      select tenant_id, "interval", bucket from ${tenantStatistics}
      where "interval" in ('HOUR', 'DAY', 'WEEK', 'MONTH') and bucket < ${at(bucketStart("MONTH", instant))} limit ${BATCH}
    ) returning 1`);
  return rows.length;
};

/** The buckets of this size affected by the step, from the start of the first to the end of the last. */
const boundsOf = (interval: Interval, { from, to }: Step): Step => ({
  from: bucketStart(interval, from),
  to: nextBucket(interval, bucketStart(interval, new Date(to.getTime() - 1))),
});
