import type { SecurityEventRow, SecurityEventType } from "#features/audit/index";
import type { DeviceDescription, PlaceName } from "#shared/client";

/** What the outbox keeps of an event beside its columns. */
export interface OutboxEntry {
  readonly type: SecurityEventType;
  readonly ipAddress: string | null;
  readonly device: DeviceDescription | null;
  readonly location: PlaceName | null;
  readonly details: Readonly<Record<string, unknown>>;
  /** Its place among the events that were recorded in one go: where many sessions end at once, one event speaks for all. */
  readonly ordinal: number;
}

/** A recorded event as the outbox keeps it; `ordinal` is its place among those recorded with it. */
export const toOutboxRow = (
  { id, tenantId, userId, occurredAt, type, ipAddress, device, location, details }: SecurityEventRow,
  ordinal: number,
) => ({
  eventId: id,
  tenantId,
  userId,
  occurredAt,
  entry: { type, ipAddress, device, location, details, ordinal } satisfies OutboxEntry,
});
