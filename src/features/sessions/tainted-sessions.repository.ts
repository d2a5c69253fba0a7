import { inArray, sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import type { SessionId, UserId } from "#shared/ids";
import { SUSPICIOUS_ENDS } from "./sessions.policy.ts";
import { sessions } from "./sessions.table.ts";

/**
 * Returns the user's sessions with a suspicious end reason, the given ones, and all derived from them: sessions opened by a
 * credential that one of them created, and so on (session → credential → session).
 */
export const listTaintedSessions = async (
  db: Db,
  userId: UserId,
  others: readonly SessionId[],
): Promise<SessionId[]> => {
  const rows = await db.execute<{ id: SessionId }>(sql`
    with recursive tainted (id) as (
      select ${sessions.id} from ${sessions}
      where ${sessions.userId} = ${userId} and ${sessions.endedAt} is not null
        and ${inArray(sessions.endReason, [...SUSPICIOUS_ENDS])}
      union
      select given.id::uuid from unnest(${sql.param([...others])}::text[]) as given (id)
      union
      select ${sessions.id} from ${sessions} join tainted on ${sessions.createdBySession} = tainted.id
      where ${sessions.userId} = ${userId}
    )
    select id from tainted`);
  return rows.map(({ id }) => id);
};
