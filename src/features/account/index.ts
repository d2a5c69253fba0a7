export { tenantActivated } from "./account.hooks.ts";
export { AccountService } from "./account.service.ts";
export { addressOf, EmailChangeService, emailIn, settleAddress } from "./email-change.service.ts";
export { EmailChangeUndo } from "./email-change-undo.service.ts";
export { EmailVerification } from "./email-verification.service.ts";
export { accountFeature } from "./feature.ts";
export { forgetUser } from "./forget-user.ts";
export { ImportedUserVerification } from "./imported-user-verification.ts";
export type { Verification } from "./verification.ts";
