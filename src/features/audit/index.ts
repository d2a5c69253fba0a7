export { SecurityEvent } from "./security-events.graphql.ts";
export { securityEventNodes } from "./security-events.node.ts";
export type { SecurityEventRow } from "./security-events.repository.ts";
export { SecurityEventsResolver } from "./security-events.resolver.ts";
export { SecurityHistory } from "./security-history.ts";
export { type SecurityEventDraft, SecurityLog } from "./security-log.ts";
