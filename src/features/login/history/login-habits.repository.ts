import { sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import type { UserId } from "#shared/ids";
import { loginAttempts } from "../attempts/login-attempts.table.ts";
import { loginHabits } from "./login-habits.table.ts";

/** The number of locations kept per user: the most recently used ones. */
const MAX_LOCATIONS = 50;

/** The next users with a successful login before this instant that their habits do not include yet, in the order of their ids. */
export const listUsersToFold = async (
  db: Db,
  { before, after, limit }: { readonly before: Date; readonly after: UserId | null; readonly limit: number },
): Promise<UserId[]> => {
  const rows = await db.execute<{ id: UserId }>(sql`
    select distinct ${loginAttempts.userId} as id from ${loginAttempts}
    left join ${loginHabits} on ${loginHabits.userId} = ${loginAttempts.userId}
    where ${loginAttempts.outcome} = 'SUCCESS' and ${loginAttempts.occurredAt} < ${before.toISOString()}::timestamptz
      and (${loginHabits.foldedUntil} is null or ${loginAttempts.occurredAt} >= ${loginHabits.foldedUntil})
      and (${after}::uuid is null or ${loginAttempts.userId} > ${after}::uuid)
    order by id limit ${limit}`);
  return rows.map(({ id }) => id);
};

/**
 * Adds the successful logins of these users before the instant to their habits. Idempotent: each login is counted once. One statement.
 */
export const foldSuccesses = async (db: Db, userIds: readonly UserId[], before: Date): Promise<void> => {
  const until = before.toISOString();
  const ids = sql`array[${sql.join(
    userIds.map((id) => sql`${id}::uuid`),
    sql`, `,
  )}]`;
  await db.execute(sql`
    with successes as (
      select a.user_id, a.occurred_at, a.location
      from ${loginAttempts} a left join ${loginHabits} h on h.user_id = a.user_id
      where a.outcome = 'SUCCESS' and a.user_id = any(${ids}) and a.occurred_at < ${until}::timestamptz
        and (h.folded_until is null or a.occurred_at >= h.folded_until)
    ), counted as (
      select user_id, count(*)::int as successes, max(occurred_at) as last_success_at,
        bit_or(1 << extract(hour from occurred_at at time zone 'UTC')::int) as hours
      from successes group by user_id
    ), placed as (
      select user_id, location as place, max(occurred_at) as last_at from successes where location is not null group by 1, 2
      union all
      select h.user_id, kept.value -> 'place', (kept.value ->> 'lastAt')::timestamptz
      from ${loginHabits} h cross join jsonb_array_elements(h.places) as kept where h.user_id = any(${ids})
    ), ranked as (
      select user_id, place, max(last_at) as last_at,
        row_number() over (partition by user_id order by max(last_at) desc) as rank
      from placed group by user_id, place
    ), places as (
      select user_id, jsonb_agg(jsonb_build_object('place', place, 'lastAt', last_at) order by last_at desc) as places
      from ranked where rank <= ${MAX_LOCATIONS} group by user_id
    )
    insert into ${loginHabits} (user_id, tenant_id, folded_until, successes, last_success_at, hours, places)
    select counted.user_id, users.tenant_id, ${until}::timestamptz, counted.successes, counted.last_success_at,
      counted.hours, coalesce(places.places, '[]')
    from counted join users on users.id = counted.user_id left join places on places.user_id = counted.user_id
    order by counted.user_id
    on conflict (user_id) do update set
      folded_until = excluded.folded_until, successes = login_habits.successes + excluded.successes,
      last_success_at = greatest(login_habits.last_success_at, excluded.last_success_at),
      hours = login_habits.hours | excluded.hours, places = excluded.places
    where login_habits.folded_until < excluded.folded_until`);
};
