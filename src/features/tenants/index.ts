export { tenantsFeature } from "./feature.ts";
export { consumeTenantMailLimit } from "./tenant-mails.ts";
export { LogoutScopeEnum, RegistrationModeEnum, TenantPayload, TenantType } from "./tenants.graphql.ts";
export {
  type LogoutScope,
  logoutScope,
  PROVISIONAL,
  type RegistrationMode,
  type SecondFactorRule,
  type StoredSecondFactorRule,
  secondFactorRuleOf,
  type TenantStatus,
} from "./tenants.policy.ts";
export {
  findTenantForUpdate,
  inActiveTenant,
  inServedTenant,
  lockTenant,
  type Tenant,
  updateTenant,
} from "./tenants.repository.ts";
export { DEFAULT_TENANT, TenantsService } from "./tenants.service.ts";
export { tenants } from "./tenants.table.ts";
