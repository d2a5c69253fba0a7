import { ACCOUNT_LOCKED } from "./account-locked.ts";
import { ACCOUNT_SECURED } from "./account-secured.ts";
import { BACKUP_CODE_USED } from "./backup-code-used.ts";
import { FACTOR_RESET_APPROVAL } from "./factor-reset-approval.ts";
import { FACTOR_RESET_CANCELLED } from "./factor-reset-cancelled.ts";
import { FACTOR_RESET_REQUESTED } from "./factor-reset-requested.ts";
import { LOGIN_CODE } from "./login-code.ts";
import { MFA_CHANGED } from "./mfa-changed.ts";
import { MFA_LOCKED } from "./mfa-locked.ts";
import { NEW_DEVICE } from "./new-device.ts";
import { NEW_LOGIN_CONFIRMATION } from "./new-login-confirmation.ts";
import { REAUTHENTICATION_CODE } from "./reauthentication-code.ts";

/** The mails of this feature. */
export const MAILS = [
  ACCOUNT_LOCKED,
  LOGIN_CODE,
  REAUTHENTICATION_CODE,
  MFA_CHANGED,
  MFA_LOCKED,
  BACKUP_CODE_USED,
  NEW_LOGIN_CONFIRMATION,
  NEW_DEVICE,
  ACCOUNT_SECURED,
  FACTOR_RESET_REQUESTED,
  FACTOR_RESET_APPROVAL,
  FACTOR_RESET_CANCELLED,
] as const;
