export { deniedNetworks } from "./denied-networks.table.ts";
export { riskFeature } from "./feature.ts";
export { assess, HISTORY, LEVELS, type LoginHistory, SUSPICIOUS_FOR } from "./risk.policy.ts";
export { SuspiciousAddresses } from "./suspicious-addresses.service.ts";
