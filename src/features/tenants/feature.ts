import { auditFeature } from "#features/audit/index";
import { defineFeature } from "#platform/feature";
import { SecurityPolicyService } from "./security-policy.service.ts";
import { tenantNodes } from "./tenants.node.ts";
import { TenantsResolver } from "./tenants.resolver.ts";
import { TenantsService } from "./tenants.service.ts";

/** Tenants, and their security policies. */
export const tenantsFeature = defineFeature({
  name: "tenants",
  uses: [auditFeature],
  services: ({ db, events }) => ({
    tenants: new TenantsService({ db }),
    securityPolicy: new SecurityPolicyService({ db, events }),
  }),
  resolvers: (deps) => [new TenantsResolver(deps)],
  nodes: ({ tenants }) => [tenantNodes(tenants)],
  entities: ({ tenants }) => [tenantNodes(tenants)],
});
