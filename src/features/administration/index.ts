export { rolesChanged } from "./administration.events.ts";
export { rightsLost, rightsLostInTenant } from "./administration.hooks.ts";
export { normalizeRoles } from "./administration.policy.ts";
export { AdministrationService } from "./administration.service.ts";
export { UserFilter } from "./directory.graphql.ts";
export { administrationFeature } from "./feature.ts";
export { type UserCriteria, userQueryOf } from "./user-criteria.ts";
export { UserDirectory } from "./user-directory.service.ts";
export { listUsers, type UserQuery } from "./user-list.repository.ts";
