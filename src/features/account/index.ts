export { tenantActivated } from "./account.hooks.ts";
export { AccountService } from "./account.service.ts";
export { EmailChangeService, emailIn, settleAddress } from "./email-change.service.ts";
export { accountFeature } from "./feature.ts";
export type { Verification } from "./verification.ts";
