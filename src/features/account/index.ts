export { AccountResolver } from "./account.resolver.ts";
export { AccountService, type AccountServiceDeps } from "./account.service.ts";
export { EmailChangeService, type EmailChangeServiceDeps } from "./email-change.service.ts";
