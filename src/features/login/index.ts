export { LoginAttemptLog } from "./attempts/login-attempt-log.ts";
export {
  deleteLoginAttempts,
  hadRiskyAttempt,
  insertLoginAttempt,
  type LoginAttempt,
} from "./attempts/login-attempts.repository.ts";
export { loginAttempts } from "./attempts/login-attempts.table.ts";
export { CredentialCleanup } from "./denial/credential-cleanup.ts";
export { loginFeature } from "./feature.ts";
export { AuthSettings, LoginResult } from "./flow/login.graphql.ts";
export {
  accountBlockReason,
  type LoginOutcome,
  resolveLoginDevice,
  type TokenDeliveryRequest,
} from "./flow/login.policy.ts";
export {
  candidateColumns,
  findLoginCandidate,
  type LoginCandidate,
  loginOfCandidate,
} from "./flow/login.repository.ts";
export {
  type IssuedLogin,
  type LoginFlowResult,
  LoginOutdated,
  type LoginStrategy,
  type SecondFactorStep,
  type Verified,
  type VerifiedFactor,
} from "./flow/login.ts";
export { LOGIN_ERRORS } from "./flow/login-errors.ts";
export { LoginFlow } from "./flow/login-flow.ts";
export { tokenDeliveryRequest, toLoginResult } from "./flow/login-result.ts";
export { MailedLinkLogins } from "./flow/mailed-link-logins.ts";
export { afterFirstFactor, loginPolicyFor } from "./flow/next-step.ts";
export { LoginHabits } from "./history/login-habits.service.ts";
export {
  type AccountLink,
  accountLinkRequested,
  credentialsTainted,
  type DeniedAccount,
  loginMethodRequested,
  socialLoginDenied,
} from "./login.hooks.ts";
export { ACCOUNT_SECURED } from "./mails/account-secured.ts";
export { moveFactorsAside, putBackFactor } from "./mfa/factors-aside.repository.ts";
export { findMfa, hasFactor, hasVerifiedFactorOf } from "./mfa/mfa.repository.ts";
export { isTainted, type Taint } from "./mfa/taint.ts";
export { findEntryBlock } from "./resets/entry-block.ts";
export { FactorResetStatusEnum } from "./resets/factor-resets.graphql.ts";
export { FactorResets } from "./resets/factor-resets.service.ts";
export { factorResets } from "./resets/factor-resets.table.ts";
export { LoginRisk } from "./risk/login-risk.ts";
export type { AddressLogin } from "./second-factors/address-logins.ts";
export { backupCodes } from "./second-factors/backup-code/backup-codes.table.ts";
export { requireCodeForm } from "./second-factors/code-forms.ts";
export { type CodeRecipient, EmailCodesService } from "./second-factors/email-code/email-codes.service.ts";
export { PasskeyAssertions, type PasskeySubmission } from "./second-factors/passkey/passkey-assertions.ts";
export { passkeys } from "./second-factors/passkey/passkeys.table.ts";
export { PasskeyAssertionInput } from "./second-factors/second-factor.graphql.ts";
export { type CodeSubmission, otherFactor } from "./second-factors/second-factor.service.ts";
export { TotpService } from "./second-factors/totp/totp.service.ts";
export { totpSecrets } from "./second-factors/totp/totp.table.ts";
