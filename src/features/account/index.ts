export { AccountResolver } from "./account.resolver.ts";
export { AccountService } from "./account.service.ts";
export { addressOf, EmailChangeService, emailIn, settleAddress } from "./email-change.service.ts";
export { EmailChangeUndo } from "./email-change-undo.service.ts";
export { EmailVerification } from "./email-verification.service.ts";
export { forgetUser } from "./forget-user.ts";
export { ImportedUserVerification } from "./imported-user-verification.ts";
export { MAILS } from "./mails/index.ts";
export type { Verification } from "./verification.ts";
