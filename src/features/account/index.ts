export { tenantActivated } from "./account.hooks.ts";
export { AccountService } from "./account.service.ts";
export { type AccountDeletionDeps, deleteLockedUser, lockForDeletion } from "./account-deletion.ts";
export { asEmailTaken, EmailChangeService } from "./email-change.service.ts";
export { accountFeature } from "./feature.ts";
export { UNDO_EMAIL_CHANGE_LINK } from "./link-purposes.ts";
export type { Verification } from "./verification.ts";
