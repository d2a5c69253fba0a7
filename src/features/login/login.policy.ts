export const LOGIN_OUTCOMES = ["SUCCESS", "FAILED", "CHALLENGED", "LOCKED", "DENIED"] as const;
export type LoginOutcome = (typeof LOGIN_OUTCOMES)[number];

export const RISK_LEVELS = ["LOW", "MEDIUM", "ELEVATED", "HIGH"] as const;
export type RiskLevel = (typeof RISK_LEVELS)[number];

export const RISK_SIGNALS = [
  "NEW_DEVICE",
  "NEW_LOCATION",
  "FAR_FROM_HOME",
  "RECENT_FAILURES",
  "UNUSUAL_TIME",
  "ANONYMOUS_NETWORK",
  "SUSPICIOUS_IP",
  "IMPOSSIBLE_TRAVEL",
  "GOOD_HISTORY",
] as const;
export type RiskSignalKind = (typeof RISK_SIGNALS)[number];

export interface RiskAssessment {
  readonly score: number;
  readonly level: RiskLevel;
  readonly signals: readonly { readonly kind: RiskSignalKind; readonly points: number }[];
}

/** Nothing is assessed yet: risk scoring is a feature of its own. */
export const NO_RISK: RiskAssessment = { score: 0, level: "LOW", signals: [] };
