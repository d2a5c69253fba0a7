export { assess, HISTORY, LEVELS, type LoginHistory, SUSPICIOUS_FOR } from "./risk.policy.ts";
export { SuspiciousAddresses } from "./suspicious-addresses.service.ts";
export { suspiciousAddresses } from "./suspicious-addresses.table.ts";
