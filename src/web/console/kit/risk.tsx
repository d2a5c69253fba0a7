import { useTranslation } from "react-i18next";
import { Badge, type Tone } from "../../kit/display.tsx";
import styles from "./risk.module.css";

/** As in the API. */
export interface Risk {
  readonly score: number;
  readonly level: "LOW" | "MEDIUM" | "ELEVATED" | "HIGH";
  readonly signals: readonly { readonly kind: SignalKind; readonly points: number }[];
}

type SignalKind =
  | "ANONYMOUS_NETWORK"
  | "DORMANT"
  | "FAR_FROM_HOME"
  | "GOOD_HISTORY"
  | "IMPOSSIBLE_TRAVEL"
  | "NEW_DEVICE"
  | "NEW_LOCATION"
  | "RECENT_FAILURES"
  | "SUSPICIOUS_IP"
  | "UNUSUAL_TIME";

const TONES = { LOW: "success", MEDIUM: "neutral", ELEVATED: "warning", HIGH: "danger" } as const satisfies Record<
  Risk["level"],
  Tone
>;

export const RISK_LEVELS = ["LOW", "MEDIUM", "ELEVATED", "HIGH"] as const satisfies readonly Risk["level"][];

/** How unusual a login was: the level in words, and its score. */
export const RiskBadge = ({ risk: { level, score } }: { readonly risk: Pick<Risk, "level" | "score"> }) => {
  const { t } = useTranslation("console");
  return <Badge tone={TONES[level]}>{t("risk.badge", { level: t(`risk.level.${level}`), score })}</Badge>;
};

/** What made up a score: each signal with its points and what it means. */
export const RiskSignals = ({ signals }: Pick<Risk, "signals">) => {
  const { t } = useTranslation("console");
  if (signals.length === 0) return <p className={styles.meaning}>{t("risk.none")}</p>;
  return (
    <ul className={styles.signals}>
      {signals.map(({ kind, points }) => (
        <li key={kind} className={styles.signal}>
          <span className={styles.points}>{points > 0 ? `+${points}` : points}</span>
          <span>
            {t(`risk.signal.${kind}.name`)}
            <span className={styles.meaning}>{t(`risk.signal.${kind}.meaning`)}</span>
          </span>
        </li>
      ))}
    </ul>
  );
};
