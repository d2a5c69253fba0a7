export { AccountResolver } from "./account.resolver.ts";
export { AccountService } from "./account.service.ts";
export { EmailChangeService } from "./email-change.service.ts";
export { EmailChangeUndo } from "./email-change-undo.service.ts";
