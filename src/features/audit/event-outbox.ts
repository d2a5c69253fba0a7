import type { DeviceDescription, PlaceName } from "#shared/client";
import type { SecurityEventType } from "./security-events.policy.ts";

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

/** What is to be told to the rest of the company. Who does that comes after audit, and is handed in. */
export interface EventOutbox {
  /** Whether anybody is told of such an event. */
  tells(type: SecurityEventType): boolean;
  /** Called once what was written is committed; must not throw. */
  wake(): void;
}
