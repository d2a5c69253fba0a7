export { ExportKindEnum } from "./event-fields.graphql.ts";
export { detailsOf } from "./event-kinds.graphql.ts";
export { securityHistoryFeature } from "./feature.ts";
export type { SecurityEventCriteria } from "./security-history.ts";
