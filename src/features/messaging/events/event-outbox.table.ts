import { bigint, pgTable, uuid } from "drizzle-orm/pg-core";
import { instant, json } from "#platform/database/columns";
import type { SecurityEventId, TenantId, UserId } from "#shared/ids";
import type { OutboxEntry } from "./event-outbox.ts";

/**
 * What is still to be told to the rest of the company, written in the transaction of the change and deleted once it is told.
 * Whoever changes what another change depends on holds a lock on it when the number is given: for one user the numbers are in
 * the order of the commits, which the ids of the events, made before anybody waited, need not be.
 */
export const eventOutbox = pgTable("event_outbox", {
  sequence: bigint("sequence", { mode: "number" }).primaryKey().generatedAlwaysAsIdentity(),
  eventId: uuid("event_id").$type<SecurityEventId>().notNull(),
  tenantId: uuid("tenant_id").$type<TenantId>().notNull(),
  userId: uuid("user_id").$type<UserId>(),
  occurredAt: instant("occurred_at").notNull(),
  /** When the server refused it as too large. It is tried again now and then, and holds up nobody's later events. */
  refusedAt: instant("refused_at"),
  /** What happened, as it was then. Of a deleted user it is still told, but no longer from where. */
  entry: json<OutboxEntry>("entry").notNull(),
});
