import type { SecurityEventRow, SecurityEventType } from "#features/audit/index";
import type { DeviceDescription, GeoLabel } from "#shared/client-info";

/** The parts of an event that the outbox stores in addition to its columns. */
export interface OutboxEntry {
  readonly type: SecurityEventType;
  readonly ipAddress: string | null;
  readonly device: DeviceDescription | null;
  readonly location: GeoLabel | null;
  readonly details: Readonly<Record<string, unknown>>;
  /** Its position among the events recorded together. If several sessions end together, only the first causes `auth.user.logout`. */
  readonly ordinal: number;
}

/** Converts a recorded event to an outbox row; `ordinal` is its position among the events recorded with it. */
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
