export { personForgotten, securityEventsRecorded } from "./audit.hooks.ts";
export { auditFeature } from "./feature.ts";
export { channelOfTenant, channelOfUser } from "./live-channels.ts";
export type { LiveEvent, LiveEvents } from "./live-events.ts";
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
export { type SecurityEventDraft, SecurityLog } from "./security-log.ts";
