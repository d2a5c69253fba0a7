export { LeakedKeyService, type LeakOutcome } from "./leaked-key.service.ts";
export { MAILS } from "./mails/index.ts";
export { SuspendedChangesResolver } from "./suspended-changes.resolver.ts";
export { SuspendedChangesService } from "./suspended-changes.service.ts";
