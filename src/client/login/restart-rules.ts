import type { LoginError } from "./failures.ts";
import type { LoginState, RestartReason } from "./login-state.ts";

/** Why a login must start again after this error; null if the same step can be repeated. */
export const restartReasonFor = (state: LoginState, error: LoginError): RestartReason | null => {
  const { code, reason, attemptsLeft } = error;
  if (state.step === "CREDENTIALS") return null;
  if (code === "INVALID_TOKEN" || code === "UNAUTHENTICATED") return "EXPIRED";
  if (attemptsLeft === 0 || reason === "MFA_LOCKED") {
    // Passkeys are never locked.
    return state.step === "SECOND_FACTOR" && state.factors.includes("PASSKEY") ? null : "TOO_MANY_ATTEMPTS";
  }
  if (reason === "LOGIN_DENIED") return "DENIED";
  // The factor was not added yet; the reset was refused, but a code still completes the login.
  if (reason === "ENROLMENT_REQUIRED" || reason === "FACTOR_RESET_REFUSED") return null;
  return code === "FORBIDDEN" || reason === "EMAIL_TAKEN" ? "REFUSED" : null;
};
