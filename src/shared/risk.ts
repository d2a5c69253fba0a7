/** How unusual a login is, by its score. */
export type RiskLevel = "LOW" | "MEDIUM" | "ELEVATED" | "HIGH";

export type RiskSignalKind =
  | "NEW_DEVICE"
  | "NEW_LOCATION"
  | "FAR_FROM_HOME"
  | "RECENT_FAILURES"
  | "UNUSUAL_TIME"
  | "ANONYMOUS_NETWORK"
  | "SUSPICIOUS_IP"
  | "IMPOSSIBLE_TRAVEL"
  | "DORMANT"
  | "GOOD_HISTORY";

/** How unusual a login is, and why. */
export interface RiskAssessment {
  readonly score: number;
  readonly level: RiskLevel;
  readonly signals: readonly { readonly kind: RiskSignalKind; readonly points: number }[];
}

/** The value if nothing was assessed. */
export const NO_RISK: RiskAssessment = { score: 0, level: "LOW", signals: [] };
