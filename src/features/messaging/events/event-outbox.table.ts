import { bigint, pgTable, uuid } from "drizzle-orm/pg-core";
import { jsonb, timestamptz } from "#platform/database/columns";
import type { SecurityEventId, TenantId, UserId } from "#shared/ids";
import type { OutboxEntry } from "./event-outbox.ts";

/**
 * Events still to be published to other services, written in the transaction of the change and deleted after publication.
 * A transaction whose change depends on another holds a lock when the sequence number is assigned. So the numbers of one user's
 * events are in commit order. Event ids may not be, because they are generated before the transaction waits for locks.
 */
export const eventOutbox = pgTable("event_outbox", {
  sequence: bigint("sequence", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  eventId: uuid("event_id").$type<SecurityEventId>().notNull(),
  tenantId: uuid("tenant_id").$type<TenantId>().notNull(),
  userId: uuid("user_id").$type<UserId>(),
  occurredAt: timestamptz("occurred_at").notNull(),
  /** When the NATS server refused the event as too large. It is retried occasionally, and does not block later events. */
  refusedAt: timestamptz("refused_at"),
  /** The event as it was recorded. Events of a deleted user are still published, but without their origin. */
  entry: jsonb<OutboxEntry>("entry").notNull(),
});
