import { and, asc, count, eq, gt, inArray, isNull, lt, or, sql } from "drizzle-orm";
import type { Db } from "#platform/database/database";
import { LOCKS } from "#platform/database/locks";
import { prepared } from "#platform/database/prepared";
import type { UserId } from "#shared/ids";
import { eventOutbox } from "./event-outbox.table.ts";

export type OutboxRow = typeof eventOutbox.$inferSelect;

export type NewOutboxRow = Pick<OutboxRow, "eventId" | "tenantId" | "userId" | "occurredAt" | "entry">;

const insertOne = prepared((db) => {
  const { placeholder } = sql;
  return db
    .insert(eventOutbox)
    .values({
      eventId: placeholder("eventId"),
      tenantId: placeholder("tenantId"),
      userId: placeholder("userId"),
      occurredAt: placeholder("occurredAt"),
      entry: placeholder("entry"),
    })
    .prepare("insert_outbox_row");
});

/** Inserts events to publish, in this order. A single event, the usual case, uses a prepared statement. */
export const insertOutboxRows = async (db: Db, rows: readonly NewOutboxRow[]): Promise<void> => {
  const [row, ...more] = rows;
  if (row === undefined) return;
  if (more.length > 0) await db.insert(eventOutbox).values([...rows]);
  else await insertOne(db, { ...row });
};

/**
 * How long a process may hang during the transaction before Postgres closes its connection, so that another replica can relay.
 * Longer than the relay's timeout for NATS.
 */
const IDLE_TRANSACTION_TIMEOUT_MS = 15_000;

const ACQUIRE_RELAY_LOCK = sql.raw(`
  select pg_try_advisory_xact_lock(${LOCKS.eventRelay}) as taken,
    set_config('idle_in_transaction_session_timeout', '${IDLE_TRANSACTION_TIMEOUT_MS}', true)`);

/**
 * Whether this transaction may relay, exclusively among all replicas. The lock ends with the transaction, and so with its process
 * and its connection.
 */
export const tryAcquireRelayLock = async (tx: Db): Promise<boolean> => {
  const [row] = await tx.execute<{ taken: boolean }>(ACQUIRE_RELAY_LOCK);
  return row?.taken === true;
};

const listWaiting = prepared((db) => {
  const { placeholder } = sql;
  return db
    .select()
    .from(eventOutbox)
    .where(
      and(
        gt(eventOutbox.sequence, placeholder("afterSequence")),
        or(isNull(eventOutbox.refusedAt), lt(eventOutbox.refusedAt, placeholder("refusedBefore"))),
      ),
    )
    .orderBy(asc(eventOutbox.sequence))
    .limit(placeholder("limit"))
    .prepare("list_outbox_rows");
});

interface OutboxQuery {
  /** Only events with a greater sequence number are listed. */
  readonly afterSequence: number;
  /** Refused events are only included if they were refused before this instant. */
  readonly refusedBefore: Date;
  readonly limit: number;
}

/** Waiting events, oldest first. */
export const listOutboxRows = (db: Db, { refusedBefore, ...query }: OutboxQuery): Promise<OutboxRow[]> =>
  listWaiting(db, { ...query, refusedBefore: refusedBefore.toISOString() });

/**
 * Deletes published events.
 * @returns how many
 */
export const deleteOutboxRows = async (db: Db, sequences: readonly number[]): Promise<number> => {
  if (sequences.length === 0) return 0;
  const { count: deleted } = await db.delete(eventOutbox).where(inArray(eventOutbox.sequence, [...sequences]));
  return deleted;
};

export const updateOutboxRowsRefused = async (db: Db, sequences: readonly number[], refusedAt: Date): Promise<void> => {
  if (sequences.length === 0) return;
  await db
    .update(eventOutbox)
    .set({ refusedAt })
    .where(inArray(eventOutbox.sequence, [...sequences]));
};

/** Removes the origin (address, device and location) from the waiting events of a user. */
export const updateOutboxRowsWithoutOrigin = async (db: Db, userId: UserId): Promise<void> => {
  await db
    .update(eventOutbox)
    .set({ entry: sql`${eventOutbox.entry} || '{"ipAddress": null, "device": null, "location": null}'` })
    .where(eq(eventOutbox.userId, userId));
};

/** Events not published yet. */
export interface OutboxBacklog {
  readonly waiting: number;
  readonly refused: number;
  /** The time of the oldest waiting event; null if the outbox is empty. */
  readonly oldest: Date | null;
}

export const findOutboxBacklog = async (db: Db): Promise<OutboxBacklog> => {
  const [row] = await db
    .select({
      waiting: count(sql`case when ${eventOutbox.refusedAt} is null then 1 end`),
      refused: count(eventOutbox.refusedAt),
      oldest: sql`min(case when ${eventOutbox.refusedAt} is null then ${eventOutbox.occurredAt} end)`.mapWith(
        eventOutbox.occurredAt,
      ),
    })
    .from(eventOutbox);
  return { waiting: row?.waiting ?? 0, refused: row?.refused ?? 0, oldest: row?.oldest ?? null };
};
