export { type Actor, rolesChanged } from "./administration.events.ts";
export { mayGrant, normalizeRoles } from "./administration.policy.ts";
export { AdministrationResolver } from "./administration.resolver.ts";
export { AdministrationService } from "./administration.service.ts";
export { DirectoryResolver } from "./directory.resolver.ts";
export { DirectoryService } from "./directory.service.ts";
export { OperatorsService } from "./operators.service.ts";
export { TenantSuspensionResolver } from "./tenant-suspension.resolver.ts";
export { TenantSuspensionService } from "./tenant-suspension.service.ts";
