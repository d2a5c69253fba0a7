import { useTranslation } from "react-i18next";
import { Badge, type Tone } from "../../kit/display.tsx";
import type { AttemptPageFragment } from "./attempts.documents.ts";

type Outcome = AttemptPageFragment["nodes"][number]["outcome"];

export const OUTCOMES = ["SUCCESS", "CHALLENGED", "FAILED", "LOCKED", "DENIED"] as const satisfies readonly Outcome[];

const TONES = {
  SUCCESS: "success",
  CHALLENGED: "brand",
  FAILED: "warning",
  LOCKED: "danger",
  DENIED: "danger",
} as const satisfies Record<Outcome, Tone>;

/** How an attempt ended. */
export const OutcomeBadge = ({ outcome }: { readonly outcome: Outcome }) => {
  const { t } = useTranslation("console");
  return <Badge tone={TONES[outcome]}>{t(`attempts.outcome.${outcome}`)}</Badge>;
};
