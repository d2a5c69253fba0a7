import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSession } from "../../client/react/index.ts";
import { Alert } from "../kit/alert.tsx";

/** The ends of a session that its user may not have expected. */
const REASONS = [
  "SESSION_LIMIT",
  "PASSWORD_CHANGED",
  "PASSWORD_RESET",
  "LOGIN_DENIED",
  "TOKEN_REUSED",
  "STEP_UP_FAILED",
  "ADMIN_REVOKED",
  "REVOKED",
  "ACCOUNT_SUSPENDED",
  "EXPIRED",
  "ACCOUNT_DELETED",
] as const;

/** Ends that may be the work of an attacker, or that stop one. */
const ALARMING: readonly string[] = ["TOKEN_REUSED", "LOGIN_DENIED", "STEP_UP_FAILED"];

/** Why the user was signed out, if they were. */
export const SessionNotice = () => {
  const { t } = useTranslation("sign-in");
  const session = useSession();
  // A failed login does not change why the page was opened. The address says what the page before knew.
  const [ended] = useState(() => new URLSearchParams(location.search).get("reason") ?? session.reason);
  const reason = REASONS.find((known) => known === ended);
  if (session.status !== "SIGNED_OUT" || reason === undefined) return null;
  return (
    <Alert tone={ALARMING.includes(reason) ? "warning" : "info"} title={t(`ended.${reason}.title`)}>
      {t(`ended.${reason}.text`)}
    </Alert>
  );
};
