import { gte, inArray, or, type SQL, sql } from "drizzle-orm";
import type { PgColumn } from "drizzle-orm/pg-core";
import type { SessionId } from "#shared/ids";

/** Marks credentials that an attacker may have created: those of these sessions, or all created since that instant. */
export interface Taint {
  readonly sessions: readonly SessionId[];
  readonly since: Date | null;
}

/** Whether a credential with these columns is tainted. */
export const isTainted = (
  { createdBySession, createdAt }: { readonly createdBySession: PgColumn; readonly createdAt: PgColumn },
  { sessions, since }: Taint,
): SQL => {
  const conditions = [
    ...(sessions.length > 0 ? [inArray(createdBySession, [...sessions])] : []),
    ...(since ? [gte(createdAt, since)] : []),
  ];
  return or(...conditions) ?? sql`false`;
};
