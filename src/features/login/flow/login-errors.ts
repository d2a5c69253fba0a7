import type { ErrorName } from "#shared/errors";

/** How a login can end although every factor was right: of each mutation that can finish one (LoginFlow). */
export const LOGIN_ERRORS = [
  "FORBIDDEN/ACCOUNT_SUSPENDED",
  "FORBIDDEN/EMAIL_NOT_VERIFIED",
  "FORBIDDEN/NOT_A_MEMBER",
  "FORBIDDEN/PASSWORD_RESET_REQUIRED",
  "FORBIDDEN/NOT_A_MEMBER",
  "FORBIDDEN/TENANT_SUSPENDED",
  // The next step is mailed, and the address got too many mails.
  "RATE_LIMITED",
] as const satisfies readonly ErrorName[];
