export { securityHistoryFeature } from "./feature.ts";
