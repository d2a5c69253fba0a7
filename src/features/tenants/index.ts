export { tenantsFeature } from "./feature.ts";
export { type PolicyUpdate, updatePolicy, validatePolicy } from "./security-policy.policy.ts";
export { consumeTenantMailLimit } from "./tenant-mails.ts";
export {
  LogoutScopeEnum,
  PolicySettingsInput,
  RegistrationModeEnum,
  SecurityPolicyType,
  TenantPayload,
  TenantType,
} from "./tenants.graphql.ts";
export {
  type LogoutScope,
  logoutScope,
  PROVISIONAL,
  policyOf,
  type RegistrationMode,
  type SecondFactorRule,
  type SecurityPolicy,
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
