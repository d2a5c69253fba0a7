export { DeniedNetworks } from "./denied-networks.service.ts";
export { deniedNetworks } from "./denied-networks.table.ts";
export { riskFeature } from "./feature.ts";
export { assess, HISTORY, LEVELS, type LoginHistory, SUSPICIOUS_FOR_MS } from "./risk.policy.ts";
