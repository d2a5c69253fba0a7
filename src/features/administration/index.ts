export { type Actor, rolesChanged } from "./administration.events.ts";
export { rightsLost, rightsLostInTenant } from "./administration.hooks.ts";
export { normalizeRoles } from "./administration.policy.ts";
export { AdministrationService } from "./administration.service.ts";
export { UserFilter } from "./directory.graphql.ts";
export { DirectoryService } from "./directory.service.ts";
export { administrationFeature } from "./feature.ts";
export { type UserCriteria, userQueryOf } from "./user-criteria.ts";
export { listUsers, type UserQuery } from "./user-list.repository.ts";
