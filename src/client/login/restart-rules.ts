import type { LoginError } from "./failures.ts";
import type { LoginState, RestartReason } from "./login-state.ts";

/** Why a login must start again after this error; null if the same step can be repeated. */
export const restartReasonFor = (state: LoginState, error: LoginError): RestartReason | null => {
  if (state.step === "CREDENTIALS") return null;
  switch (error.code) {
    case "INVALID_TOKEN":
    case "UNAUTHENTICATED":
      return "EXPIRED";
    case "FORBIDDEN":
      if (error.reason === "LOGIN_DENIED") return "DENIED";
      // The factor was not added yet; the reset was refused, but a code still completes the login.
      return error.reason === "ENROLMENT_REQUIRED" || error.reason === "FACTOR_RESET_REFUSED" ? null : "REFUSED";
    case "CONFLICT":
      return error.reason === "EMAIL_TAKEN" ? "REFUSED" : null;
    case "INVALID_CODE":
      return error.attemptsLeft === 0 ? afterLockout(state) : null;
    case "RATE_LIMITED":
      return error.reason === "MFA_LOCKED" ? afterLockout(state) : null;
    default:
      return null;
  }
};

/** Passkeys are never locked. */
const afterLockout = (state: LoginState): RestartReason | null =>
  state.step === "SECOND_FACTOR" && state.factors.includes("PASSKEY") ? null : "TOO_MANY_ATTEMPTS";
