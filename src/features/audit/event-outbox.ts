import type { DeviceDescription, PlaceName } from "../../shared/client.ts";
import type { SecurityEventType } from "./security-events.policy.ts";

/** What the outbox keeps of an event beside its columns. */
export interface OutboxEntry {
  readonly type: SecurityEventType;
  readonly ipAddress: string | null;
  readonly device: DeviceDescription | null;
  readonly location: PlaceName | null;
  readonly details: Readonly<Record<string, unknown>>;
}
