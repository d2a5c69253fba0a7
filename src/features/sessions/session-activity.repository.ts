import { sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import type { SessionId } from "#shared/ids";
import { sessions } from "./sessions.table.ts";

/** The last use of a session: the time, and the generation of the access token; null if the token has no generation. */
export interface SessionUse {
  readonly at: Date;
  readonly generation: number | null;
}

/**
 * Records when sessions were last used, and which token pair; an older record never overwrites a newer one. Sessions locked by
 * other transactions are skipped: a statement that locks many rows while others lock several of them must not wait for any.
 * @returns the skipped ones, to be recorded next time
 */
export const updateSessionsActivity = async (
  db: Db,
  seen: ReadonlyMap<SessionId, SessionUse>,
): Promise<SessionId[]> => {
  const rows = [...seen].map(([id, { at, generation }]) => ({ id, at, generation: generation ?? 0 }));
  const left = await db.execute<{ id: SessionId }>(sql`
    with wanted as materialized (
      select ${sessions.id}, seen.at, seen.generation
      from json_to_recordset(${JSON.stringify(rows)}::json) as seen (id uuid, at timestamptz, generation integer)
      join ${sessions} on ${sessions.id} = seen.id
      where (${sessions.lastActivityAt} < seen.at or ${sessions.usedGeneration} < seen.generation)
        and ${sessions.endedAt} is null
    ), free as materialized (
      select ${sessions.id} from ${sessions} where ${sessions.id} in (select id from wanted)
      for no key update skip locked
    ), noted as (
      update ${sessions} set
        last_activity_at = greatest(last_activity_at, wanted.at),
        used_generation = greatest(used_generation, wanted.generation)
      from wanted join free using (id) where ${sessions.id} = wanted.id and ${sessions.endedAt} is null
    )
    select id from wanted where id not in (select id from free)`);
  return left.map(({ id }) => id);
};
