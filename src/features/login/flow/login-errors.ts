import type { ErrorName } from "#shared/errors";

/** Errors of a login with valid factors, for every mutation that can complete a login (LoginFlow). */
export const LOGIN_ERRORS = [
  "FORBIDDEN/ACCOUNT_SUSPENDED",
  "FORBIDDEN/EMAIL_NOT_VERIFIED",
  "FORBIDDEN/NOT_A_MEMBER",
  "FORBIDDEN/PASSWORD_RESET_REQUIRED",
  "FORBIDDEN/NOT_A_MEMBER",
  "FORBIDDEN/TENANT_SUSPENDED",
  // The next step is mailed, and too many mails were sent to the address.
  "RATE_LIMITED",
] as const satisfies readonly ErrorName[];
