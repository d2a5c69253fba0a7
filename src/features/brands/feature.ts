import { auditFeature } from "#features/audit/index";
import { loginFeature } from "#features/login/index";
import { tenantsFeature } from "#features/tenants/index";
import { defineFeature } from "#platform/feature";
import { AuthSettingsBrandResolver, BrandResolver, TenantBrandResolver } from "./brands.resolver.ts";
import { brandRoutes } from "./brands.routes.ts";
import { BrandsService } from "./brands.service.ts";

/** The name, colour and logo with which login pages present a tenant. */
export const brandsFeature = defineFeature({
  name: "brands",
  uses: [auditFeature, tenantsFeature, loginFeature],
  services: ({ db, events }) => ({ brands: new BrandsService({ db, events }) }),
  resolvers: (deps) => [new TenantBrandResolver(deps), new AuthSettingsBrandResolver(deps), new BrandResolver(deps)],
  routes: ({ brands }) => [(app) => brandRoutes(app, { brands })],
});
