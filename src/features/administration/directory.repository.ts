import { and, arrayContains, desc, eq, isNotNull, like, lt, lte, or, type SQL, sql } from "drizzle-orm";
import type { Db } from "../../platform/database/database.ts";
import { inScope } from "../../platform/database/scope.ts";
import type { SessionId, UserId } from "../../shared/ids.ts";
import type { Slice } from "../../shared/paging.ts";
import type { Role } from "../../shared/roles.ts";
import type { TenantScope } from "../../shared/visibility.ts";
import { liveAt, type Session, sessionColumns, sessions } from "../sessions/index.ts";
import { canonicalEmail, canonicalUsername, type User, type UserStatus, users } from "../users/index.ts";

export interface UserQuery {
  readonly scope: TenantScope;
  /** The beginning of an e-mail address, username or name, in any case. */
  readonly search: string | null;
  readonly status: UserStatus | null;
  readonly role: Role | null;
}

/** The users within the scope, newest first. */
export const listUsers = (db: Db, { scope, search, status, role }: UserQuery, slice: Slice): Promise<User[]> =>
  db
    .select()
    .from(users)
    .where(
      and(
        inScope(users.tenantId, scope),
        search ? matches(search) : undefined,
        status ? eq(users.status, status) : undefined,
        role ? arrayContains(users.roles, [role]) : undefined,
        slice.before ? lt(users.id, slice.before as UserId) : undefined,
      ),
    )
    .orderBy(desc(users.id))
    .limit(slice.limit);

/** Each alternative has an index of its own. */
const matches = (search: string): SQL | undefined =>
  or(
    like(users.emailCanonical, prefixPattern(canonicalEmail(search))),
    like(users.usernameCanonical, prefixPattern(canonicalUsername(search))),
    // Lowered by Postgres on both sides: its rules for other alphabets may differ from JavaScript's.
    sql`lower(${users.name}) like lower(${prefixPattern(search)})`,
  );

/** The LIKE pattern of what begins with `text`, whose own `%` and `_` mean themselves. */
const prefixPattern = (text: string): string => `${text.replaceAll(/[\\%_]/g, "\\$&")}%`;

export interface SessionQuery {
  readonly scope: TenantScope;
  readonly userId: UserId | null;
  /** Only live ones, only ended and expired ones, or null: all. */
  readonly active: boolean | null;
  readonly ipAddress: string | null;
  readonly now: Date;
}

/** The sessions within the scope, newest first. */
export const listSessions = (
  db: Db,
  { scope, userId, active, ipAddress, now }: SessionQuery,
  slice: Slice,
): Promise<Session[]> => {
  const over = or(isNotNull(sessions.endedAt), lte(sessions.expiresAt, now));
  return db
    .select(sessionColumns)
    .from(sessions)
    .where(
      and(
        inScope(sessions.tenantId, scope),
        userId ? eq(sessions.userId, userId) : undefined,
        active === null ? undefined : active ? liveAt(now) : over,
        ipAddress ? eq(sessions.ipAddress, ipAddress) : undefined,
        slice.before ? lt(sessions.id, slice.before as SessionId) : undefined,
      ),
    )
    .orderBy(desc(sessions.id))
    .limit(slice.limit);
};
