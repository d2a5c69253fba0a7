import { Dialog, DialogTrigger, Heading } from "react-aria-components/Dialog";
import { Popover } from "react-aria-components/Popover";
import { useTranslation } from "react-i18next";
import { Button } from "../../kit/button.tsx";
import { classes } from "../../kit/classes.ts";
import { Badge, type Tone } from "../../kit/display.tsx";
import menuStyles from "../../kit/menu.module.css";
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

/** The badge, which opens the signals. */
export const RiskDetails = ({ risk }: { readonly risk: Risk }) => {
  const { t } = useTranslation("console");
  return (
    <DialogTrigger>
      <Button variant="quiet" size="small">
        <RiskBadge risk={risk} />
      </Button>
      <Popover className={classes(menuStyles.popover, styles.details)}>
        <Dialog className={styles.dialog as string}>
          <Heading slot="title" level={2}>
            {t("risk.why", { score: risk.score })}
          </Heading>
          <RiskSignals signals={risk.signals} />
        </Dialog>
      </Popover>
    </DialogTrigger>
  );
};
