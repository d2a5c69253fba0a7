export { incidentsFeature } from "./feature.ts";
export { LeakedKeyService, type LeakOutcome } from "./leaked-key.service.ts";
export { SuspendedChangesService } from "./suspended-changes.service.ts";
