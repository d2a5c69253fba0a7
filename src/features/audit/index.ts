export {
  consumeRelayTurn,
  deleteOutboxRows,
  findOutboxBacklog,
  listOutboxRows,
  type OutboxBacklog,
  type OutboxRow,
  updateOutboxRowsRefused,
} from "./event-outbox.repository.ts";
export type { EventOutbox } from "./event-outbox.ts";
export { channelOfTenant, channelOfUser } from "./live-channels.ts";
export { SecurityEventSubscription } from "./live-events.resolver.ts";
export { LiveEvents } from "./live-events.ts";
export { SecurityEvent } from "./security-events.graphql.ts";
export { securityEventNodes } from "./security-events.node.ts";
export type { SecurityEventType } from "./security-events.policy.ts";
export type { SecurityEventRow } from "./security-events.repository.ts";
export { SecurityEventsResolver } from "./security-events.resolver.ts";
export { SecurityHistory } from "./security-history.ts";
export { type SecurityEventDraft, SecurityLog } from "./security-log.ts";
