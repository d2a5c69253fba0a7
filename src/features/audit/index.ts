export { securityEventsRecorded, userAnonymized } from "./audit.hooks.ts";
export { AuditLog, type SecurityEventDraft } from "./audit-log.ts";
export { tenantChannel, userChannel } from "./event-channels.ts";
export { auditFeature } from "./feature.ts";
export type { LiveEvent, SecurityEventFeed } from "./security-event-feed.ts";
export { levelOf, type SecurityEventLevel, typesWithin } from "./security-event-levels.policy.ts";
export {
  SecurityEvent,
  SecurityEventConnection,
  SecurityEventFilter,
  SecurityEventLevelEnum,
  SecurityEventTypeEnum,
  UserSecurityEventFilter,
} from "./security-events.graphql.ts";
export { type DetailedEventType, type SecurityEventType, subjectOf, typenameOf } from "./security-events.policy.ts";
export {
  countSecurityEvents,
  findSecurityEvent,
  listSecurityEvents,
  type SecurityEventQuery,
  type SecurityEventRow,
  securityEventsOf,
} from "./security-events.repository.ts";
export { securityEvents } from "./security-events.table.ts";
